//! `baremetal compute …` against a rack whose Ironic stands behind a Keystone.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const KEYSTONE: &str = "keystone = { user = \"admin\", password = \"keystone-password\" }";

const NODE: &str = "ironic_driver: redfish
ironic_driver_info:
  redfish_address: \"{{ redfish_address }}\"
  redfish_system_id: \"/redfish/v1/Systems/{{ inventory_hostname }}\"
  redfish_username: \"{{ redfish_username }}\"
  redfish_password: \"{{ redfish_password }}\"
ironic_resource_class: tenant
";

/// A site with a host of tenant bare metal, and who it is to Keystone.
fn site(password: &str, fault: &str) -> (Served, Site) {
    let (served, site) = unknown(fault);
    knows(&served, &site, &json!({ "OS_USERNAME": "admin", "OS_PASSWORD": password }));
    (served, site)
}

/// The same, and nothing says who it is.
fn unknown(fault: &str) -> (Served, Site) {
    let settings = format!("speed = 1000.0\n{LOGIN}\n{KEYSTONE}");
    let nodes = format!("[[nodes]]\ncount = 1\nname = \"node-{{n}}\"\n{fault}");
    let served = Served::of(&settings, &nodes);
    let site = Site::of(&served, 1);
    site.write("environments/rack/inventory/hosts", "[baremetal-compute]\nnode-1\n");
    let bmc = site.read("environments/rack/inventory/group_vars/overcloud/bmc.yml");
    site.write(
        "environments/rack/inventory/group_vars/baremetal-compute/bmc.yml",
        &format!("{bmc}{NODE}"),
    );
    (served, site)
}

/// Says who the site is to Keystone, with these variables and the usual ones.
fn knows(served: &Served, site: &Site, who: &Value) {
    let mut all = json!({
        "OS_AUTH_URL": format!("{}/v3", served.url),
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    });
    all.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    let text = json!({ "openstack_auth_env": all }).to_string();
    site.write("environments/rack/keystone.yml", &text);
}

