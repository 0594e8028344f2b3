//! What `ipaddr` answers about an address or a network.

use super::address::Block;
use crate::ansible::template::{
    fault::{Fault, Outcome},
    value::Val,
};

/// Networks whose addresses are not reachable from everywhere.
const PRIVATE: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/127",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// Parts of private networks that are reachable from everywhere.
const EXCEPTED: &[&str] = &[
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];
/// What Python calls reserved.
const RESERVED: &[&str] = &[
    "240.0.0.0/4",
    "::/8",
    "100::/8",
    "200::/7",
    "400::/6",
    "800::/5",
    "1000::/4",
    "4000::/3",
    "6000::/3",
    "8000::/3",
    "a000::/3",
    "c000::/3",
    "e000::/4",
    "f000::/5",
    "f800::/6",
    "fe00::/9",
];

/// Answers a query; what is no address is false.
pub(super) fn answer(value: &Val, query: &str, version: Option<u8>) -> Outcome {
    let Some(block) = Block::of(value, version) else { return Ok(Val::Bool(false)) };
    if version.is_some_and(|version| (version == 6) != block.v6) {
        return Ok(Val::Bool(false));
    }
    let shown = match value {
        Val::Str(text) if text.bytes().any(|byte| !byte.is_ascii_digit()) => value.clone(),
        _ => Val::str(block.cidr()),
    };
    let known = address(&block, query).or_else(|| network(&block, query));
    if let Some(found) = known.or_else(|| kind(&block, query, &shown)) {
        return Ok(found);
    }
    if let Some(found) = usable(&block, query) {
        return found;
    }
    if let Ok(nth) = query.parse::<i128>() {
        return Ok(member(&block, nth));
    }
    match Block::of(&Val::str(query), None) {
        Some(outer) if !outer.is_address() || outer.size() == 1 => {
            Ok(within(&block, &outer, &shown))
        }
        _ => Err(Fault::new(format!("ipaddr: unknown filter type: {query}"))),
    }
}

fn text(text: String) -> Option<Val> {
    Some(Val::Str(text.into()))
}

fn either(yes: bool, text: impl FnOnce() -> String) -> Option<Val> {
    Some(if yes { Val::Str(text().into()) } else { Val::None })
}

fn address(block: &Block, query: &str) -> Option<Val> {
    let ip = block.text_of(block.ip);
    let is_host = block.ip != block.network();
    match query {
        "" if block.has_prefix => text(block.cidr()),
        "" => text(ip),
        "address" | "ip" => {
            let end = block.v6 || block.prefix >= 31;
            either(block.size() == 1 || is_host || end, || ip)
        }
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            if block.size() > 2 && (!is_host || block.ip == block.last()) {
                return Some(Val::Bool(false));
            }
            text(block.cidr())
        }
        "host" => either(block.size() == 1 || is_host || block.prefix == 31, || block.cidr()),
        "ip/prefix" => either(block.size() == 2 || is_host, || block.cidr()),
        "ip_netmask" => {
            either(block.size() == 2 || is_host, || format!("{ip} {}", block.mask_text()))
        }
        "cidr" => text(block.cidr()),
        "int" if block.has_prefix => text(format!("{}/{}", block.ip, block.prefix)),
        "int" => {
            Some(i128::try_from(block.ip).map_or_else(|_| Val::str(block.ip.to_string()), Val::Int))
        }
        "revdns" => text(block.reverse_name()),
        "version" => Some(Val::Int(if block.v6 { 6 } else { 4 })),
        "bool" => Some(Val::Bool(true)),
        "wrap" if block.v6 && block.has_prefix => text(format!("[{ip}]/{}", block.prefix)),
        "wrap" if block.v6 => text(format!("[{ip}]")),
        _ => None,
    }
}

fn network(block: &Block, query: &str) -> Option<Val> {
    let network = block.text_of(block.network());
    match query {
        "net" => either(block.size() > 1 && block.ip == block.network(), || block.subnet()),
        "network" | "network_id" => text(network),
        "netmask" => text(block.mask_text()),
        "hostmask" | "wildcard" => text(block.host_mask_text()),
        "network_netmask" => text(format!("{network} {}", block.mask_text())),
        "network_wildcard" => text(format!("{network} {}", block.host_mask_text())),
        "network/prefix" | "subnet" => text(block.subnet()),
        "broadcast" => either(block.size() > 2, || block.text_of(block.last())),
        "prefix" => Some(Val::Int(i128::from(block.prefix))),
        "size" => Some(number(block.size())),
        "size_usable" => Some(number(match block.size() {
            1 => 0,
            2 => 2,
            size => size - 2,
        })),
        "type" => text(if block.is_address() { "address" } else { "network" }.to_owned()),
        _ => None,
    }
}

