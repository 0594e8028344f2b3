//! `/etc/hosts`: the hosts of the cloud by their addresses on one network, and the site's own lines.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Class, is_on};
use crate::{
    host::concern::{Concern, EtcHosts, HostLine},
    resolve::Reader,
    trouble::{Result, Trouble},
};

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !is_on(reader, "customize_etc_hosts", true)? {
        return Ok(None);
    }
    let listed = listed(reader, class)?;
    Ok(Some(
        EtcHosts {
            is_listed: listed.iter().any(|name| name == reader.host),
            name: given_name(reader, reader)?,
            hosts: hosts(reader, &listed)?,
            custom: custom(reader)?,
        }
        .into(),
    ))
}

/// Listed are the overcloud's hosts, and only on these: other classes ask for it by `etc_hosts_hosts`.
fn listed(reader: &Reader, class: Class) -> Result<Vec<String>> {
    let overcloud = || match class {
        Class::Overcloud => reader.variables.group("overcloud").unwrap_or_default(),
        _ => Vec::new(),
    };
    let named = reader.get::<Vec<String>>("etc_hosts_hosts")?;
    Ok(named.map_or_else(overcloud, |named| named.value))
}

/// Each host by its address on its own network of names, if it is on it; none for a host that is not on its own.
fn hosts(reader: &Reader, listed: &[String]) -> Result<Vec<HostLine>> {
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let Some(own) = network(reader)? else { return Ok(Vec::new()) };
    if !is_on_network(reader, &own)? {
        return Ok(Vec::new());
    }
    let mut addresses = BTreeMap::new();
    let mut lines = Vec::new();
    for name in listed {
        let host = Reader::new(reader.variables, name);
        let network = match host.get::<String>("etc_hosts_network")? {
            Some(network) => network.value,
            None => own.clone(),
        };
        if !addresses.contains_key(&network) {
            let found = reader.get::<BTreeMap<String, Value>>(&format!("{network}_ips"))?;
            addresses.insert(network.clone(), found.map(|found| found.value).unwrap_or_default());
        }
        let address = addresses[&network].get(name).and_then(Value::as_str);
        let Some(address) = address.filter(|address| !address.is_empty()) else { continue };
        if is_on_network(&host, &network)? {
            lines.push(HostLine { address: address.into(), names: names(reader, &host)? });
        }
    }
    Ok(lines)
}

fn network(reader: &Reader) -> Result<Option<String>> {
    let network = match reader.get::<String>("etc_hosts_network")? {
        Some(network) => Some(network),
        None => reader.get("internal_net_name")?,
    };
    Ok(network.map(|network| network.value))
}

fn is_on_network(host: &Reader, network: &str) -> Result<bool> {
    let connected = host.get::<Vec<String>>("network_interfaces")?;
    Ok(connected.is_some_and(|networks| networks.value.iter().any(|known| known == network)))
}

/// The name that the site gives a host, where it gives any.
fn given_name(reader: &Reader, host: &Reader) -> Result<Option<String>> {
    if !is_on(reader, "kayobe_customize_hostnames", false)? {
        return Ok(None);
    }
    host.need::<String>("kayobe_custom_hostname").map(|name| Some(name.value))
}

/// What a host is called: as the site says, else by what it tells of itself. The host that the file is on is asked
/// there; of others count facts that were gathered, else the inventory, and like facts that has whole and short names.
fn names(reader: &Reader, host: &Reader) -> Result<Vec<String>> {
    if let Some(name) = given_name(reader, host)? {
        return Ok(vec![name]);
    }
    if host.host == reader.host {
        return Ok(Vec::new());
    }
    let whole = match host.get::<String>("ansible_nodename")? {
        Some(name) => name.value,
        None => host.host.to_owned(),
    };
    let is_address = whole.parse::<std::net::IpAddr>().is_ok();
    let short = whole.split('.').next().filter(|short| *short != whole && !is_address);
    let short = short.map(str::to_owned);
    Ok(std::iter::once(whole).chain(short).collect())
}

/// In the order in which the site writes them, as Kayobe does.
fn custom(reader: &Reader) -> Result<Vec<HostLine>> {
    let entries = reader.get::<Map<String, Value>>("custom_etc_hosts_entries")?;
    let entries = entries.map_or_else(Map::new, |found| found.value);
    let line = |(name, address): (String, Value)| match address {
        Value::String(address) => Ok(HostLine { address, names: vec![name] }),
        other => {
            Err(Trouble::refused(format!("{}: reading `custom_etc_hosts_entries`", reader.host))
                .because(format!("the address of `{name}` is {other}, and no text"))
                .set_by(&reader.setting("custom_etc_hosts_entries")))
        }
    };
    entries.into_iter().map(line).collect()
}
