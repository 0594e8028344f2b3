//! `firewalld_enabled` and what firewalld lets in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled, is_on};
use crate::{
    host::{
        concern::{Concern, Firewall, FirewallRule, Firewalld},
        resource::Item,
    },
    origin::Sourced,
    resolve::Reader,
    trouble::{Result, Trouble},
};

const KINDS: [&str; 8] = [
    "icmp_block",
    "icmp_block_inversion",
    "interface",
    "masquerade",
    "port",
    "rich_rule",
    "service",
    "source",
];

/// A variable of Kayobe's manual that nothing implements, there or here.
pub const UFW: &str = "ufw_enabled";

/// What is said of it.
pub const NO_UFW: &str = "Kayobe's manual has it, and nothing implements it; the firewall that is configured is firewalld, by `firewalld_enabled`";

/// An item of `firewalld_zones`.
#[derive(Deserialize)]
struct Zone {
    zone: String,
    #[serde(default)]
    state: Option<String>,
}

/// An item of `firewalld_rules`.
type Rule = BTreeMap<String, Value>;

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    if !is_on(reader, "firewalld_enabled", false)? {
        return Ok(Some(Firewall { firewalld: None }.into()));
    }
    let mut rules = zones(reader)?;
    rules.extend(interfaces(reader)?);
    if let Some(written) = reader.get::<Vec<Rule>>("firewalld_rules")? {
        for item in &written.value {
            rules.push(rule(item).map_err(|why| refused(reader, &written, item, &why))?);
        }
    }
    let default_zone = filled(reader, "firewalld_default_zone")?.map(|zone| zone.value);
    Ok(Some(Firewall { firewalld: Some(Firewalld { default_zone, rules }) }.into()))
}

fn refused(reader: &Reader, written: &Sourced<Vec<Rule>>, item: &Rule, why: &str) -> Trouble {
    let shown = serde_json::to_string(item).unwrap_or_default();
    Trouble::refused(format!("{}: the rule {shown} of `firewalld_rules`", reader.host))
        .because(why)
        .set_by(&written.setting)
}

fn zones(reader: &Reader) -> Result<Vec<FirewallRule>> {
    let Some(zones) = reader.get::<Vec<Zone>>("firewalld_zones")? else { return Ok(Vec::new()) };
    let mut rules = Vec::new();
    for Zone { zone, state } in zones.value {
        let on = match state.as_deref() {
            None | Some("present") => true,
            Some("absent") => false,
            Some(other) => {
                let what = format!("{}: the zone {zone} of `firewalld_zones`", reader.host);
                return Err(Trouble::refused(what)
                    .because(format!("its state is `{other}`; zones are present or absent"))
                    .set_by(&zones.setting));
            }
        };
        named(&zone).map_err(|why| Trouble::refused(why).set_by(&zones.setting))?;
        rules.push(FirewallRule { zone: Some(zone), item: Item::Zone, on });
    }
    Ok(rules)
}

/// The zones of the networks that the host is connected to.
fn interfaces(reader: &Reader) -> Result<Vec<FirewallRule>> {
    let networks = reader.get::<Vec<String>>("network_interfaces")?;
    let mut rules = Vec::new();
    for network in networks.map_or_else(Vec::new, |networks| networks.value) {
        let Some(zone) = filled(reader, &format!("{network}_zone"))? else { continue };
        let interface = reader.need::<String>(&format!("{network}_interface"))?.value;
        named(&zone.value).map_err(|why| Trouble::refused(why).set_by(&zone.setting))?;
        rules.push(FirewallRule {
            zone: Some(zone.value),
            item: Item::Interface(interface),
            on: true,
        });
    }
    Ok(rules)
}

/// A zone's name is a file's, too.
fn named(zone: &str) -> std::result::Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
    if zone.is_empty() || zone.starts_with('.') || !zone.chars().all(fits) {
        return Err(format!("`{zone}` is no name of a zone"));
    }
    Ok(())
}

