//! Addresses that cannot be: outside their network, given twice, or in two pools.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Note, survey::Survey, taken};
use crate::{
    model::addressing::{Addressing, Pool},
    origin::Sourced,
    resolve::{Reader, addressing::addressing},
};

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut notes = BTreeSet::new();
    for host in &survey.hosts {
        let reader = Reader::new(survey.variables, host);
        for network in &survey.networks {
            let network = addressing(&reader, network);
            notes.extend(of_network(&network));
            notes.extend(taken::notes(survey, &network));
        }
    }
    notes.into_iter().collect()
}

/// What is wrong with one network.
fn of_network(network: &Addressing) -> Vec<Note> {
    let mut notes = twice(network);
    notes.extend(network.pools.iter().filter_map(reversed));
    notes.extend(overlapping(&network.pools));
    if let Some(range) = &network.range {
        notes.extend(outside(network, range));
    }
    notes
}

fn outside(network: &Addressing, range: &Sourced<IpNet>) -> Vec<Note> {
    let name = &network.network;
    let hosts = network.hosts.iter().map(|(host, address)| {
        ("address-outside-network", format!("the address {} of {host}", address.value), address)
    });
    let gateways = network.gateways.iter().map(|gateway| {
        ("gateway-outside-network", format!("the gateway {}", gateway.value), gateway)
    });
    let pools = network.pools.iter().flat_map(|pool| {
        [("first", &pool.first), ("last", &pool.last)].map(|(end, address)| {
            let what = format!("the {end} address {} for {}", address.value, pool.of);
            ("pool-outside-network", what, address)
        })
    });
    let note = |(code, what, address): (_, String, &Sourced<std::net::IpAddr>)| {
        let message = format!("{what} is outside {}, the range of `{name}`", range.value);
        Note::error(code, message)
            .at(&address.setting.origin)
            .also("the range", &range.setting.origin)
    };
    let all = hosts.chain(gateways).chain(pools);
    all.filter(|(_, _, address)| !range.value.contains(&address.value)).map(note).collect()
}

fn twice(network: &Addressing) -> Vec<Note> {
    let mut by_address: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (host, address) in &network.hosts {
        by_address.entry(address.value).or_default().push((host, address));
    }
    let clashes = by_address.into_iter().filter(|(_, same)| same.len() > 1);
    let note = |(address, mut same): (std::net::IpAddr, Vec<(&String, &Sourced<_>)>)| {
        same.sort_by_key(|(_, address)| address.setting.origin.clone());
        let hosts: Vec<&str> = same.iter().map(|(host, _)| host.as_str()).collect();
        let message = format!(
            "{} have the same address {address} on `{}`",
            hosts.join(" and "),
            network.network
        );
        let note = Note::error("duplicate-address", message).hint("give each host its own address");
        let (_, last) = same[same.len() - 1];
        let others = same[..same.len() - 1].iter();
        others.fold(note.at(&last.setting.origin), |note, (host, address)| {
            note.also(format!("{host} has it here"), &address.setting.origin)
        })
    };
    clashes.map(note).collect()
}

fn reversed(pool: &Pool) -> Option<Note> {
    let (first, last) = (&pool.first, &pool.last);
    (first.value > last.value).then(|| {
        let message = format!(
            "the addresses for {} begin at {} and end before that, at {}",
            pool.of, first.value, last.value
        );
        Note::error("pool-reversed", message).at(&last.setting.origin)
    })
}

fn overlapping(pools: &[Pool]) -> Vec<Note> {
    let pairs = pools.iter().enumerate();
    let pairs = pairs.flat_map(|(at, one)| pools[at + 1..].iter().map(move |other| (one, other)));
    let overlap = pairs.filter(|(one, other)| one.overlaps(other));
    let note = |(one, other): (&Pool, &Pool)| {
        let message = format!("{} and {} are given the same addresses", one.of, other.of);
        Note::error("pools-overlap", message)
            .at(&other.setting().origin)
            .also(format!("the addresses for {} begin here", one.of), &one.setting().origin)
            .hint("give each its own part of the network")
    };
    overlap.map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, Setting};

    fn at<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str, line: u32) -> Sourced<T> {
        let origin = Origin { file: "networks.yml".into(), line, column: 1 };
        let setting = Setting { variable: "net".into(), origin };
        Sourced { value: text.parse().unwrap(), setting }
    }

    fn told(network: &Addressing) -> Vec<String> {
        of_network(network).iter().map(|note| format!("{}: {}", note.code, note.message)).collect()
    }

    fn network() -> Addressing {
        Addressing {
            network: "net".into(),
            range: Some(at("10.0.0.0/24", 1)),
            gateways: vec![at("10.0.0.1", 2)],
            pools: vec![Pool { of: "hosts", first: at("10.0.0.10", 3), last: at("10.0.0.20", 4) }],
            hosts: vec![("a".into(), at("10.0.0.10", 5)), ("b".into(), at("10.0.0.11", 6))],
        }
    }

    #[test]
    fn a_network_that_is_right_is_left_alone() {
        assert!(told(&network()).is_empty());
    }

    #[test]
    fn what_cannot_be_is_told() {
        let mut wrong = network();
        wrong.gateways = vec![at("10.0.1.1", 2)];
        wrong.hosts = vec![
            ("a".into(), at("10.0.0.10", 5)),
            ("b".into(), at("10.0.0.10", 6)),
            ("c".into(), at("10.9.0.1", 7)),
        ];
        wrong.pools.push(Pool {
            of: "inspection",
            first: at("10.0.0.20", 8),
            last: at("10.0.1.5", 9),
        });
        wrong.pools.push(Pool {
            of: "Neutron",
            first: at("10.0.0.40", 10),
            last: at("10.0.0.30", 11),
        });
        insta::assert_snapshot!(told(&wrong).join("\n"), @"
        duplicate-address: a and b have the same address 10.0.0.10 on `net`
        pool-reversed: the addresses for Neutron begin at 10.0.0.40 and end before that, at 10.0.0.30
        pools-overlap: hosts and inspection are given the same addresses
        pools-overlap: inspection and Neutron are given the same addresses
        address-outside-network: the address 10.9.0.1 of c is outside 10.0.0.0/24, the range of `net`
        gateway-outside-network: the gateway 10.0.1.1 is outside 10.0.0.0/24, the range of `net`
        pool-outside-network: the last address 10.0.1.5 for inspection is outside 10.0.0.0/24, the range of `net`
        ");
    }
}