/// The node as Ironic shows it to whoever has the token that the rack gives everybody.
fn node(served: &Served) -> Value {
    let url = format!("{}/v1/nodes/node-1", served.url);
    let version = "X-OpenStack-Ironic-API-Version: 1.99";
    let token = "X-Auth-Token: token-of-the-rack";
    let args = ["-sSf", "--noproxy", "*", "-H", version, "-H", token, &url];
    let output = Command::new("curl").args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Sends Ironic a change, with the same token.
fn patch(served: &Served, node: &str, operations: &Value) {
    let url = format!("{}/v1/nodes/{node}", served.url);
    let version = "X-OpenStack-Ironic-API-Version: 1.99";
    let token = "X-Auth-Token: token-of-the-rack";
    let body = operations.to_string();
    let args = ["-sSf", "--noproxy", "*", "-X", "PATCH", "-H", version, "-H", token, "-d", &body];
    let output = Command::new("curl").args(args).arg(&url).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn tenants_machines_are_cleaned_as_their_ironic_is_configured() {
    let (served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register").expect(0);
    assert_eq!(node(&served)["automated_clean"], Value::Null);
    site.ymir("baremetal compute provide").expect(0);
    assert_eq!(node(&served)["automated_clean"], Value::Null);
    site.write("environments/rack/cleaning.yml", "ymir_ironic_automated_clean: true\n");
    let changed = ["automated_clean: nothing → true"];
    site.ymir("baremetal compute register").expect(0).says(&changed);
    assert_eq!(node(&served)["automated_clean"], true);
}

#[test]
fn nodes_go_to_tenants_and_come_back() {
    let (_served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register --check").expect(0).says(&["create"]);
    let again = &["nothing was changed"];
    for command in ["register", "provide", "manage"] {
        let command = format!("baremetal compute {command} --diff");
        site.ymir(&command).expect(0);
        site.ymir(&command).expect(0).says(again);
    }
    site.ymir("baremetal compute inspect").expect(0);
    site.ymir("baremetal compute manage").expect(0).says(again);
    let kept = site.everything();
    for secret in ["keystone-password", "token-of-the-rack", "bmc-password"] {
        assert!(!kept.contains(secret), "{secret} is kept");
    }
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let (_served, site) = site("not-this-one", "");
    let told = ["asking Keystone at", "HTTP status 401", "openstack_auth_env"];
    let outcome = site.ymir("baremetal compute register").expect(4).says(&told);
    outcome.lacks(&["not-this-one"]);
}

#[test]
fn a_token_that_has_expired_is_renewed_once() {
    let fault = |times: &str| {
        format!("[[fault]]\nnode = \"node-1\"\nstep = \"api\"\nwhat = \"401\"\n{times}")
    };
    let (_served, other) = site("keystone-password", &fault("times = 1\n"));
    other.ymir("baremetal compute register").expect(0);
    let (_served, other) = site("keystone-password", &fault(""));
    let told = ["Ironic does not take the token that Keystone has just given"];
    other.ymir("baremetal compute register").expect(4).says(&told);
}

#[test]
fn what_inspection_found_is_saved() {
    let (_served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register").expect(0);
    let told = ["`ymir baremetal compute inspect --limit node-1` makes one"];
    site.ymir("baremetal compute introspection data save").expect(0).says(&told);
    site.ymir("baremetal compute inspect").expect(0);
    site.ymir("baremetal compute introspection data save").expect(0);
    let saved = site.read("baremetal-compute-introspection-data/node-1.json");
    assert!(saved.contains("\"inventory\""), "{saved}");
    let again =
        "baremetal compute introspection data save --output-dir elsewhere --output-format yaml";
    site.ymir(again).expect(0);
    assert!(site.read("elsewhere/node-1.yaml").contains("inventory:"));
}

#[test]
fn a_node_gets_the_name_of_the_host_with_its_bmc() {
    let (served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register").expect(0);
    patch(&served, "node-1", &json!([{ "op": "replace", "path": "/name", "value": "found-1" }]));
    let renamed = ["`found-1` → `node-1`"];
    site.ymir("baremetal compute rename --check").expect(0).says(&renamed);
    site.ymir("baremetal compute rename").expect(0).says(&renamed);
    site.ymir("baremetal compute rename").expect(0).says(&["nothing was changed"]);
    let gone = json!([{ "op": "remove", "path": "/driver_info/redfish_system_id" }]);
    patch(&served, "node-1", &gone);
    let told = ["looking for its node by its BMC", "no node in Ironic has this BMC"];
    site.ymir("baremetal compute rename").expect(4).says(&told);
}

#[test]
fn consoles_get_ports_that_stay_theirs() {
    let (served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register").expect(0);
    let told = ["only `ipmitool-socat` will do"];
    site.ymir("baremetal compute serial console enable").expect(4).says(&told);
    let socat = json!([{ "op": "add", "path": "/console_interface", "value": "ipmitool-socat" }]);
    patch(&served, "node-1", &socat);
    let turned = ["driver_info.ipmi_terminal_port: nothing → 30000", "turn the console on"];
    site.ymir("baremetal compute serial console enable --check").expect(0).says(&turned);
    site.ymir("baremetal compute serial console enable --diff").expect(0).says(&turned);
    let file = "environments/rack/console-allocation.yml";
    let kept = "serial_console_allocations:\n  node-1: 30000\n";
    assert_eq!(site.read(file), kept);
    let again = ["nothing was changed"];
    site.ymir("baremetal compute serial console enable").expect(0).says(&again);
    site.write(file, &kept.replace("30000", "30007"));
    let moved = ["driver_info.ipmi_terminal_port: 30000 → 30007"];
    site.ymir("baremetal compute serial console enable --diff").expect(0).says(&moved);
    site.ymir("baremetal compute serial console disable --baremetal-compute-limit node-1")
        .expect(0);
    site.ymir("baremetal compute serial console disable").expect(0).says(&again);
    let nobody = ["--baremetal-compute-limit localhost selects no host"];
    let nowhere = "baremetal compute serial console disable --baremetal-compute-limit localhost";
    site.ymir(nowhere).expect(3).says(&nobody);
}

#[test]
fn nodes_boot_what_glance_has() {
    let (_served, site) = site("keystone-password", "");
    site.ymir("baremetal compute register").expect(0);
    let told = [
        "driver_info.deploy_kernel: nothing → 11111111-0000-4000-8000-000000000001",
        "driver_info.deploy_ramdisk: nothing → 11111111-0000-4000-8000-000000000002",
    ];
    let command = "baremetal compute update deployment image";
    site.ymir(&format!("{command} --check --diff")).expect(0).says(&told);
    site.ymir(&format!("{command} --diff")).expect(0).says(&told);
    site.ymir(command).expect(0).says(&["nothing was changed"]);
    site.ymir("baremetal compute register").expect(0).says(&["nothing was changed"]);
    let missing = format!("{command} -e ipa_images_kernel_name=other.kernel");
    let told = ["asking Glance for the image `other.kernel`", "Glance has no such image"];
    site.ymir(&missing).expect(4).says(&told);
}

#[test]
fn an_application_credential_lets_in_and_the_catalogue_is_obeyed() {
    let (served, site) = unknown("");
    let credential = |secret: &str, more: Value| {
        let mut who = json!({
            "OS_APPLICATION_CREDENTIAL_ID": "credential-of-the-rack",
            "OS_APPLICATION_CREDENTIAL_SECRET": secret,
        });
        who.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        knows(&served, &site, &who);
    };
    let register = "baremetal compute register";
    credential("keystone-password", json!({ "OS_APPLICATION_CREDENTIAL_ID": "nobody" }));
    let told = ["Could not find Application Credential: nobody", "check the `OS_…` variables"];
    site.ymir(register).expect(4).says(&told);
    credential("not-this-one", json!({}));
    site.ymir(register).expect(4).says(&["HTTP status 401"]).lacks(&["not-this-one"]);
    credential("keystone-password", json!({ "OS_REGION_NAME": "RegionTwo" }));
    site.ymir(register).expect(4).says(&["talking to Ironic at http://127.0.0.1:9"]);
    credential("keystone-password", json!({ "OS_INTERFACE": "admin" }));
    let told = ["its catalogue has no admin address of a service of type `baremetal`"];
    site.ymir(register).expect(4).says(&told);
    credential("keystone-password", json!({ "OS_INTERFACE": "internal" }));
    site.ymir(register).expect(0);
    credential("keystone-password", json!({ "OS_REGION_NAME": "RegionOne" }));
    site.ymir(register).expect(0).says(&["nothing was changed"]);
}
