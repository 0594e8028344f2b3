//! Inspection rules: Kayobe's and the site's own get into Ironic, and only Ymir's go.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const RULES: &str = "overcloud introspection rules configure";

fn one() -> (Served, Site) {
    let served = Served::of(
        &format!("speed = 1000.0\n{LOGIN}"),
        "[[nodes]]\ncount = 1\nname = \"node-{n}\"\n",
    );
    let site = Site::of(&served, 1);
    (served, site)
}

fn rule<'r>(rules: &'r Value, description: &str) -> &'r Value {
    let mut all = rules["inspection_rules"].as_array().unwrap().iter();
    all.find(|rule| rule["description"] == description)
        .unwrap_or_else(|| panic!("{description} is missing in {rules}"))
}

#[test]
fn kayobes_rules_and_the_sites_own_are_kept_up_to_date() {
    let (served, site) = one();
    let all = || served.ironic("inspection_rules?detail=true");
    let count = || all()["inspection_rules"].as_array().unwrap().len();
    site.ymir(&format!("{RULES} --check"))
        .expect(0)
        .says(&["Set deploy kernel", "create the rule"]);
    assert_eq!(count(), 0);
    let said = site.ymir(RULES).expect(0);
    said.says(&["the rule \"Set IPMI driver_info if no credentials\" is left out"]);
    assert_eq!(count(), 8);
    let rules = all();
    let url = &rule(&rules, "Set deploy kernel")["actions"][0]["args"]["value"];
    assert_eq!(url, "http://127.0.0.1:9/images/ipa.kernel");
    let named = rule(&rules, "Set node name from eth0 LLDP switch port description");
    assert_eq!(
        named["actions"][0]["args"]["value"],
        "{plugin_data[parsed_lldp][eth0][switch_port_description]}"
    );
    site.ymir(RULES).expect(0).says(&["nothing was changed"]);
    // The site's own, once in the format of the service before.
    let own = json!({ "inspector_rules_extra": [
        { "description": "Own", "conditions": [], "actions": [{ "action": "add-trait", "name": "CUSTOM_OWN" }] },
    ] });
    site.ymir(&format!("{RULES} -e {own}")).expect(0).says(&["Own", "create the rule"]);
    assert_eq!(
        rule(&all(), "Own")["actions"],
        json!([{ "op": "add-trait", "args": { "name": "CUSTOM_OWN" } }])
    );
    let own = json!({ "inspector_rules_extra": [
        { "description": "Own", "priority": 5, "conditions": [], "actions": [{ "op": "add-trait", "args": { "name": "CUSTOM_B" } }] },
    ] });
    let told = ["priority: 0 → 5", "CUSTOM_B"];
    site.ymir(&format!("{RULES} --check --diff -e {own}")).expect(0).says(&told);
    site.ymir(&format!("{RULES} -e {own}")).expect(0).says(&told);
    site.ymir(&format!("{RULES} -e {own}")).expect(0).says(&["nothing was changed"]);
    // Rules of others stay; those that the site has no more go.
    served.send(
        "POST",
        "inspection_rules",
        &json!({ "description": "Foreign", "conditions": [], "actions": [] }),
    );
    site.ymir(RULES).expect(0).says(&["take away the rule \"Own\""]);
    assert_eq!(count(), 9);
    site.ymir(RULES).expect(0).says(&["nothing was changed"]);
}

#[test]
fn a_rule_of_kayobes_is_taken_over() {
    let (served, site) = one();
    let kayobes = json!({
        "uuid": "99d97588-d344-5e2c-9441-f29f3f2cabfe", "description": "Set deploy kernel",
        "conditions": [], "actions": [],
    });
    served.send("POST", "inspection_rules", &kayobes);
    site.ymir(RULES).expect(0);
    let rules = served.ironic("inspection_rules?detail=true");
    assert_eq!(rules["inspection_rules"].as_array().unwrap().len(), 8);
    let kernel = rule(&rules, "Set deploy kernel");
    assert_eq!(kernel["uuid"], "99d97588-d344-5e2c-9441-f29f3f2cabfe");
    assert_eq!(kernel["actions"][0]["op"], "set-attribute");
}

#[test]
fn secrets_of_rules_are_sent_and_never_told() {
    let (served, site) = one();
    let with = |password: &str| {
        let secrets = json!({ "ipmi_username": "admin", "ipmi_password": password });
        format!("{RULES} --diff -e {secrets}")
    };
    site.ymir(&format!("{} --check", with("hunter2"))).expect(0).lacks(&["hunter2"]);
    site.ymir(&with("hunter2")).expect(0).lacks(&["hunter2"]);
    let rules = served.ironic("inspection_rules?detail=true");
    assert_eq!(rule(&rules, "Set IPMI driver_info if no credentials")["actions"], json!(null));
    site.ymir(&with("hunter2")).expect(0).says(&["nothing was changed"]);
    let said = site.ymir(&with("hunter3")).expect(0);
    said.lacks(&["hunter"]);
    said.says(&["send it anew: Ironic does not show what it holds"]);
    site.ymir(&with("hunter3")).expect(0).says(&["nothing was changed"]);
    // Somebody else changes it: Ironic says when it was changed last.
    let uuid = rule(&rules, "Set IPMI driver_info if no credentials")["uuid"].as_str().unwrap();
    let patch = json!([{ "op": "replace", "path": "/actions", "value": [] }]);
    served.send("PATCH", &format!("inspection_rules/{uuid}"), &patch);
    site.ymir(&with("hunter3")).expect(0).says(&["send it anew"]);
    assert!(!site.everything().contains("hunter"), "a secret is kept in the state");
}
