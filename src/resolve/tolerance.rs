//! `…_max_fail_percentage`: how many of the hosts may fail before a topic is begun on no further one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reader, concerns};
use crate::{
    ansible::Variables,
    resolve::concerns::Class,
    trouble::{Result, Trouble},
};

/// What counts for every topic of host configuration, the narrowest first.
const WIDER: [&str; 2] = ["host_configure_max_fail_percentage", "kayobe_max_fail_percentage"];

/// The most hosts, in percent, that may have failed for a topic to be begun, by the topic's name; topics that any number
/// may fail before are left out. Kayobe's playbooks ask for it once for all hosts, so the first one's answer counts.
pub fn tolerated(
    variables: &Variables,
    class: Class,
    limit: Option<&str>,
) -> Result<BTreeMap<String, f64>> {
    let names = concerns::selected(variables, class, limit)?;
    let Some(host) = names.first() else { return Ok(BTreeMap::new()) };
    let reader = Reader::new(variables, host);
    let mut found = BTreeMap::new();
    for &topic in concerns::names() {
        if let Some(percent) = of_topic(&reader, topic)?.filter(|percent| *percent < 100.0) {
            found.insert(topic.to_owned(), percent);
        }
    }
    Ok(found)
}

fn of_topic(reader: &Reader, topic: &str) -> Result<Option<f64>> {
    let own = format!("{}_max_fail_percentage", prefix(topic));
    for name in [own.as_str(), WIDER[0], WIDER[1]] {
        if let Some(percent) = percentage(reader, name)? {
            return Ok(Some(percent));
        }
    }
    Ok(None)
}

/// What the variable of the playbook begins with that is about a topic.
fn prefix(topic: &str) -> String {
    let playbook = match topic {
        "netplan" => "network",
        "timezone" | "ntp" => "time",
        "docker" | "podman" => "container-engine",
        "libvirt-host" => "compute-libvirt-host",
        "iommu" => "vgpu",
        other => other,
    };
    playbook.replace('-', "_")
}

fn percentage(reader: &Reader, name: &str) -> Result<Option<f64>> {
    let Some(found) = reader.get::<Value>(name)? else { return Ok(None) };
    let number = match &found.value {
        Value::String(text) => text.trim().trim_end_matches('%').parse().ok(),
        other => other.as_f64(),
    };
    match number {
        Some(number) => Ok(Some(number)),
        None if found.value == "" => Ok(None),
        None => Err(Trouble::refused(format!("{}: `{name}` is {}", reader.host, found.value))
            .because("it is a number of percent")
            .set_by(&found.setting)),
    }
}