/// What Ansible's module makes of such arguments.
fn rule(item: &Rule) -> std::result::Result<FirewallRule, String> {
    let text = |name: &str| item.get(name).filter(|value| !value.is_null()).map(word);
    let truth = |name: &str| text(name).map(|word| is_true(&word));
    if truth("permanent") == Some(false) {
        return Err("the restart that follows a change ends rules that are not permanent: leave out `permanent`".into());
    }
    let zone = text("zone");
    zone.as_deref().map_or(Ok(()), named)?;
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| text(kind).is_some()).collect();
    let state = text("state").unwrap_or_else(|| "enabled".into());
    let [kind] = given[..] else {
        let on = state == "present";
        return match (given.is_empty(), &zone) {
            (true, Some(_)) if on || state == "absent" => {
                Ok(FirewallRule { zone, item: Item::Zone, on })
            }
            (true, _) => {
                Err(format!("it says nothing to let in: give it one of {}", KINDS.join(", ")))
            }
            (false, _) => {
                Err(format!("{} exclude each other: make rules of them", given.join(" and ")))
            }
        };
    };
    let on = match state.as_str() {
        "enabled" => true,
        "disabled" => false,
        other => return Err(format!("its state is `{other}`; {kind} is enabled or disabled")),
    };
    let value = text(kind).unwrap_or_default();
    let (item, on) = match kind {
        "icmp_block" => (Item::IcmpBlock(value), on),
        "icmp_block_inversion" => (Item::IcmpBlockInversion, on == is_true(&value)),
        "interface" if zone.is_none() => return Err("an interface needs a zone".into()),
        "interface" => (Item::Interface(value), on),
        "masquerade" => (Item::Masquerade, on == is_true(&value)),
        "port" => (port(&value)?, on),
        "rich_rule" => (Item::RichRule(value), on),
        "service" => (Item::Service(value), on),
        _ => (Item::Source(value), on),
    };
    if !item.is_readable() {
        return Err("a rich rule begins with `rule`, and its quotes come in pairs".into());
    }
    Ok(FirewallRule { zone, item, on })
}

fn port(value: &str) -> std::result::Result<Item, String> {
    match value.trim().split_once('/') {
        Some((port, protocol)) if !port.is_empty() && !protocol.is_empty() => {
            Ok(Item::Port(port.into(), protocol.into()))
        }
        _ => Err(format!("`{value}` is no port with its protocol, such as `8080/tcp`")),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_true(word: &str) -> bool {
    ["yes", "on", "1", "true", "t", "y"].contains(&word.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> std::result::Result<(Option<String>, Item, bool), String> {
        let rule = rule(&serde_json::from_str(text).unwrap())?;
        Ok((rule.zone, rule.item, rule.on))
    }

    #[test]
    fn rules_as_ansibles_module_means_them() {
        let zone = || Some("internal".to_owned());
        let table = [
            (r#"{"service": "http"}"#, (None, Item::Service("http".into()), true)),
            (
                r#"{"port": "161-162/udp", "zone": "internal", "immediate": true, "offline": true}"#,
                (zone(), Item::Port("161-162".into(), "udp".into()), true),
            ),
            (
                r#"{"service": "ssh", "state": "disabled", "permanent": true}"#,
                (None, Item::Service("ssh".into()), false),
            ),
            (r#"{"masquerade": false, "zone": "internal"}"#, (zone(), Item::Masquerade, false)),
            (
                r#"{"icmp_block_inversion": "yes", "zone": "internal"}"#,
                (zone(), Item::IcmpBlockInversion, true),
            ),
            (
                r#"{"interface": "eth1", "zone": "internal"}"#,
                (zone(), Item::Interface("eth1".into()), true),
            ),
            (r#"{"zone": "internal", "state": "absent"}"#, (zone(), Item::Zone, false)),
            (
                r#"{"rich_rule": "rule service name=ftp accept", "timeout": 0}"#,
                (None, Item::RichRule("rule service name=ftp accept".into()), true),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(of(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn rules_that_say_too_little_or_too_much() {
        let table = [
            (r#"{"service": "a", "port": "1/tcp"}"#, "port and service exclude each other"),
            (r#"{"zone": "internal"}"#, "says nothing"),
            (r#"{"port": "80"}"#, "no port with its protocol"),
            (r#"{"interface": "eth1"}"#, "needs a zone"),
            (r#"{"service": "a", "permanent": false}"#, "not permanent"),
            (r#"{"service": "a", "state": "present"}"#, "enabled or disabled"),
            (r#"{"service": "a", "zone": "../x"}"#, "no name of a zone"),
            (r#"{"rich_rule": "accept"}"#, "begins with `rule`"),
        ];
        for (text, expected) in table {
            let why = of(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
