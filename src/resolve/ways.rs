//! Who must reach whom, by the networks that hosts are on.

use serde_json::Value;

use super::{Reader, concerns::truth, networks::Number, reached::reached};
use crate::{
    ansible::Variables,
    model::ways::{Kind, Way, Ways},
    resolve::concerns::Class,
    trouble::{Result, Trouble},
};

/// What answers outside unless the site says otherwise, as in Kayobe.
const OUTSIDE: (&str, &str) = ("8.8.8.8", "google.com");

const CLASSES: [Class; 5] =
    [Class::Seed, Class::SeedHypervisor, Class::Overcloud, Class::InfraVm, Class::Control];

/// A host on a network.
struct Member {
    host: String,
    network: String,
    address: String,
    mtu: Option<u32>,
    gateway: Option<String>,
}

/// All ways of the hosts that `limit` selects.
pub fn ways(variables: &Variables, limit: Option<&str>) -> Result<Vec<Ways>> {
    let names = names(variables, limit)?;
    let mut members = Vec::new();
    for name in &names {
        members.extend(networks(&Reader::new(variables, name))?);
    }
    let mut found = Vec::new();
    for host in reached(variables, &names)? {
        let mut ways = outside(&Reader::new(variables, &host.name))?;
        let own = members.iter().filter(|member| member.host == host.name);
        ways.extend(own.flat_map(|member| of_network(member, &members)));
        found.push(Ways { host, ways });
    }
    Ok(found)
}

fn names(variables: &Variables, limit: Option<&str>) -> Result<Vec<String>> {
    let chosen = limit.map(|limit| variables.select(limit)).transpose()?;
    let all = CLASSES.iter().flat_map(|class| variables.group(class.group()).unwrap_or_default());
    let mut names: Vec<String> = Vec::new();
    for host in all {
        let is_chosen = chosen.as_ref().is_none_or(|chosen| chosen.contains(&host));
        if is_chosen && !names.contains(&host) {
            names.push(host);
        }
    }
    if names.is_empty() {
        let trouble = Trouble::refused("there are no hosts to check the network of");
        return Err(variables
            .with_environments(trouble)
            .hint("they are those of the groups `seed`, `seed-hypervisor`, `overcloud`, `infra-vms` and `ansible-control`"));
    }
    Ok(names)
}

/// Behind a proxy nothing outside answers, as in Kayobe.
fn outside(reader: &Reader) -> Result<Vec<Way>> {
    let skipped = match reader.get::<Value>("nc_skip_external_net")? {
        Some(said) => truth(&said.value),
        None => reader.get::<Value>("http_proxy")?.is_some_and(|proxy| proxy.value != ""),
    };
    if skipped {
        return Ok(Vec::new());
    }
    let text = |name: &str, default: &str| {
        reader
            .get::<String>(name)
            .map(|said| said.map_or_else(|| default.to_owned(), |said| said.value))
    };
    let way = |kind, to| Way { network: None, kind, to, mtu: None };
    Ok(vec![
        way(Kind::Outside, text("nc_external_ip", OUTSIDE.0)?),
        way(Kind::Name, text("nc_external_hostname", OUTSIDE.1)?),
    ])
}

/// The networks on which a host has an address.
fn networks(reader: &Reader) -> Result<Vec<Member>> {
    let connected = reader.get::<Vec<String>>("network_interfaces")?;
    let mut found = Vec::new();
    for network in connected.into_iter().flat_map(|connected| connected.value) {
        let name = format!("{network}_ips");
        let address = reader.item(&name, reader.host)?;
        let Some(Value::String(address)) = address.filter(|address| *address != "") else {
            continue;
        };
        let name = format!("{network}_mtu");
        let mtu =
            reader.get::<Number>(&name)?.map(|mtu| mtu.value.get(reader, &name)).transpose()?;
        let gateway = reader.get::<String>(&format!("{network}_gateway"))?;
        let gateway = gateway.map(|gateway| gateway.value).filter(|gateway| !gateway.is_empty());
        found.push(Member { host: reader.host.into(), network, address, mtu, gateway });
    }
    Ok(found)
}

/// The gateway, and every other host on the network.
fn of_network(member: &Member, all: &[Member]) -> Vec<Way> {
    let way = |kind, to: &String| Way {
        network: Some(member.network.clone()),
        kind,
        to: to.clone(),
        mtu: member.mtu,
    };
    let gateway = member.gateway.iter().filter(|gateway| **gateway != member.address);
    let gateway = gateway.map(|gateway| way(Kind::Gateway, gateway));
    let others = all.iter().filter(|other| {
        other.network == member.network
            && other.host != member.host
            && other.address != member.address
    });
    gateway.chain(others.map(|other| way(Kind::Host(other.host.clone()), &other.address))).collect()
}
