//! The admin network of a host, from `<network>_*` variables.

use std::{net::Ipv4Addr, str::FromStr};

use ipnet::Ipv4Net;
use serde::Deserialize;
use serde_json::Value;

use super::Reader;
use crate::{
    model::network::{AdminAddress, Route},
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// The MTU where a network names none, as in Kayobe.
const DEFAULT_MTU: u32 = 1500;

/// The host's address on the admin network, with all that its first boot needs.
pub fn admin(reader: &Reader) -> Result<AdminAddress> {
    let network = reader.need::<String>("admin_oc_net_name")?;
    let name = |attribute: &str| format!("{}_{attribute}", network.value);
    let cidr = reader
        .get::<Ipv4Net>(&name("cidr"))?
        .ok_or_else(|| not_described(reader, &network.value))?;
    let address = address(reader, &network)?.ok_or_else(|| no_address(reader, &network.value))?;
    let mtu = reader.get::<Number>(&name("mtu"))?;
    Ok(AdminAddress {
        address,
        cidr,
        gateway: gateway(reader, &name("gateway"))?,
        mtu: mtu.map_or(Ok(DEFAULT_MTU), |mtu| mtu.value.get(reader, &name("mtu")))?,
        vlan: vlan(reader, &network.value)?,
        routes: routes(reader, &name("routes"))?,
        nameservers: reader.get("resolv_nameservers")?.map_or_else(Vec::new, |found| found.value),
        network: network.value,
    })
}

/// Nothing says where the network is: mostly there is no `networks.yml` yet.
fn not_described(reader: &Reader, network: &str) -> Trouble {
    Trouble::refused(format!("{}: the network {network} is not described", reader.host))
        .because(format!("`{network}_cidr` is not set"))
        .hint(format!(
            "set it in networks.yml of the environment, and make that file if it is missing: `{network}_cidr: 10.0.0.0/24`"
        ))
        .hint(format!(
            "the hosts' addresses are in `{network}_ips`, in network-allocation.yml of the environment"
        ))
}

fn no_address(reader: &Reader, network: &str) -> Trouble {
    let ips = format!("{network}_ips");
    let trouble = Trouble::refused(format!("{}: no address on the network {network}", reader.host))
        .because(format!("`{ips}` has no entry for it"))
        .hint("add the host to network-allocation.yml of the environment");
    reader.variables.setting(reader.host, &ips).iter().fold(trouble, Trouble::set_by)
}

/// The host's entry in `<network>_ips`, if it has one.
pub fn address(reader: &Reader, network: &Sourced<String>) -> Result<Option<Sourced<Ipv4Addr>>> {
    let variable = format!("{}_ips", network.value);
    let Some(found) = reader.item(&variable, reader.host)? else { return Ok(None) };
    let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let setting = reader.variables.setting_in(reader.host, &variable, reader.host);
    let setting = setting.unwrap_or_else(|| reader.setting(&variable));
    match text.parse() {
        Ok(value) => Ok(Some(Sourced { value, setting })),
        Err(error) => {
            Err(Trouble::refused(format!("{}: `{text}` is not an IPv4 address", reader.host))
                .because(error)
                .set_by(&setting))
        }
    }
}

/// The network's gateway, else the seed's address where the seed masquerades for the hosts, as in Kayobe.
fn gateway(reader: &Reader, variable: &str) -> Result<Option<Ipv4Addr>> {
    if let Some(gateway) = reader.get::<Ipv4Addr>(variable)? {
        return Ok(Some(gateway.value));
    }
    let seeds = reader.variables.group("seed").unwrap_or_default();
    let Some(seed) = seeds.first() else { return Ok(None) };
    let seed = Reader::new(reader.variables, seed);
    let snat = seed.get::<bool>("seed_enable_snat")?.is_some_and(|snat| snat.value);
    let Some(network) = seed.get::<String>("admin_oc_net_name")?.filter(|_| snat) else {
        return Ok(None);
    };
    Ok(address(&seed, &network)?.map(|found| found.value))
}

/// Tagged only where the admin network is not the one that the host boots from.
fn vlan(reader: &Reader, network: &str) -> Result<Option<u16>> {
    let provision = reader.get::<String>("provision_oc_net_name")?;
    if provision.is_some_and(|provision| provision.value == network) {
        return Ok(None);
    }
    let variable = format!("{network}_vlan");
    let vlan = reader.get::<Number>(&variable)?;
    vlan.map(|vlan| vlan.value.get(reader, &variable)).transpose()
}

#[derive(Deserialize)]
struct RouteEntry {
    cidr: Ipv4Net,
    gateway: Option<Ipv4Addr>,
    table: Option<Value>,
}

/// Routes of the main table; those of other tables are for the host's own configuration later.
fn routes(reader: &Reader, variable: &str) -> Result<Vec<Route>> {
    let entries =
        reader.get::<Vec<RouteEntry>>(variable)?.map_or_else(Vec::new, |found| found.value);
    let main = entries.into_iter().filter(|route| route.table.is_none());
    Ok(main.filter_map(|route| Some(Route { cidr: route.cidr, gateway: route.gateway? })).collect())
}

/// A number, or text that is one: variables given with `-e` are text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a whole number")]
pub(super) enum Number {
    Plain(serde_json::Number),
    Text(String),
}

/// Whole numbers of a size, with words for them.
pub(super) trait Whole: FromStr {
    const EXPECTED: &str;
}

impl Whole for u16 {
    const EXPECTED: &str = "a whole number from 0 to 65535";
}

impl Whole for u32 {
    const EXPECTED: &str = "a whole number, 0 or more";
}

impl Whole for u64 {
    const EXPECTED: &str = "a whole number, 0 or more";
}

impl Number {
    pub(super) fn get<T: Whole>(self, reader: &Reader, variable: &str) -> Result<T> {
        let (text, found) = match self {
            Self::Plain(number) => (number.to_string(), Value::Number(number)),
            Self::Text(text) => (text.trim().to_owned(), Value::String(text)),
        };
        text.parse().map_err(|_| reader.wrong(variable, T::EXPECTED, &found))
    }
}
