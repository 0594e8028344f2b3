use serde_json::json;

use super::*;

#[test]
fn placeholders_are_those_of_ironic() {
    let table = [
        ("{plugin_data[root_disk][serial]}", "{plugin_data[root_disk][serial]}"),
        ("{node.driver_info[a]}", "{node.driver_info[a]}"),
        ("{all_interfaces.eth0}", "{plugin_data[all_interfaces][eth0]}"),
        (
            "{all_interfaces.eth0.lldp_processed.switch_port_description}",
            "{plugin_data[parsed_lldp][eth0][switch_port_description]}",
        ),
        ("a {data[inventory][cpu]} b", "a {inventory[cpu]} b"),
        ("{}{", "{}{"),
        ("no placeholder", "no placeholder"),
    ];
    for (written, expected) in table {
        assert_eq!(placeholder::rooted(written), expected);
    }
}

#[test]
fn the_question_whether_there_is_a_value_stays_one() {
    let written = json!({ "op": "!matches", "args": {
        "value": "{all_interfaces.eth0.lldp_processed}",
        "regex": "\\{all_interfaces\\.eth0\\.lldp_processed\\}",
    } });
    let now = current::condition(&written).unwrap();
    insta::assert_snapshot!(now, @r#"{"op":"!matches","args":{"value":"{plugin_data[parsed_lldp][eth0]}","regex":"{plugin_data\\[parsed_lldp\\]\\[eth0\\]}"}}"#);
    let other =
        json!({ "op": "matches", "args": { "value": "{all_interfaces.eth0}", "regex": "^a" } });
    assert_eq!(current::condition(&other).unwrap()["args"]["regex"], "^a");
    let current = json!({ "op": "is-empty", "args": { "value": "{node.name}" } });
    assert_eq!(current::condition(&current).unwrap(), current);
}

#[test]
fn the_old_format_is_translated() {
    let conditions = [
        json!({ "field": "node://driver_info.ipmi_username", "op": "is-empty" }),
        json!({ "field": "data://inventory.system_vendor.product_name", "op": "eq", "value": "R640" }),
        json!({ "field": "root_disk.size", "op": "ne", "value": 5, "invert": true }),
        json!({ "field": "data://inventory.bmc_address", "op": "in-net", "value": "10.0.0.0/8", "invert": true }),
    ];
    let shown: Vec<_> =
        conditions.iter().map(|one| current::condition(one).unwrap().to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"op":"is-empty","args":{"value":"{node.driver_info[ipmi_username]}"}}
    {"op":"eq","args":{"values":["{inventory[system_vendor][product_name]}","R640"],"force_strings":true}}
    {"op":"eq","args":{"values":["{plugin_data[root_disk][size]}",5],"force_strings":true}}
    {"op":"!in-net","args":{"address":"{inventory[bmc_address]}","subnet":"10.0.0.0/8"}}
    "#);
    let actions = [
        json!({ "action": "set-attribute", "path": "driver_info/x", "value": "{data[root_disk][serial]}" }),
        json!({ "action": "fail", "message": "no" }),
        json!({ "action": "add-trait", "name": "CUSTOM_A" }),
    ];
    let shown: Vec<_> =
        actions.iter().map(|one| current::action(one).unwrap().to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"op":"set-attribute","args":{"path":"/driver_info/x","value":"{plugin_data[root_disk][serial]}"}}
    {"op":"fail","args":{"msg":"no"}}
    {"op":"add-trait","args":{"name":"CUSTOM_A"}}
    "#);
    for wrong in [
        json!({ "field": "data://a[*].b", "op": "eq", "value": 1 }),
        json!({ "field": "data://a", "op": "lt", "value": 1 }),
        json!({ "field": "data://a", "op": "eq", "value": 1, "multiple": "all" }),
    ] {
        assert!(current::condition(&wrong).is_err(), "{wrong}");
    }
    assert!(current::action(&json!({ "action": "explode" })).is_err());
}
