//! The admin network of a host, from `<network>_*` variables.

use std::{collections::BTreeMap, net::Ipv4Addr};

use ipnet::Ipv4Net;
use serde::Deserialize;

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
    let address = address(reader, &network)?.ok_or_else(|| {
        Trouble::refused(format!("{}: no address on the network {}", reader.host, network.value))
            .because(format!("`{}` has no entry for it", name("ips")))
            .set_by(&reader.setting(&name("ips")))
            .hint("add the host to network-allocation.yml of the environment")
    })?;
    let mtu = reader.get::<Number<u32>>(&name("mtu"))?;
    Ok(AdminAddress {
        address,
        cidr: reader.need::<Ipv4Net>(&name("cidr"))?,
        gateway: gateway(reader, &name("gateway"))?,
        mtu: mtu.map_or(Ok(DEFAULT_MTU), |mtu| mtu.value.get(reader, &name("mtu")))?,
        vlan: vlan(reader, &network.value)?,
        routes: routes(reader, &name("routes"))?,
        nameservers: reader.get("resolv_nameservers")?.map_or_else(Vec::new, |found| found.value),
        network: network.value,
    })
}

/// The host's entry in `<network>_ips`, if it has one.
pub fn address(reader: &Reader, network: &Sourced<String>) -> Result<Option<Sourced<Ipv4Addr>>> {
    let variable = format!("{}_ips", network.value);
    let Some(ips) = reader.get::<BTreeMap<String, serde_json::Value>>(&variable)? else {
        return Ok(None);
    };
    let Some(text) = ips.value.get(reader.host) else { return Ok(None) };
    let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
    let setting = reader.variables.setting_in(reader.host, &variable, reader.host);
    let setting = setting.unwrap_or(ips.setting);
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
    let vlan = reader.get::<Number<u16>>(&variable)?;
    vlan.map(|vlan| vlan.value.get(reader, &variable)).transpose()
}

#[derive(Deserialize)]
struct RouteEntry {
    cidr: Ipv4Net,
    gateway: Option<Ipv4Addr>,
    table: Option<serde_json::Value>,
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
pub(super) enum Number<T> {
    Plain(T),
    Text(String),
}

impl<T: std::str::FromStr<Err = std::num::ParseIntError>> Number<T> {
    pub(super) fn get(self, reader: &Reader, variable: &str) -> Result<T> {
        let text = match self {
            Self::Plain(number) => return Ok(number),
            Self::Text(text) => text,
        };
        text.trim().parse().map_err(|_| reader.wrong(variable, "a whole number", &text.into()))
    }
}
