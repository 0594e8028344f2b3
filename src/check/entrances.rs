//! Addresses and names of the cloud's APIs that cannot be, or lead somewhere else.

use std::{collections::BTreeSet, net::IpAddr};

use super::{Note, survey::Survey};
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
        for entrance in entrances(&reader) {
            notes.extend(entrance.name.as_ref().and_then(|name| no_name(&entrance, name)));
            let Some(address) = &entrance.address else { continue };
            let network = addressing(&reader, &entrance.network);
            notes.extend(outside(&entrance, address, &network));
            notes.extend(of_host(&entrance, address, &network).filter(|_| balanced));
        }
    }
    notes.into_iter().filter(|note| note.origin.as_ref().is_some_and(|at| at.line > 0)).collect()
}

fn outside(entrance: &Entrance, address: &Sourced<IpAddr>, network: &Addressing) -> Option<Note> {
    let range = network.range.as_ref().filter(|range| !range.value.contains(&address.value))?;
    let Entrance { of, network, .. } = entrance;
    let message = format!(
        "the address {} of the {of} APIs is outside {}, the range of `{network}`",
        address.value, range.value
    );
    let note = Note::warning("vip-outside-network", message).at(&address.setting.origin);
    Some(note.also("the range", &range.setting.origin).hint(
        "only a load balancer that is not Kolla's can have it; else take a free address of the network",
    ))
}

fn of_host(entrance: &Entrance, address: &Sourced<IpAddr>, network: &Addressing) -> Option<Note> {
    let (host, own) = network.hosts.iter().find(|(_, own)| own.value == address.value)?;
    let message =
        format!("the address {} of the {} APIs is that of {host}", address.value, entrance.of);
    let note = Note::error("vip-of-host", message).at(&address.setting.origin);
    Some(note.also(format!("{host} has it here"), &own.setting.origin).hint(
        "take a free address, or switch the load balancer off: `kolla_enable_haproxy: false`",
    ))
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
