//! The names of a site's networks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Kind, Reference};
use crate::ansible::Variables;

/// What makes a network of a name even if no host is connected to it.
const DEFINING: &[&str] = &["_cidr", "_ips", "_vlan"];
/// A host that every site has.
const LOCALHOST: &str = "localhost";

impl Reference {
    /// Every name that stands where a network is wanted, and every one that is described as a network is.
    pub fn networks(&self, variables: &Variables) -> BTreeSet<String> {
        let mut found = self.named_networks(variables);
        for host in hosts(variables) {
            let described = variables.names(&host).into_iter();
            for name in described.filter(|name| !self.variables.contains_key(name)) {
                let network = DEFINING.iter().find_map(|end| name.strip_suffix(end));
                found.extend(network.filter(|name| !name.is_empty()).map(str::to_owned));
            }
        }
        found
    }

    /// Every name that stands where a network is wanted.
    pub fn named_networks(&self, variables: &Variables) -> BTreeSet<String> {
        let wanting = self
            .variables
            .iter()
            .filter(|(_, entry)| entry.kind.parts().contains(&&Kind::Network))
            .filter(|(_, entry)| {
                !entry.kind.parts().iter().any(|kind| matches!(kind, Kind::Object(_)))
            });
        let wanting: Vec<&String> = wanting.map(|(name, _)| name).collect();
        let mut found = BTreeSet::new();
        for host in hosts(variables) {
            // What cannot be evaluated names no network.
            let values = wanting.iter().filter_map(|name| variables.value(&host, name).ok()?);
            values.for_each(|value| names_in(&value, &mut found));
        }
        found
    }
}

fn hosts(variables: &Variables) -> Vec<String> {
    let mut hosts = variables.hosts();
    hosts.push(LOCALHOST.to_owned());
    hosts
}

fn names_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(name) if !name.is_empty() => drop(found.insert(name.clone())),
        Value::Array(items) => items.iter().for_each(|item| names_in(item, found)),
        _ => {}
    }
}
