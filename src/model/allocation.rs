//! Addresses of hosts on networks: what is given out already, and what is given out next.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

use super::check::together;
use crate::{
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// A host that needs an address on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub host: String,
    pub network: String,
    pub range: Sourced<IpNet>,
    /// The first and the last address for hosts; without them, all of the range.
    pub pool: Option<(Sourced<IpAddr>, Sourced<IpAddr>)>,
}

/// The addresses of hosts, by network and host.
pub type Given = BTreeMap<String, BTreeMap<String, Sourced<IpAddr>>>;

/// An address that is given out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocated {
    pub host: String,
    pub network: String,
    pub address: IpAddr,
}

/// The lowest free address for each host that has none, in the order of the requests.
pub fn allocate(requests: &[Request], given: &Given) -> Result<Vec<Allocated>> {
    let mut troubles = outside(requests, given);
    let mut used: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for (network, hosts) in given {
        used.insert(network, hosts.values().map(|address| address.value).collect());
    }
    let mut allocated = Vec::new();
    for request in requests {
        let has_one = |hosts: &BTreeMap<_, _>| hosts.contains_key(&request.host);
        if given.get(&request.network).is_some_and(has_one) {
            continue;
        }
        let used = used.entry(&request.network).or_default();
        match lowest(request, used) {
            Ok(address) => {
                used.insert(address);
                let (host, network) = (request.host.clone(), request.network.clone());
                allocated.push(Allocated { host, network, address });
            }
            Err(trouble) => troubles.push(trouble),
        }
    }
    match together(troubles) {
        Some(trouble) => Err(trouble),
        None => Ok(allocated),
    }
}

/// Addresses that are given out and cannot be on their network.
fn outside(requests: &[Request], given: &Given) -> Vec<Trouble> {
    let mut seen = BTreeSet::new();
    let mut troubles = Vec::new();
    for Request { network, range, .. } in requests {
        for (host, address) in given.get(network).into_iter().flatten() {
            if range.value.contains(&address.value) || !seen.insert((network, host)) {
                continue;
            }
            let (address, setting) = (address.value, &address.setting);
            let what = format!("{host}: the address {address} is outside {}", range.value);
            troubles.push(
                Trouble::refused(what)
                    .because(format!("network {network}"))
                    .set_by(setting)
                    .set_by(&range.setting)
                    .hint("correct the address or the network's range"),
            );
        }
    }
    troubles
}

fn lowest(request: &Request, used: &BTreeSet<IpAddr>) -> Result<IpAddr> {
    let (first, last) = pool(request)?;
    let mut next = number(first);
    for taken in used.range(first..) {
        if next > number(last) || number(*taken) != next {
            break;
        }
        next += 1;
    }
    if next <= number(last) {
        return Ok(address(next, first.is_ipv4()));
    }
    let trouble = Trouble::refused(format!(
        "{}: no address is left on the network {}",
        request.host, request.network
    ))
    .because(format!("all from {first} to {last} are given out"))
    .hint("make the pool larger, or remove addresses of hosts that are gone from network-allocation.yml");
    Err(match &request.pool {
        Some((_, last)) => trouble.set_by(&last.setting),
        None => trouble.set_by(&request.range.setting),
    })
}

/// The first and the last address that may be given out.
fn pool(request: &Request) -> Result<(IpAddr, IpAddr)> {
    let range = request.range.value;
    let Some((first, last)) = &request.pool else {
        let (network, broadcast) = (range.network(), range.broadcast());
        let is_single = range.prefix_len() == range.max_prefix_len();
        let inside = u128::from(!is_single);
        let v4 = network.is_ipv4();
        // Two addresses of a network are none of a host's, but for a network of one.
        let last = number(broadcast).saturating_sub(if v4 { inside } else { 0 });
        return Ok((address(number(network) + inside, v4), address(last, v4)));
    };
    for end in [first, last] {
        if !range.contains(&end.value) {
            let what = format!("the pool of the network {} is outside {range}", request.network);
            return Err(Trouble::refused(what)
                .set_by(&end.setting)
                .set_by(&request.range.setting)
                .hint("correct the pool or the network's range"));
        }
    }
    Ok((first.value, last.value))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn address(number: u128, v4: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if v4 => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, Setting};

    fn at<T>(value: T, variable: &str) -> Sourced<T> {
        let origin = Origin { file: "networks.yml".into(), line: 3, column: 1 };
        Sourced { value, setting: Setting { variable: variable.into(), origin } }
    }

    fn request(host: &str, range: &str, pool: Option<(&str, &str)>) -> Request {
        let end = |text: &str| at(text.parse().unwrap(), "net_pool");
        Request {
            host: host.into(),
            network: "net".into(),
            range: at(range.parse().unwrap(), "net_cidr"),
            pool: pool.map(|(first, last)| (end(first), end(last))),
        }
    }

    fn given(hosts: &[(&str, &str)]) -> Given {
        let one = |(host, address): &(&str, &str)| {
            ((*host).to_owned(), at(address.parse().unwrap(), "net_ips"))
        };
        Given::from([("net".to_owned(), hosts.iter().map(one).collect())])
    }

    fn addresses(requests: &[Request], given: &Given) -> String {
        match allocate(requests, given) {
            Ok(allocated) => {
                let one = |found: &Allocated| format!("{} {}", found.host, found.address);
                allocated.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            Err(trouble) => trouble.to_string(),
        }
    }

    #[test]
    fn the_lowest_free_address_is_given_out() {
        type Case<'c> = (&'c str, Option<(&'c str, &'c str)>, &'c [(&'c str, &'c str)], &'c str);
        let table: &[Case] = &[
            ("10.0.0.0/24", None, &[], "a 10.0.0.1, b 10.0.0.2"),
            (
                "10.0.0.0/24",
                None,
                &[("x", "10.0.0.1"), ("y", "10.0.0.3")],
                "a 10.0.0.2, b 10.0.0.4",
            ),
            ("10.0.0.7/24", None, &[("b", "10.0.0.1")], "a 10.0.0.2"),
            (
                "10.0.0.0/24",
                Some(("10.0.0.9", "10.0.0.20")),
                &[("x", "10.0.0.1")],
                "a 10.0.0.9, b 10.0.0.10",
            ),
            ("10.0.0.0/24", None, &[("a", "10.0.0.5"), ("b", "10.0.0.6")], ""),
            ("fd00::/64", None, &[], "a fd00::1, b fd00::2"),
            (
                "10.0.0.0/24",
                Some(("10.0.0.9", "10.0.0.9")),
                &[],
                "b: no address is left on the network net",
            ),
            ("10.0.0.4/32", None, &[], "b: no address is left on the network net"),
            ("10.0.0.0/31", None, &[("a", "10.0.0.0")], "b: no address is left on the network net"),
            (
                "10.0.0.0/24",
                Some(("10.1.0.9", "10.1.0.9")),
                &[("a", "10.0.0.1")],
                "the pool of the network net is outside 10.0.0.0/24",
            ),
            (
                "10.0.0.0/24",
                None,
                &[("z", "10.9.0.1")],
                "z: the address 10.9.0.1 is outside 10.0.0.0/24",
            ),
        ];
        for (range, pool, known, expected) in table {
            let requests = ["a", "b"].map(|host| request(host, range, *pool));
            let found = addresses(&requests, &given(known));
            assert!(found.starts_with(expected), "{range} {pool:?} {known:?}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{found}");
        }
    }
}
