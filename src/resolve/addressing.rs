//! The addresses of every network. What cannot be read is left out: types are checked elsewhere.

use std::net::IpAddr;

use serde_json::Value;

use super::Reader;
use crate::{
    model::addressing::{Addressing, Pool},
    origin::Sourced,
};

/// The pools of a network: who gets addresses from it, and what its variables begin with.
const POOLS: [(&str, &str); 3] = [
    ("hosts", "allocation_pool"),
    ("inspection", "inspection_allocation_pool"),
    ("Neutron", "neutron_allocation_pool"),
];

/// Gateways of a network.
const GATEWAYS: [&str; 3] = ["gateway", "inspection_gateway", "neutron_gateway"];

/// The variable with the networks that a host is connected to.
const CONNECTED: &str = "network_interfaces";

/// What a host sees of a network.
pub fn addressing(reader: &Reader, network: &str) -> Addressing {
    let gateways = GATEWAYS.iter().filter_map(|name| read(reader, &format!("{network}_{name}")));
    let pools = POOLS.iter().filter_map(|(of, name)| {
        let first = read(reader, &format!("{network}_{name}_start"))?;
        let last = read(reader, &format!("{network}_{name}_end"))?;
        Some(Pool { of, first, last })
    });
    Addressing {
        network: network.to_owned(),
        range: read(reader, &format!("{network}_cidr")),
        gateways: gateways.collect(),
        pools: pools.collect(),
        hosts: hosts(reader, &format!("{network}_ips")),
    }
}

/// The networks that a host is connected to, and the interface of each that has one.
pub fn connections(reader: &Reader) -> Vec<(Sourced<String>, Option<String>)> {
    let Ok(Some(connected)) = reader.get::<Vec<String>>(CONNECTED) else { return Vec::new() };
    let with_interface = |network: String| {
        let interface = reader.get::<String>(&format!("{network}_interface")).ok().flatten();
        let setting = connected.setting.clone();
        (Sourced { value: network, setting }, interface.map(|found| found.value))
    };
    connected.value.into_iter().map(with_interface).collect()
}

fn read<T: std::str::FromStr>(reader: &Reader, name: &str) -> Option<Sourced<T>> {
    let Sourced { value, setting } = reader.get::<String>(name).ok()??;
    Some(Sourced { value: value.parse().ok()?, setting })
}

fn hosts(reader: &Reader, name: &str) -> Vec<(String, Sourced<IpAddr>)> {
    let found = reader.get::<std::collections::BTreeMap<String, Value>>(name).ok().flatten();
    let Some(Sourced { value, setting }) = found else { return Vec::new() };
    let one = |(host, address): (String, Value)| {
        let value = address.as_str()?.parse().ok()?;
        let own = reader.variables.setting_in(reader.host, name, &host);
        let setting = own.unwrap_or_else(|| setting.clone());
        Some((host, Sourced { value, setting }))
    };
    value.into_iter().filter_map(one).collect()
}
