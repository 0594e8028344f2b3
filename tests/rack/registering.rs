//! `overcloud hardware register` against a rack: what it changes, what it leaves, and lists of nodes.

use serde_json::json;

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";

fn rack(nodes: &str) -> Served {
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), nodes)
}

fn one() -> (Served, Site) {
    let served = rack("[[nodes]]\ncount = 1\nname = \"node-{n}\"\n");
    let site = Site::of(&served, 1);
    (served, site)
}

/// The command with variables given as JSON.
fn with(variables: &serde_json::Value) -> String {
    format!("{REGISTER} -e {variables}")
}

#[test]
fn what_changed_is_changed_and_nothing_else() {
    let (served, site) = one();
    site.ymir(REGISTER).expect(0);
    site.ymir(REGISTER).expect(0).says(&["nothing was changed"]);
    let more = json!({
        "ymir_ironic_traits": ["CUSTOM_GOLD", "CUSTOM_FAST"],
        "ymir_ironic_owner": "somebody",
        "ironic_resource_class": "gold",
        "ironic_properties": { "cpu_arch": "x86_64" },
        "ymir_ironic_ports": ["52:54:00:00:77:01", { "address": "52:54:00:00:77:02", "pxe_enabled": false }],
    });
    let told = [
        "owner: nothing → somebody",
        "resource_class: baremetal → gold",
        "give it the trait CUSTOM_GOLD",
        "create a port with MAC 52:54:00:00:77:02",
    ];
    site.ymir(&format!("{} --check --diff", with(&more))).expect(0).says(&told);
    assert_eq!(served.ironic("nodes/node-1?fields=owner")["owner"], json!(null));
    site.ymir(&with(&more)).expect(0).says(&told);
    site.ymir(&with(&more)).expect(0).says(&["nothing was changed"]);
    let node = served.ironic("nodes/node-1");
    assert_eq!(node["traits"], json!(["CUSTOM_FAST", "CUSTOM_GOLD"]));
    assert_eq!((&node["owner"], &node["resource_class"]), (&json!("somebody"), &json!("gold")));
    // The site takes a trait back; ports and properties that it does not name any more stay.
    let less = json!({ "ymir_ironic_traits": ["CUSTOM_GOLD"] });
    site.ymir(&with(&less))
        .expect(0)
        .says(&["take the trait CUSTOM_FAST away, which Ymir gave it"]);
    let node = served.ironic("nodes/node-1");
    assert_eq!(node["traits"], json!(["CUSTOM_GOLD"]));
    assert_eq!(node["properties"]["cpu_arch"], "x86_64");
    assert_eq!(served.ironic("ports")["ports"].as_array().unwrap().len(), 3);
    let plugged = json!({
        "ymir_ironic_traits": ["CUSTOM_GOLD"],
        "ymir_ironic_ports": [{ "address": "52:54:00:00:77:01", "physical_network": "fabric" }],
    });
    let told = "port 52:54:00:00:77:01: physical_network: null → \"fabric\"";
    site.ymir(&format!("{} --check", with(&plugged))).expect(0).says(&[told]);
    site.ymir(&with(&plugged)).expect(0).says(&[told]);
}

#[test]
fn what_inspection_wrote_stays() {
    let (served, site) = one();
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud hardware inspect").expect(0);
    let before = served.ironic("nodes/node-1?fields=properties,extra");
    assert_eq!(before["properties"]["root_device"]["serial"], "RACK-node-1");
    let changed = json!({ "ironic_properties": { "capabilities": "boot_mode:uefi" } });
    site.ymir(&with(&changed)).expect(0).says(&["properties.capabilities"]);
    let after = served.ironic("nodes/node-1?fields=properties,extra");
    assert_eq!(after["properties"]["root_device"], before["properties"]["root_device"]);
    assert_eq!(after["extra"]["pxe_interface_mac"], before["extra"]["pxe_interface_mac"]);
}

#[test]
fn a_node_in_use_keeps_what_it_was_deployed_with() {
    let (served, site) = one();
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud provision").expect(0);
    let other = json!({
        "ironic_resource_class": "gold",
        "ymir_ironic_interfaces": { "raid": "agent" },
        "ymir_ironic_ports": [{ "address": "52:54:00:00:00:01", "pxe_enabled": false }],
    });
    let stays = [
        "stays while the node is `active`: resource_class: baremetal → gold",
        "stays while the node is `active`: raid_interface: redfish → agent",
        "stays while the node is `active`: port 52:54:00:00:00:01: pxe_enabled: true → false",
    ];
    site.ymir(&with(&other)).expect(0).says(&stays).says(&["nothing was changed"]);
    let mut more = other;
    more["ironic_properties"] = json!({ "cpu_arch": "x86_64" });
    site.ymir(&with(&more)).expect(0).says(&stays).says(&["properties.cpu_arch"]);
    let node = served.ironic("nodes/node-1");
    assert_eq!(node["provision_state"], "active");
    assert_eq!(node["properties"]["cpu_arch"], "x86_64");
    assert_eq!(
        (&node["resource_class"], &node["raid_interface"]),
        (&json!("baremetal"), &json!("redfish"))
    );
}

