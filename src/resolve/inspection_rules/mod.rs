//! `kolla_bifrost_inspector_rules`: Kayobe's inspection rules and the site's own, as Ironic's API takes them today.

mod current;
mod placeholder;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value;

use super::Reader;
use crate::{
    ansible::Variables,
    model::{inspection_rule::Rule, node::Ironic},
    secret::{SecretRef, names_secret},
    trouble::{Result, Trouble},
};

/// The variable with all rules.
const RULES: &str = "kolla_bifrost_inspector_rules";

/// What rules may refer to, with what stands there when Kayobe makes rules for the Ironic of the seed.
const VARIABLES: [(&str, &str); 7] = [
    ("inspector_rule_var_ipmi_username", "kolla_bifrost_inspector_ipmi_username"),
    ("inspector_rule_var_ipmi_password", "kolla_bifrost_inspector_ipmi_password"),
    ("inspector_rule_var_redfish_username", "kolla_bifrost_inspector_redfish_username"),
    ("inspector_rule_var_redfish_password", "kolla_bifrost_inspector_redfish_password"),
    (
        "inspector_rule_var_lldp_switch_port_interface",
        "kolla_bifrost_inspector_lldp_switch_port_interface",
    ),
    ("inspector_rule_var_deploy_kernel", "kolla_bifrost_inspector_deploy_kernel"),
    ("inspector_rule_var_deploy_ramdisk", "kolla_bifrost_inspector_deploy_ramdisk"),
];

/// Without a seed the ramdisk lies where Ymir publishes it.
const PUBLISHED: [(&str, &str); 2] = [
    ("kolla_bifrost_inspector_deploy_kernel", "{{ ymir_image_url }}/ipa.kernel"),
    ("kolla_bifrost_inspector_deploy_ramdisk", "{{ ymir_image_url }}/ipa.initramfs"),
];

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    uuid: Option<String>,
    description: String,
    #[serde(default)]
    priority: u64,
    #[serde(default)]
    phase: Option<String>,
    #[serde(default)]
    sensitive: Value,
    #[serde(default)]
    conditions: Vec<Value>,
    actions: Vec<Value>,
}

/// The rules of a site, and those that are left out, with the reason.
#[derive(Debug)]
pub struct Rules {
    pub ironic: Ironic,
    pub rules: Vec<Rule>,
    pub left_out: Vec<String>,
}

/// The host for which the rules are evaluated: the seed, else the control host.
fn site(variables: &Variables) -> String {
    let seeds = variables.group("seed").unwrap_or_default();
    seeds.into_iter().next().unwrap_or_else(|| "localhost".into())
}

/// What the rules need beside the site's variables, for `-e`: below whatever is given there.
pub fn variables_for_rules(variables: &Variables) -> Vec<String> {
    let refer = |name: &str| format!("{{{{ {name} }}}}");
    let mut given: serde_json::Map<String, Value> =
        VARIABLES.iter().map(|(name, source)| ((*name).to_owned(), refer(source).into())).collect();
    if variables.group("seed").unwrap_or_default().is_empty() {
        given.extend(PUBLISHED.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())));
    }
    vec![Value::Object(given).to_string()]
}

/// Reads the rules; `variables` have what [`variables_for_rules`] gives.
pub fn rules(variables: &Variables) -> Result<Rules> {
    let host = site(variables);
    let reader = Reader::new(variables, &host);
    let ironic = super::nodes::ironic(&reader)?;
    let (mut rules, mut left_out) = (Vec::new(), Vec::new());
    let written = reader.get::<Vec<Value>>(RULES)?;
    for (at, value) in written.into_iter().flat_map(|found| found.value).enumerate() {
        match rule(&reader, at, value)? {
            Ok(rule) => rules.push(rule),
            Err(why) => left_out.push(why),
        }
    }
    twice(&reader, &rules)?;
    Ok(Rules { ironic, rules, left_out })
}

fn twice(reader: &Reader, rules: &[Rule]) -> Result<()> {
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|other| other.description == rule.description) {
            let what = format!("two inspection rules are called \"{}\"", rule.description);
            return Err(Trouble::refused(what)
                .set_by(&reader.setting(RULES))
                .hint("a rule is known by its description: give each its own"));
        }
    }
    Ok(())
}

/// One rule; in words why it is none, if it would set nothing.
fn rule(reader: &Reader, at: usize, value: Value) -> Result<std::result::Result<Rule, String>> {
    let number = at + 1;
    let wrong = |trouble: Trouble| trouble.set_by(&reader.setting(RULES));
    let written: Written = serde_json::from_value(value).map_err(|error| {
        wrong(Trouble::refused(format!("reading inspection rule {number}")).because(error))
    })?;
    let doing = format!("reading the inspection rule \"{}\"", written.description);
    let told = |why: String| wrong(Trouble::refused(doing.clone()).because(why)).hint(FORMAT);
    if let Some(path) = written.actions.iter().find_map(empty) {
        let description = &written.description;
        return Ok(Err(format!(
            "the rule \"{description}\" is left out: nothing is set for {path}"
        )));
    }
    let sensitive = truth(&written.sensitive);
    let mut actions = Vec::new();
    let mut secrets = Vec::new();
    for (place, action) in written.actions.iter().enumerate() {
        let old = action.get("action").is_some();
        let hidden = is_hidden(action, sensitive);
        let mut action = current::action(action).map_err(told)?;
        if hidden && action["args"].get("value").is_some_and(Value::is_string) {
            action["args"]["value"] = Value::Null;
            let (at, place_text) = (at.to_string(), place.to_string());
            let path = [at.as_str(), "actions", place_text.as_str()];
            let end: &[&str] = if old { &["value"] } else { &["args", "value"] };
            let path: Vec<&str> = path.iter().chain(end).copied().collect();
            secrets.push((place, SecretRef::of(reader.host, RULES, &path)));
        }
        actions.push(action);
    }
    let conditions = written.conditions.iter().map(current::condition);
    Ok(Ok(Rule {
        conditions: conditions.collect::<std::result::Result<_, _>>().map_err(told)?,
        description: written.description,
        uuid: written.uuid,
        priority: written.priority,
        phase: written.phase,
        sensitive,
        actions,
        secrets,
    }))
}

const FORMAT: &str =
    "write rules as Ironic's API takes them: conditions and actions with `op` and `args`";

/// Ansible takes words for truth values, too.
fn truth(value: &Value) -> bool {
    let word = value.as_str().unwrap_or_default().to_ascii_lowercase();
    *value == true || ["true", "yes", "on", "1"].contains(&word.as_str())
}

fn args(action: &Value) -> &Value {
    action.get("args").unwrap_or(action)
}

/// The path of an action that would set nothing at all.
fn empty(action: &Value) -> Option<String> {
    let args = args(action);
    let value = args.get("value")?;
    let nothing = value.is_null() || value == "";
    nothing.then(|| args["path"].as_str().unwrap_or("a value").to_owned())
}

fn is_hidden(action: &Value, sensitive: bool) -> bool {
    sensitive || args(action)["path"].as_str().is_some_and(names_secret)
}
