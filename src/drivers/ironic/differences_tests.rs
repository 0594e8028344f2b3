use std::collections::BTreeMap;

use super::*;
use crate::{
    model::node::Placement,
    origin::{Origin, Setting, Sourced},
    secret::SecretRef,
};

fn node() -> Node {
    let setting = Setting { variable: "ironic_driver".into(), origin: Origin::whole("test") };
    let password = SecretRef::of("bm1", "ironic_driver_info", &["p"]);
    Node {
        driver: Sourced { value: "redfish".into(), setting: setting.clone() },
        driver_info: [("redfish_address".to_owned(), json!("http://a"))].into_iter().collect(),
        secrets: [("redfish_password".to_owned(), password)].into_iter().collect(),
        info_setting: setting,
        key_settings: BTreeMap::new(),
        properties: [
            ("capabilities".to_owned(), json!("boot_mode:uefi")),
            ("root_device".to_owned(), json!({ "serial": "LAB0001" })),
        ]
        .into_iter()
        .collect(),
        resource_class: Some("baremetal".into()),
        interfaces: BTreeMap::from([("boot".to_owned(), "redfish-virtual-media".to_owned())]),
        placement: Placement::default(),
        ports: vec![],
        mac: None,
        automated_clean: Some(false),
    }
}

fn observed() -> Observed {
    serde_json::from_value(json!({
        "uuid": "1111", "name": "bm1", "provision_state": "manageable", "driver": "redfish",
        "driver_info": { "redfish_address": "http://a", "redfish_password": "******", "deploy_kernel": "http://k" },
        "properties": {
            "capabilities": "cpu_vt:true,boot_mode:uefi", "cpus": 4, "root_device": { "serial": "LAB0001" },
        },
        "resource_class": "baremetal", "boot_interface": "redfish-virtual-media", "automated_clean": false,
    }))
    .unwrap()
}

fn told(node: &Node, observed: &Observed) -> String {
    differences(node, observed).into_iter().map(|change| change.told + "\n").collect()
}

#[test]
fn what_inspection_added_is_no_difference() {
    assert_eq!(told(&node(), &observed()), "");
}

#[test]
fn every_part_is_compared() {
    let mut other = observed();
    other.driver_info.insert("redfish_address".into(), json!("http://b"));
    other.properties.insert("capabilities".into(), json!("boot_mode:bios,cpu_vt:true"));
    other.properties.remove("root_device");
    other.interfaces.insert("boot_interface".into(), json!("ipxe"));
    other.automated_clean = None;
    other.resource_class = None;
    insta::assert_snapshot!(told(&node(), &other), @r#"
    driver_info.redfish_address: http://b → http://a
    properties.capabilities: boot_mode:bios,cpu_vt:true → boot_mode:uefi,cpu_vt:true
    properties.root_device: nothing → {"serial":"LAB0001"}
    resource_class: nothing → baremetal
    boot_interface: ipxe → redfish-virtual-media
    automated_clean: nothing → false
    "#);
}

#[test]
fn a_number_and_its_text_are_the_same() {
    assert!(same(&json!(623), Some(&json!("623"))));
    assert!(!same(&json!(623), Some(&json!(624))));
    assert!(!same(&json!(623), None));
}

#[test]
fn keys_are_escaped_in_patches() {
    let operation = add(&["properties", "a/b~c"], &json!(1));
    assert_eq!(operation["path"], "/properties/a~1b~0c");
}
