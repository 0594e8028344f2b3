//! `baremetal compute …` against a rack whose Ironic stands behind a Keystone.

use serde_json::json;

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
    let who = json!({ "openstack_auth_env": {
        "OS_AUTH_URL": format!("{}/v3", served.url),
        "OS_USERNAME": "admin",
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }});
    site.write("environments/rack/keystone.yml", &who.to_string());
    (served, site)
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
