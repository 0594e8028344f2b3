//! The state of a host's network as nmstate tells it: parts of a document, and whether a host has them.
//!
//! Only what a document says is compared, as nmstate leaves alone what it does not say.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The routing table of routes that name none.
const MAIN_TABLE: u32 = 254;
/// What cards and bonds report only if they have it: nmstate takes no offence either.
const OPTIONAL: [&str; 3] = ["ring", "feature", "options"];
/// Numbers that the kernel knows for words of a bond's options.
const BOND_WORDS: [(&str, &[&str]); 4] = [
    ("ad_select", &["stable", "bandwidth", "count"]),
    ("lacp_rate", &["slow", "fast"]),
    (
        "mode",
        &[
            "balance-rr",
            "active-backup",
            "balance-xor",
            "broadcast",
            "802.3ad",
            "balance-tlb",
            "balance-alb",
        ],
    ),
    (
        "xmit_hash_policy",
        &["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"],
    ),
];

/// An interface, a route or a rule of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub kind: Kind,
    pub wanted: Value,
}

/// Where a part stands in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Interface,
    Route,
    Rule,
}

/// All parts of a document, in its order.
pub fn parts(document: &Value) -> Vec<Part> {
    let of = |kind: Kind| {
        kind.list(document).iter().map(move |wanted| Part { kind, wanted: without_nulls(wanted) })
    };
    [Kind::Interface, Kind::Route, Kind::Rule].into_iter().flat_map(of).collect()
}

impl Kind {
    fn list(self, document: &Value) -> &[Value] {
        let list = match self {
            Self::Interface => document.get("interfaces"),
            Self::Route => document.pointer("/routes/config"),
            Self::Rule => document.pointer("/route-rules/config"),
        };
        list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

impl Part {
    /// `interface eth1`
    pub fn name(&self) -> String {
        let after = |word: &str, name: &str| {
            let value = self.wanted.get(name).map(text);
            value.map(|value| format!("{word} {value}")).unwrap_or_default()
        };
        match self.kind {
            Kind::Interface => after("interface", "name"),
            Kind::Route => format!(
                "route{}{}{}{}{}",
                after(" to", "destination"),
                after(" via", "next-hop-address"),
                after(" on", "next-hop-interface"),
                after(" in table", "table-id"),
                after(" with metric", "metric"),
            ),
            Kind::Rule => format!(
                "rule{}{}{}{}",
                after(" from", "ip-from"),
                after(" to", "ip-to"),
                after(" for table", "route-table"),
                after(" with priority", "priority"),
            ),
        }
    }

    /// The interface that it is or is on.
    pub fn interface(&self) -> Option<&str> {
        let name = match self.kind {
            Kind::Interface => "name",
            Kind::Route => "next-hop-interface",
            Kind::Rule => return None,
        };
        self.wanted.get(name)?.as_str()
    }

    /// What the host has in its place.
    pub fn found<'s>(&self, shown: &'s Value) -> Option<&'s Value> {
        let mut all = self.kind.list(shown).iter();
        match self.kind {
            Kind::Interface => all.find(|one| one.get("name") == self.wanted.get("name")),
            Kind::Route | Kind::Rule => all.find(|one| self.is_in(one)),
        }
    }

    /// Whether the host has it so.
    pub fn is_in(&self, found: &Value) -> bool {
        let holds = holds("", &self.wanted, found);
        match self.kind {
            Kind::Route if self.wanted.get("table-id").is_none() => {
                let table = found.get("table-id").map_or(u64::from(MAIN_TABLE), number);
                holds && [0, u64::from(MAIN_TABLE)].contains(&table)
            }
            _ => holds,
        }
    }

    /// The document that has it gone.
    pub fn absent(&self) -> Value {
        let mut part = match self.kind {
            Kind::Interface => json!({ "name": self.wanted.get("name") }),
            Kind::Route | Kind::Rule => self.wanted.clone(),
        };
        if let Some(fields) = part.as_object_mut() {
            fields.insert("state".into(), "absent".into());
        }
        match self.kind {
            Kind::Interface => json!({ "interfaces": [part] }),
            Kind::Route => json!({ "routes": { "config": [part] } }),
            Kind::Rule => json!({ "route-rules": { "config": [part] } }),
        }
    }

