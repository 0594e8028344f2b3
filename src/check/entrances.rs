//! Addresses and names of the cloud's APIs that cannot be, or lead somewhere else.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    Note,
    survey::{BUILT_IN, Survey},
    taken,
};
use crate::{
    model::addressing::{Addressing, Entrance},
    origin::Sourced,
    resolve::{
        Reader,
        addressing::addressing,
        vips::{entrances, has_load_balancer},
    },
};

/// The longest name, and the longest part of one between dots.
const LONGEST: (usize, usize) = (253, 63);

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut notes = BTreeSet::new();
    for host in &survey.hosts {
        let reader = Reader::new(survey.variables, host);
        let balanced = has_load_balancer(&reader);
        for entrance in joined(entrances(&reader)) {
            notes.extend(entrance.name.as_ref().and_then(|name| no_name(&entrance, name)));
            let Some(address) = &entrance.address else { continue };
            let network = addressing(&reader, &entrance.network);
            notes.extend(outside(&entrance, address, &network));
            let same_host =
                network.host_at(address.value).filter(|(host, _)| survey.has_host(host));
            if balanced {
                notes.extend(same_host.map(|(host, own)| of_host(&entrance, address, host, own)));
                notes.extend(of_gateway(&entrance, address, &network));
            }
            if same_host.is_none() {
                notes.extend(taken(&entrance, address, &network));
            }
        }
    }
    notes.into_iter().filter(|note| note.origin.as_ref().is_some_and(|at| at.line > 0)).collect()
}

/// One entrance for all APIs, if the two are the same: what is wrong with it is one fault.
fn joined(mut entrances: Vec<Entrance>) -> Vec<Entrance> {
    let by_default = |name: &Option<Sourced<String>>| {
        name.as_ref().is_some_and(|name| name.setting.origin.file.starts_with(BUILT_IN))
    };
    if let [internal, public] = &mut *entrances
        && (&internal.address, &internal.network) == (&public.address, &public.network)
        && (internal.name == public.name || by_default(&internal.name) && by_default(&public.name))
    {
        internal.of = "internal and public";
        entrances.truncate(1);
    }
    entrances
}

fn outside(entrance: &Entrance, address: &Sourced<IpAddr>, network: &Addressing) -> Option<Note> {
    let range = network.range.as_ref().filter(|range| !range.value.contains(&address.value))?;
    let what = what(entrance, address);
    let message = format!("{what} is outside {}, the range of `{}`", range.value, entrance.network);
    let note = Note::warning("vip-outside-network", message).at(&address.setting.origin);
    Some(note.also("the range", &range.setting.origin).hint(
        "only a load balancer that is not Kolla's can have it; else take a free address of the network",
    ))
}

fn of_host(
    entrance: &Entrance,
    address: &Sourced<IpAddr>,
    host: &str,
    own: &Sourced<IpAddr>,
) -> Note {
    let message = format!("{} is that of {host}", what(entrance, address));
    let note = Note::error("vip-of-host", message).at(&address.setting.origin);
    note.also(format!("{host} has it here"), &own.setting.origin)
        .hint("take a free address, or switch the load balancer off: `kolla_enable_haproxy: false`")
}

fn of_gateway(
    entrance: &Entrance,
    address: &Sourced<IpAddr>,
    network: &Addressing,
) -> Option<Note> {
    let gateway = network.gateways.iter().find(|gateway| gateway.value == address.value)?;
    let name = &network.network;
    let message = format!("{} is a gateway of `{name}`", what(entrance, address));
    let note = Note::error("vip-of-gateway", message).at(&address.setting.origin);
    Some(note.also("the gateway", &gateway.setting.origin).hint("take a free address"))
}

/// Addresses that are given out sooner or later, and those that no host can have.
fn taken(entrance: &Entrance, address: &Sourced<IpAddr>, network: &Addressing) -> Vec<Note> {
    let what = what(entrance, address);
    // A name that the inventory does not have may keep the address free.
    let kept = network.host_at(address.value).is_some();
    let pool = network.pools.iter().find(|pool| pool.contains(address.value));
    let pool = pool.filter(|pool| !kept || pool.of != taken::OF_HOSTS);
    let in_pool = pool.map(|pool| {
        taken::in_pool("vip-in-pool", &what, address, pool)
            .hint("it will be given to somebody else: take one outside, or shorten the pool")
    });
    in_pool.into_iter().chain(taken::reserved(network, &what, address)).collect()
}

fn what(entrance: &Entrance, address: &Sourced<IpAddr>) -> String {
    format!("the address {} of the {} APIs", address.value, entrance.of)
}

fn no_name(entrance: &Entrance, name: &Sourced<String>) -> Option<Note> {
    let why = fault(&name.value)?;
    let message = format!("`{}` is no name for the {} APIs: {why}", name.value, entrance.of);
    Some(
        Note::error("fqdn", message).at(&name.setting.origin).hint("write it as cloud.example.com"),
    )
}

/// Why this is neither an address nor a name of a host.
fn fault(name: &str) -> Option<&'static str> {
    let (longest, longest_part) = LONGEST;
    let parts: Vec<&str> = name.strip_suffix('.').unwrap_or(name).split('.').collect();
    let wrong = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    if name.parse::<IpAddr>().is_ok() {
        return None;
    }
    if name.contains("://") || name.contains('/') {
        return Some("it is a URL");
    }
    if name.contains(':') {
        return Some("a port does not belong to it");
    }
    if parts.iter().any(|part| part.contains(wrong)) {
        return Some("only letters, digits, dashes and dots may stand in it");
    }
    if parts.iter().any(|part| part.is_empty()) {
        return Some("nothing stands between two dots");
    }
    if parts.iter().any(|part| part.starts_with('-') || part.ends_with('-')) {
        return Some("a part of it begins or ends with a dash");
    }
    let numeric = parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
    if numeric {
        return Some("it is an address that cannot be");
    }
    let long = name.len() > longest || parts.iter().any(|part| part.len() > longest_part);
    long.then_some("it is too long")
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn names_are_told_from_what_is_none() {
        let long = "a".repeat(64);
        let table = [
            ("cloud.example.com", None),
            ("cloud", None),
            ("10.0.0.5", None),
            ("fd00::1", None),
            ("xn--bcher-kva.example", None),
            ("cloud.example.com.", None),
            ("https://cloud", Some("it is a URL")),
            ("cloud:5000", Some("a port does not belong to it")),
            ("my_cloud.example", Some("only letters, digits, dashes and dots may stand in it")),
            ("cloud..example", Some("nothing stands between two dots")),
            ("-cloud.example", Some("a part of it begins or ends with a dash")),
            ("10.0.0.300", Some("it is an address that cannot be")),
            (&long, Some("it is too long")),
        ];
        for (name, expected) in table {
            assert_eq!(fault(name), expected, "{name}");
        }
    }
}
