//! Addresses that nobody can have, because they mean the network or because somebody else has them or is given them.

use std::net::IpAddr;

use super::{Note, Severity, survey::Survey};
use crate::{
    model::addressing::{Addressing, Pool},
    origin::Sourced,
};

/// The pool from which the hosts themselves get addresses.
pub(super) const OF_HOSTS: &str = "hosts";
/// The pool that Neutron takes only if hosts can have all of it.
const OF_NEUTRON: &str = "Neutron";
/// The group of hosts that never route for others; the seed and its hypervisor do, with `…_snat_rules`.
const NO_ROUTERS: &str = "overcloud";

/// What is wrong with the addresses of hosts, gateways and pools of one network.
pub(super) fn notes(survey: &Survey, network: &Addressing) -> Vec<Note> {
    let mut notes = Vec::new();
    for (host, address) in network.hosts.iter().filter(|(host, _)| survey.has_host(host)) {
        let what = format!("the address {} of {host}", address.value);
        notes.extend(reserved(network, &what, address));
        notes.extend(host_in_pool(network, &what, address));
    }
    for gateway in &network.gateways {
        let what = format!("the gateway {}", gateway.value);
        notes.extend(reserved(network, &what, gateway));
        notes.extend(gateway_in_pool(network, &what, gateway));
        notes.extend(gateway_of_host(survey, network, gateway));
    }
    notes.extend(network.pools.iter().flat_map(|pool| ends(network, pool)));
    notes
}

/// An address that means the network, or all of its hosts at once.
pub(super) fn reserved(
    network: &Addressing,
    what: &str,
    address: &Sourced<IpAddr>,
) -> Option<Note> {
    let meaning = network.reserved(address.value)?;
    let range = network.range.as_ref()?;
    let message =
        format!("{what} is the {meaning} address of {}, which no host can have", range.value);
    let note = Note::error("reserved-address", message).at(&address.setting.origin);
    Some(note.also("the range", &range.setting.origin))
}

/// A note about an address that a pool gives out to others.
pub(super) fn in_pool(
    code: &'static str,
    what: &str,
    address: &Sourced<IpAddr>,
    pool: &Pool,
) -> Note {
    let (first, last) = (pool.first.value, pool.last.value);
    let message = format!("{what} is among those for {}, {first} to {last}", pool.of);
    Note::error(code, message)
        .at(&address.setting.origin)
        .also(format!("the addresses for {} begin here", pool.of), &pool.setting().origin)
}

fn host_in_pool(network: &Addressing, what: &str, address: &Sourced<IpAddr>) -> Option<Note> {
    let mut others = network.pools.iter().filter(|pool| pool.of != OF_HOSTS);
    let pool = others.find(|pool| pool.contains(address.value))?;
    let mut note = in_pool("address-in-pool", what, address, pool);
    if pool.of != OF_NEUTRON {
        return Some(note.hint("take another address for the host, or shorten the pool"));
    }
    // A host may be a server of the cloud itself, with an address that Neutron gave it.
    note.severity = Severity::Warning;
    Some(note.hint("unless a port of Neutron's holds it, take another address for the host"))
}

fn gateway_in_pool(network: &Addressing, what: &str, gateway: &Sourced<IpAddr>) -> Option<Note> {
    let pool = network.pool_with(gateway.value)?;
    // What a host has, no other host is given.
    if pool.of == OF_HOSTS && network.host_at(gateway.value).is_some() {
        return None;
    }
    let note = in_pool("gateway-in-pool", what, gateway, pool);
    Some(note.hint("whoever is given it cuts the network off: shorten the pool"))
}

fn gateway_of_host(
    survey: &Survey,
    network: &Addressing,
    gateway: &Sourced<IpAddr>,
) -> Option<Note> {
    let (host, own) = network.host_at(gateway.value)?;
    let groups = if survey.has_host(host) { survey.variables.groups_of(host) } else { Vec::new() };
    if !groups.iter().any(|group| *group == NO_ROUTERS) {
        return None;
    }
    let message = format!("the gateway {} of `{}` is {host}", gateway.value, network.network);
    let note = Note::warning("gateway-of-host", message).at(&gateway.setting.origin);
    Some(
        note.also(format!("{host} has the address here"), &own.setting.origin)
            .hint("give the host another address, unless it is to route for the others"),
    )
}

/// A pool may go round the two addresses, but not begin or end with one.
fn ends(network: &Addressing, pool: &Pool) -> Vec<Note> {
    let ends = [("first", &pool.first), ("last", &pool.last)];
    let note = |(end, address): (&str, &Sourced<IpAddr>)| {
        let what = format!("the {end} address {} for {}", address.value, pool.of);
        let mut note = reserved(network, &what, address)?;
        if pool.of != OF_NEUTRON {
            note.severity = Severity::Warning;
        }
        Some(note)
    };
    ends.into_iter().filter_map(note).collect()
}