    /// Addresses of version 4 that the host has on the interface and the document does not ask for.
    pub fn further_addresses(&self, found: &Value) -> Vec<String> {
        let address = |one: &Value| {
            Some(format!("{}/{}", text(one.get("ip")?), text(one.get("prefix-length")?)))
        };
        let Some(wanted) = self.wanted.pointer("/ipv4/address") else { return Vec::new() };
        let all = |list: &Value| -> Vec<String> {
            list.as_array().into_iter().flatten().filter_map(address).collect()
        };
        let wanted = all(wanted);
        let there = found.pointer("/ipv4/address").map(all).unwrap_or_default();
        there.into_iter().filter(|one| !wanted.contains(one)).collect()
    }

    /// Ports that the host has in the bridge or bond and the document does not want there.
    pub fn further_ports(&self, found: &Value) -> BTreeSet<String> {
        let Some(wanted) = ports(&self.wanted) else { return BTreeSet::new() };
        ports(found).unwrap_or_default().difference(&wanted).cloned().collect()
    }
}

fn ports(interface: &Value) -> Option<BTreeSet<String>> {
    let lists = ["/bridge/port", "/link-aggregation/port"];
    let list = lists.iter().find_map(|place| interface.pointer(place)?.as_array())?;
    Some(list.iter().map(|port| text(port.get("name").unwrap_or(port))).collect())
}

/// A found value, as far as the wanted one says anything of it.
pub fn as_far_as(wanted: &Value, found: &Value) -> Value {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let both = wanted.iter().filter_map(|(name, wanted)| {
                Some((name.clone(), as_far_as(wanted, found.get(name)?)))
            });
            Value::Object(both.collect())
        }
        (Value::Array(wanted), Value::Array(found)) => match wanted.first() {
            Some(first) => found.iter().map(|one| as_far_as(first, one)).collect(),
            None => Value::Array(found.clone()),
        },
        _ => found.clone(),
    }
}

/// Whether all that is wanted is found; of lists each item, in any order.
fn holds(name: &str, wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Null, _) => true,
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(field, wanted)| match found.get(field) {
                Some(Value::Null) | None => is_nothing(wanted) || OPTIONAL.contains(&name),
                Some(found) => holds(field, wanted, found),
            })
        }
        (Value::Array(wanted), Value::Array(found)) => {
            let is_map = name.ends_with("-qos-map") && wanted.len() != found.len();
            !is_map && wanted.iter().all(|one| found.iter().any(|other| holds(name, one, other)))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => {
            is_nothing(wanted)
        }
        _ => same(name, &text(wanted), &text(found)),
    }
}

/// Whether it asks for nothing that would be shown.
fn is_nothing(wanted: &Value) -> bool {
    match wanted {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.iter().all(|(name, value)| {
            // Without a port, a bridge is one all the same.
            is_nothing(value) && name != "port"
        }),
        _ => false,
    }
}

fn same(name: &str, wanted: &str, found: &str) -> bool {
    if wanted.eq_ignore_ascii_case(found) {
        return true;
    }
    match name {
        // A pair of virtual interfaces has two of Ethernet.
        "type" => wanted == "ethernet" && found == "veth",
        "destination" | "ip-from" | "ip-to" => {
            network(wanted).is_some_and(|net| network(found) == Some(net))
        }
        "ip" | "next-hop-address" | "source" => {
            wanted.parse::<IpAddr>().is_ok_and(|ip| found.parse() == Ok(ip))
        }
        _ => {
            let words = BOND_WORDS.iter().find(|(option, _)| *option == name);
            let number = wanted.parse::<usize>().ok();
            words.zip(number).and_then(|((_, words), at)| words.get(at)) == Some(&found)
        }
    }
}

/// A network as its first address and the length of its prefix.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(ip, len)| (ip, Some(len)));
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(bits), |length| length.parse().ok())?;
    let kept = |all: u32| all.checked_sub(length);
    Some(match address {
        IpAddr::V4(ip) => {
            let low = u32::MAX.checked_shl(kept(32)?).unwrap_or(0);
            (IpAddr::V4((u32::from(ip) & low).into()), length)
        }
        IpAddr::V6(ip) => {
            let low = u128::MAX.checked_shl(kept(128)?).unwrap_or(0);
            (IpAddr::V6((u128::from(ip) & low).into()), length)
        }
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> u64 {
    text(value).parse().unwrap_or_default()
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let given = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                given
                    .map(|(name, value)| (name.clone(), without_nulls(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
#[path = "nmstate_tests.rs"]
mod tests;
