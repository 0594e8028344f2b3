//! What inspection found is saved, swapped hardware is noticed, and discovered hosts get into the inventory.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";
const INSPECT: &str = "overcloud hardware inspect";
const SAVE: &str = "overcloud introspection data save";
const DISCOVER: &str = "overcloud inventory discover";

fn rack(count: u32) -> Served {
    let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"\n");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

#[test]
fn introspection_data_is_saved_once_for_each_host() {
    let served = rack(2);
    let site = Site::of(&served, 2);
    site.ymir(REGISTER).expect(0);
    let nothing = "Ironic has no data of an inspection";
    site.ymir(SAVE).expect(0).says(&[nothing, "nothing was changed"]);
    site.ymir(&format!("{INSPECT} --limit node-1")).expect(0);
    let told = ["write overcloud-introspection-data/node-1.json", nothing];
    site.ymir(&format!("{SAVE} --check --diff")).expect(0).says(&told);
    site.ymir(SAVE).expect(0).says(&told);
    site.ymir(SAVE).expect(0).says(&["nothing was changed"]);
    let text = site.read("overcloud-introspection-data/node-1.json");
    let saved: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(saved["inventory"]["system_vendor"]["serial_number"], "RACK-node-1");
    assert!(text.starts_with("{\n    \"inventory\": {\n        \"bmc_address\""), "{text}");
    let yaml = format!("{SAVE} --output-dir found --output-format yaml --limit node-1");
    site.ymir(&yaml).expect(0).says(&["write found/node-1.yaml"]);
    assert!(site.read("found/node-1.yaml").starts_with("inventory:\n"));
    let kayobes = format!("{SAVE} -e output_dir=elsewhere -e output_format=yaml --limit node-1");
    site.ymir(&kayobes).expect(0).says(&["write elsewhere/node-1.yaml"]);
    site.ymir(&format!("{SAVE} -e output_format=xml"))
        .expect(3)
        .says(&["`output_format` is `xml`"]);
}

#[test]
fn swapped_hardware_is_noticed() {
    let served = rack(2);
    let site = Site::of(&served, 2);
    site.ymir(REGISTER).expect(0);
    site.ymir(INSPECT).expect(0);
    site.ymir(SAVE).expect(0);
    served.control("POST", "machines/node-2", &json!({ "serial": "OTHER", "memory_mb": 1024 }));
    // The rack's clock runs ahead of ours, so that its inspections seem to be new for long: the node begins anew.
    served.delete("nodes/node-2");
    site.ymir(REGISTER).expect(0);
    site.ymir(INSPECT).expect(0);
    let swapped = [
        "node-2 is not the hardware that was saved last",
        "serial number RACK-node-2 → OTHER",
        "memory 65536 MiB → 1024 MiB",
        "disk RACK-node-2 (515 GB) is gone",
    ];
    let said = site.ymir(DISCOVER).expect(0).says(&swapped);
    said.lacks(&["node-1 is not"]);
    site.ymir(SAVE).expect(0).says(&["since it was saved last: serial number RACK-node-2 → OTHER"]);
    site.ymir(DISCOVER).expect(0).lacks(&["is not the hardware"]);
}

#[test]
fn hosts_that_ironic_knows_get_into_the_inventory() {
    let served = rack(4);
    let site = Site::of(&served, 2);
    site.ymir(&format!("{REGISTER} --limit node-1")).expect(0);
    let url = &served.url;
    let line = |name: &str, end: u8| {
        format!("{name},redfish,{url},{name},admin,bmc-password,52:54:00:00:88:0{end}\n")
    };
    let list = format!(
        "name,driver,redfish_address,redfish_system_id,redfish_username,redfish_password,mac\n{}{}",
        line("node-3", 3),
        line("node-4", 4)
    );
    site.write("nodes.csv", &list);
    site.ymir(&format!("{REGISTER} --csv nodes.csv")).expect(0);
    let groups = "-e {\"overcloud_group_hosts_map\":{\"compute\":[\"node-4\"]}}";
    let host = format!("+ [controllers] node-3 redfish_address={url} bmc_type=None");
    let told = [
        host.as_str(),
        "+ [compute] node-4",
        "node-2 is in the inventory, and Ironic has no node of this name",
    ];
    site.ymir(&format!("{DISCOVER} {groups} --check --diff")).expect(0).says(&told);
    site.ymir(&format!("{DISCOVER} {groups}"))
        .expect(0)
        .says(&told)
        .says(&["on provision_oc_net to node-3"]);
    let text = site.read("environments/rack/inventory/overcloud");
    assert!(
        text.contains(&format!("[controllers]\nnode-3 redfish_address={url} bmc_type=None\n")),
        "{text}"
    );
    assert!(!text.contains("node-1"), "hosts of other files stay there: {text}");
    assert!(site.read("environments/rack/network-allocation.yml").contains("node-4: 10.99."));
    site.ymir(&format!("{DISCOVER} {groups}")).expect(0).says(&["nothing was changed"]);
    site.ymir(&format!("{DISCOVER} --limit node-3")).expect(2);
    site.ymir(&format!("{DISCOVER} --list-tasks")).expect(0).says(&["write the discovered hosts"]);
    // An Ironic that was set up anew does not empty the inventory.
    let empty = rack(1);
    let elsewhere = format!("{DISCOVER} -e ymir_ironic_url={}", empty.url);
    site.ymir(&elsewhere).expect(4).says(&["Ironic knows no node at all"]);
}