#[test]
fn every_kind_of_bmc_is_registered() {
    for (driver, bmc, info) in [
        ("idrac", "redfish", None),
        ("ipmi", "ipmi", Some("ipmi")),
        ("intel-ipmi", "ipmi", Some("ipmi")),
        ("fake-hardware", "fake-hardware", None),
        ("manual-management", "fake-hardware", None),
    ] {
        let served =
            rack(&format!("[[nodes]]\ncount = 1\nname = \"node-{{n}}\"\nbmc = \"{bmc}\"\n"));
        let site = Site::of(&served, 1);
        let mut variables = json!({ "ironic_driver": driver });
        if let Some(prefix) = info {
            variables["ironic_driver_info"] = json!({
                format!("{prefix}_address"): "10.0.0.9",
                format!("{prefix}_username"): "admin",
                format!("{prefix}_password"): "bmc-password",
            });
        }
        site.ymir(&with(&variables)).expect(0);
        site.ymir(&with(&variables)).expect(0).says(&["nothing was changed"]);
        let node = served.ironic("nodes/node-1");
        assert_eq!(
            (&node["driver"], &node["provision_state"]),
            (&json!(driver), &json!("manageable"))
        );
    }
}

#[test]
fn a_host_gets_another_driver_with_that_ones_interfaces() {
    let (served, site) = one();
    let redfish = json!({ "ymir_ironic_interfaces": { "boot": "ipxe" } });
    site.ymir(&with(&redfish)).expect(0);
    let idrac = json!({ "ironic_driver": "idrac", "ymir_ironic_interfaces": { "boot": "ipxe" } });
    site.ymir(&with(&idrac)).expect(0).says(&["driver: redfish → idrac"]);
    site.ymir(&with(&idrac)).expect(0).says(&["nothing was changed"]);
    let node = served.ironic("nodes/node-1");
    assert_eq!(node["power_interface"], "idrac-redfish");
    assert_eq!(node["boot_interface"], "ipxe");
}

#[test]
fn a_mac_of_another_node_is_refused_before_anything_is_created() {
    let served = rack("[[nodes]]\ncount = 2\nname = \"node-{n}\"\n");
    let site = Site::of(&served, 2);
    site.ymir(&format!("{REGISTER} --limit node-1")).expect(0);
    let taken = json!({ "kolla_bifrost_ipv4_interface_mac": "52:54:00:00:00:01" });
    let words = format!("{} --limit node-2", with(&taken));
    site.ymir(&words).expect(3).says(&["node-1 and node-2 have the same MAC"]);
    let moved = site
        .ymir(&format!("{REGISTER} --limit node-2 -e ymir_ironic_ports=[\"52:54:00:00:00:01\"]"));
    moved.expect(3);
}

#[test]
fn nodes_of_a_list_are_registered_without_an_inventory() {
    let served = rack("[[nodes]]\ncount = 3\nname = \"new-{n}\"\n");
    let site = Site::of(&served, 1);
    let url = &served.url;
    let list = format!(
        "name,driver,redfish_address,redfish_system_id,redfish_username,redfish_password,mac,traits\n\
         new-1,redfish,{url},new-1,admin,bmc-password,52:54:00:00:88:01,CUSTOM_A\n\
         new-2,redfish,{url},new-2,admin,bmc-password,52:54:00:00:88:02,\n"
    );
    site.write("nodes.csv", &list);
    let words = format!("{REGISTER} --csv nodes.csv");
    site.ymir(&format!("{words} --check"))
        .expect(0)
        .says(&["new-2", "create a node with driver redfish"]);
    let said = site.ymir(&words).expect(0);
    said.lacks(&["bmc-password"]);
    site.ymir(&words).expect(0).says(&["nothing was changed"]);
    assert_eq!(served.ironic("nodes/new-1?fields=traits")["traits"], json!(["CUSTOM_A"]));
    assert_eq!(served.look("")["states"], json!({ "manageable": 2 }));
    let same = list.replace("new-2,redfish", "new-3,redfish");
    site.write("nodes.csv", &same);
    site.ymir(&words).expect(4).says(&["MAC 52:54:00:00:88:02 belongs to another node"]);
    let bifrosts =
        format!("52:54:00:00:88:03,admin,bmc-password,{url},4,8192,10,,,,new-3,,,,,,redfish\n");
    site.write("baremetal.csv", &bifrosts);
    site.ymir(&format!("{REGISTER} --csv baremetal.csv")).expect(0);
    assert_eq!(served.ironic("nodes/new-3?fields=properties")["properties"]["memory_mb"], "8192");
    assert_eq!(served.look("")["states"], json!({ "manageable": 3 }));
}

#[test]
fn a_node_that_boots_from_the_network_has_a_port_that_may() {
    let (served, site) = one();
    let ports = |pxe_enabled: bool| json!({ "ymir_ironic_ports": [{ "address": "52:54:00:00:00:01", "pxe_enabled": pxe_enabled }] });
    // As an inspection through a virtual medium leaves it.
    site.ymir(&with(&ports(false))).expect(0);
    let pxe_enabled =
        || served.ironic("ports?fields=address,pxe_enabled")["ports"][0]["pxe_enabled"].clone();
    assert_eq!(pxe_enabled(), false);

    let named = json!({ "ymir_ironic_ports": ["52:54:00:00:00:01"] });
    site.ymir(&with(&named)).expect(0).says(&["nothing was changed"]);
    let mut from_network = named;
    from_network["ymir_ironic_interfaces"] = json!({ "boot": "ipxe" });
    site.ymir(&with(&from_network)).expect(0).says(&["pxe_enabled: false → true"]);
    assert_eq!(pxe_enabled(), true);
    site.ymir(&with(&from_network)).expect(0).says(&["nothing was changed"]);

    let mut never = ports(false);
    never["ymir_ironic_interfaces"] = json!({ "boot": "ipxe" });
    site.ymir(&with(&never)).expect(0).says(&["pxe_enabled: true → false"]);
}
