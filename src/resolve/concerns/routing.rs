//! `enable_snat`, `ip_routing_rp_filter_mode` and `snat_rules`.

use serde::Deserialize;
use serde_json::Value;

use super::{Class, is_on};
use crate::{
    host::concern::{Concern, IpRouting, SnatRule, SnatRules},
    resolve::Reader,
    trouble::Result,
};

#[derive(Deserialize)]
struct RuleEntry {
    interface: Option<String>,
    source_ip: Option<String>,
    destination: Option<String>,
    destination_port: Option<Value>,
    destination_ports: Option<Vec<Value>>,
    source: Option<String>,
    source_port: Option<Value>,
}

/// Hosts that pass packets on if the site says so.
fn may_route(class: Class) -> bool {
    matches!(class, Class::Seed | Class::SeedHypervisor)
}

pub(super) fn read_routing(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !may_route(class) {
        return Ok(None);
    }
    if !is_on(reader, "enable_snat", false)? {
        return Ok(Some(IpRouting { rp_filter: None }.into()));
    }
    let mode = reader.get::<Value>("ip_routing_rp_filter_mode")?;
    let rp_filter = mode.map_or_else(|| "0".into(), |mode| text(&mode.value));
    Ok(Some(IpRouting { rp_filter: Some(rp_filter) }.into()))
}

pub(super) fn read_snat(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !may_route(class) {
        return Ok(None);
    }
    if !is_on(reader, "enable_snat", false)? {
        return Ok(Some(SnatRules { rules: Vec::new() }.into()));
    }
    // Without rules of the site's own, everything goes out by the host's default route, as in Kayobe.
    let default = || vec![SnatRule { interface: None, source_ip: None, matches: Vec::new() }];
    let rules = reader.get::<Vec<RuleEntry>>("snat_rules")?;
    let rules = rules.map_or_else(default, |rules| rules.value.into_iter().map(rule).collect());
    Ok(Some(SnatRules { rules }.into()))
}

fn rule(entry: RuleEntry) -> SnatRule {
    let mut matches = Vec::new();
    let mut add = |word: &str, value: Option<String>| {
        matches.extend(value.into_iter().flat_map(|value| [word.to_owned(), value]));
    };
    let ports = |ports: Vec<Value>| ports.iter().map(text).collect::<Vec<_>>().join(",");
    add("--source", entry.source);
    add("--destination", entry.destination);
    add("--source-port", entry.source_port.as_ref().map(text));
    add("--destination-port", entry.destination_port.as_ref().map(text));
    let several = entry.destination_ports.map(ports);
    if several.is_some() {
        add("--match", Some("multiport".into()));
        add("--dports", several);
    }
    SnatRule { interface: entry.interface, source_ip: entry.source_ip, matches }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
