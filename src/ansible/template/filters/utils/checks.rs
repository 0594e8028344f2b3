//! Tests of the collection `ansible.utils`: kinds of addresses, and which networks hold which.

use std::net::ToSocketAddrs as _;

use super::{Block, queries};
use crate::ansible::template::{
    call::Args,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

/// Answers a test by the last part of its name; `None` if there is none of that name.
pub(super) fn find(name: &str, input: &Val, args: &mut Args) -> Option<Outcome<bool>> {
    if let Some(answer) = kind(name, input) {
        return Some(Ok(answer));
    }
    Some(match name {
        "in_network" => args.required("network").map(|outer| within(input, &outer)),
        "subnet_of" => args.required("network_b").map(|outer| within(input, &outer)),
        "supernet_of" => args.required("network_b").map(|inner| within(&inner, input)),
        "in_any_network" => networks(input, args).map(|count| count > 0),
        "in_one_network" => networks(input, args).map(|count| count == 1),
        "resolvable" => resolvable(input),
        _ => return None,
    })
}

/// How many of the networks hold the address.
fn networks(input: &Val, args: &mut Args) -> Outcome<usize> {
    let networks = args.required("networks")?.items()?;
    Ok(networks.iter().filter(|network| within(input, network)).count())
}

/// An address or a network without host bits, as Python's `ipaddress` wants it.
fn strict(value: &Val) -> Option<Block> {
    let block = Block::of(&Val::str(value.as_str()?), None)?;
    (block.ip == block.network()).then_some(block)
}

fn within(inner: &Val, outer: &Val) -> bool {
    let (Some(inner), Some(outer)) = (strict(inner), strict(outer)) else { return false };
    inner.v6 == outer.v6 && outer.network() <= inner.network() && inner.last() <= outer.last()
}

fn kind(name: &str, input: &Val) -> Option<bool> {
    let network = strict(input);
    let address = network.clone().filter(|block| !block.has_prefix);
    let is_v6 = |wanted: bool| move |block: &Block| block.v6 == wanted;
    let of_kind = |kind: &str| {
        address.as_ref().is_some_and(|block| queries::is_of_kind(block, kind) == Some(true))
    };
    Some(match name {
        "ip" => network.is_some(),
        "ip_address" => address.is_some(),
        "ipv4" => network.as_ref().is_some_and(is_v6(false)),
        "ipv6" => network.as_ref().is_some_and(is_v6(true)),
        "ipv4_address" => address.as_ref().is_some_and(is_v6(false)),
        "ipv6_address" => address.as_ref().is_some_and(is_v6(true)),
        "ipv4_netmask" => mask(input).is_some_and(|mask| mask.leading_ones() == mask.count_ones()),
        "ipv4_hostmask" => {
            mask(input).is_some_and(|mask| mask.trailing_ones() == mask.count_ones())
        }
        "ipv6_ipv4_mapped" => address.is_some_and(|block| block.v6 && block.ip >> 32 == 0xffff),
        "ipv6_sixtofour" => address.is_some_and(|block| block.v6 && block.ip >> 112 == 0x2002),
        "ipv6_teredo" => address.is_some_and(|block| block.v6 && block.ip >> 96 == 0x2001_0000),
        "mac" => is_mac(input.as_str()?),
        "unspecified" => address.is_some_and(|block| block.ip == 0),
        "loopback" | "multicast" | "private" | "public" | "reserved" => of_kind(name),
        _ => return None,
    })
}

fn mask(value: &Val) -> Option<u32> {
    value.as_str()?.parse::<std::net::Ipv4Addr>().ok().map(u32::from)
}

fn is_mac(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let parts = |separators: &[char], count: usize, length: usize| {
        let parts: Vec<&str> = text.split(separators).collect();
        parts.len() == count && parts.iter().all(|part| hex(part, length))
    };
    parts(&[':', '-'], 6, 2) || parts(&['.'], 3, 4) || hex(text, 12)
}

/// Whether the system finds an address for the name.
fn resolvable(input: &Val) -> Outcome<bool> {
    let host = text::str_of(input)?;
    if host.is_empty() {
        return Err(Fault::new("ansible.utils.resolvable needs the name of a host"));
    }
    Ok((host.as_str(), 0).to_socket_addrs().is_ok())
}
