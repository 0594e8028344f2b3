//! Which hosts need addresses on which networks, and which ones are given out already.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    str::FromStr,
};

use serde_json::Value;

use super::Reader;
use crate::{
    ansible::Variables,
    model::{
        allocation::{self, Allocated, Given, Request},
        check::together,
    },
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// The file of an environment in which the addresses of hosts are kept.
pub const FILE: &str = "network-allocation.yml";

/// The variable with the addresses on a network, by host.
pub fn variable(network: &str) -> String {
    format!("{network}_ips")
}

/// The addresses that the hosts lack, in the order of the hosts and their networks.
pub fn missing(variables: &Variables, hosts: &[String]) -> Result<Vec<Allocated>> {
    let (mut requests, mut given, mut troubles) = (Vec::new(), Given::new(), Vec::new());
    for host in hosts {
        let reader = Reader::new(variables, host);
        match read(&reader, &mut given) {
            Ok(own) => requests.extend(own),
            Err(trouble) => troubles.push(trouble),
        }
    }
    if let Some(trouble) = together(troubles) {
        return Err(trouble);
    }
    let allocated = allocation::allocate(&requests, &given)?;
    let networks: BTreeSet<&str> = allocated.iter().map(|one| one.network.as_str()).collect();
    let elsewhere = networks.into_iter().filter_map(|network| elsewhere(variables, network, hosts));
    match together(elsewhere.collect()) {
        Some(trouble) => Err(trouble),
        None => Ok(allocated),
    }
}

/// The networks on which a host has addresses that are neither given by others nor unwanted.
fn read(reader: &Reader, given: &mut Given) -> Result<Vec<Request>> {
    let names = reader.get::<Vec<Value>>("network_interfaces")?;
    let mut requests: Vec<Request> = Vec::new();
    for network in names.iter().flat_map(|names| &names.value).filter_map(Value::as_str) {
        if requests.iter().any(|known| known.network == network) {
            continue;
        }
        let Some(request) = request(reader, network)? else { continue };
        if !given.contains_key(network) {
            given.insert(network.into(), addresses(reader, network)?);
        }
        requests.push(request);
    }
    Ok(requests)
}

fn request(reader: &Reader, network: &str) -> Result<Option<Request>> {
    let name = |attribute: &str| format!("{network}_{attribute}");
    let is_dynamic = reader.get::<String>(&name("bootproto"))?.is_some_and(|it| it.value == "dhcp");
    let has_none = reader.get::<Value>(&name("no_ip"))?.is_some_and(|flag| is_true(&flag.value));
    if is_dynamic || has_none {
        return Ok(None);
    }
    let Some(range) = parsed(reader, &name("cidr"), "a range of addresses")? else {
        return Ok(None);
    };
    let first = parsed(reader, &name("allocation_pool_start"), "an address")?;
    let last = parsed(reader, &name("allocation_pool_end"), "an address")?;
    let (host, network) = (reader.host.to_owned(), network.to_owned());
    Ok(Some(Request { host, network, range, pool: first.zip(last) }))
}

fn parsed<T: FromStr>(reader: &Reader, name: &str, expected: &str) -> Result<Option<Sourced<T>>> {
    let Some(Sourced { value, setting }) = reader.get::<String>(name)? else { return Ok(None) };
    match value.parse() {
        Ok(value) => Ok(Some(Sourced { value, setting })),
        Err(_) => Err(reader.wrong(name, expected, &Value::String(value))),
    }
}

fn addresses(reader: &Reader, network: &str) -> Result<BTreeMap<String, Sourced<IpAddr>>> {
    let name = variable(network);
    let Some(found) = reader.get::<BTreeMap<String, Value>>(&name)? else {
        return Ok(BTreeMap::new());
    };
    let one = |(host, address): (String, Value)| {
        let own = reader.variables.setting_in(reader.host, &name, &host);
        let setting = own.unwrap_or_else(|| found.setting.clone());
        match address.as_str().and_then(|text| text.parse().ok()) {
            Some(value) => Ok((host, Sourced { value, setting })),
            None => Err(Trouble::refused(format!("{host}: reading its address on {network}"))
                .because(format!("`{address}` is no address"))
                .set_by(&setting)),
        }
    };
    found.value.into_iter().map(one).collect()
}

/// The environment's own file would hide what another place says of the network's addresses.
fn elsewhere(variables: &Variables, network: &str, hosts: &[String]) -> Option<Trouble> {
    let own = variables.files().shown(&variables.environment_dir().join(FILE));
    let name = variable(network);
    let setting = hosts.iter().find_map(|host| variables.setting(host, &name))?;
    (setting.origin.file != own).then(|| {
        Trouble::refused(format!("hosts need new addresses on the network {network}"))
            .because(format!("they would be kept in {own}, but `{name}` is set elsewhere"))
            .set_by(&setting)
            .hint(format!("move `{name}` to {own}, or give the hosts their addresses by hand"))
    })
}

/// As Python takes it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(pairs) => !pairs.is_empty(),
    }
}
