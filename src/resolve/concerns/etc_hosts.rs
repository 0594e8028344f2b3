//! `/etc/hosts`: the hosts of the cloud by their addresses on one network, and the site's own lines.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Class, is_on};
use crate::{
    host::concern::{Concern, EtcHosts, HostLine},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !is_on(reader, "customize_etc_hosts", true)? {
        return Ok(None);
    }
    Ok(Some(
        EtcHosts {
            hostname: reader.host.into(),
            hosts: hosts(reader, class)?,
            custom: custom(reader)?,
        }
        .into(),
    ))
}

/// Listed are the overcloud's hosts, and only on these: other classes ask for it by `etc_hosts_hosts`.
fn hosts(reader: &Reader, class: Class) -> Result<Vec<HostLine>> {
    let overcloud = || match class {
        Class::Overcloud => reader.variables.group("overcloud").unwrap_or_default(),
        _ => Vec::new(),
    };
    let named = reader.get::<Vec<String>>("etc_hosts_hosts")?;
    let names = named.map_or_else(overcloud, |named| named.value);
    let network = match reader.get::<String>("etc_hosts_network")? {
        Some(network) => Some(network),
        None if names.is_empty() => None,
        None => reader.get("internal_net_name")?,
    };
    let Some(network) = network else { return Ok(Vec::new()) };
    let addresses = format!("{}_ips", network.value);
    let addresses = reader.get::<BTreeMap<String, Value>>(&addresses)?;
    let addresses = addresses.map_or_else(BTreeMap::new, |found| found.value);
    let mut lines = Vec::new();
    for name in names {
        let connected =
            Reader::new(reader.variables, &name).get::<Vec<String>>("network_interfaces")?;
        let is_connected =
            connected.is_some_and(|networks| networks.value.contains(&network.value));
        let Some(address) = addresses.get(&name).and_then(Value::as_str).filter(|_| is_connected)
        else {
            continue;
        };
        lines.push(HostLine { address: address.into(), names: vec![name] });
    }
    Ok(lines)
}

fn custom(reader: &Reader) -> Result<Vec<HostLine>> {
    let entries = reader.get::<BTreeMap<String, String>>("custom_etc_hosts_entries")?;
    let entries = entries.map_or_else(BTreeMap::new, |found| found.value);
    Ok(entries.into_iter().map(|(name, address)| HostLine { address, names: vec![name] }).collect())
}