fn number(number: u128) -> Val {
    i128::try_from(number).map_or_else(|_| Val::str(number.to_string()), Val::Int)
}

/// Whether an address is of a kind; `None` if there is no such kind.
pub(super) fn is_of_kind(block: &Block, kind: &str) -> Option<bool> {
    let in_any = |networks: &[&str]| networks.iter().any(|network| is_within(block, network));
    Some(match kind {
        "private" => in_any(PRIVATE) && !in_any(EXCEPTED),
        "public" => !in_any(&["100.64.0.0/10"]) && (!in_any(PRIVATE) || in_any(EXCEPTED)),
        "loopback" | "lo" => in_any(&["127.0.0.0/8", "::1/128"]),
        "link-local" => in_any(&["169.254.0.0/16", "fe80::/10"]),
        "multicast" => in_any(&["224.0.0.0/4", "ff00::/8"]),
        "reserved" => in_any(RESERVED),
        _ => return None,
    })
}

/// Queries that give the value back if the address is of a kind.
fn kind(block: &Block, query: &str, value: &Val) -> Option<Val> {
    let in_any = |networks: &[&str]| networks.iter().any(|network| is_within(block, network));
    let yes = match query {
        "private" => in_any(PRIVATE),
        "public" => !in_any(PRIVATE) && !in_any(&["224.0.0.0/4", "ff00::/8"]),
        "loopback" | "lo" => in_any(&["127.0.0.0/8", "::1/128"]),
        "link-local" => in_any(&["169.254.0.0/16", "fe80::/10"]),
        "multicast" => in_any(&["224.0.0.0/4", "ff00::/8"]),
        "unicast" => !in_any(&["224.0.0.0/4", "ff00::/8"]),
        "ipv4" | "v4" if block.v6 => return Some(Val::Bool(false)),
        "ipv6" | "v6" if !block.v6 => {
            return text(format!("::ffff:{}/{}", block.text_of(block.ip), block.prefix + 96));
        }
        "ipv4" | "v4" | "ipv6" | "v6" | "wrap" => true,
        _ => return None,
    };
    Some(if yes { value.clone() } else { Val::None })
}

fn is_within(block: &Block, network: &str) -> bool {
    let outer = Block::of(&Val::str(network), None);
    outer.is_some_and(|outer| {
        outer.v6 == block.v6 && (outer.network()..=outer.last()).contains(&block.ip)
    })
}

fn within(block: &Block, outer: &Block, value: &Val) -> Val {
    let inside =
        outer.v6 == block.v6 && outer.network() <= block.network() && block.last() <= outer.last();
    if inside { value.clone() } else { Val::None }
}

/// Queries about the addresses that hosts may have.
fn usable(block: &Block, query: &str) -> Option<Outcome> {
    let known =
        ["first_usable", "last_usable", "range_usable", "next_usable", "previous_usable", "peer"];
    if !known.contains(&query) {
        return None;
    }
    if !block.has_prefix {
        return Some(Err(Fault::new("Not a network address")));
    }
    let Some((first, last)) = block.usable() else { return Some(Ok(Val::None)) };
    let shown = |address: Option<u128>| {
        let found = address.filter(|address| (first..=last).contains(address));
        found.map_or(Val::None, |address| Val::str(block.text_of(address)))
    };
    Some(Ok(match query {
        "first_usable" => shown(Some(first)),
        "last_usable" => shown(Some(last)),
        "next_usable" => shown(block.ip.checked_add(1)),
        "previous_usable" => shown(block.ip.checked_sub(1)),
        "range_usable" => Val::str(format!("{}-{}", block.text_of(first), block.text_of(last))),
        _ => return Some(peer(block)),
    }))
}

fn peer(block: &Block) -> Outcome {
    let other = match (block.size(), block.ip % 4) {
        (2, _) => block.ip ^ 1,
        (4, 0) => return Err(Fault::new("Network address of /30 has no peer")),
        (4, 3) => return Err(Fault::new("Broadcast address of /30 has no peer")),
        (4, _) => block.ip ^ 3,
        _ => return Err(Fault::new("Not a point-to-point network")),
    };
    Ok(Val::str(block.text_of(other)))
}

fn member(block: &Block, nth: i128) -> Val {
    if block.size() == 1 {
        let ip = block.text_of(block.ip);
        return Val::str(if block.has_prefix { block.cidr() } else { ip });
    }
    let found = block.nth(nth);
    found.map_or(Val::Bool(false), |found| {
        Val::str(format!("{}/{}", block.text_of(found), block.prefix))
    })
}
