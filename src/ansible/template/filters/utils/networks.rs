//! Filters that write addresses in other forms, and those on lists of networks.

use std::{net::Ipv6Addr, sync::Arc};

use super::Block;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters::Filter,
    text,
    value::Val,
};

/// More addresses than anybody wants to see in a list.
const MOST: u128 = 1 << 20;

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "cidr_merge" => cidr_merge,
        "reduce_on_network" => reduce_on_network,
        "usable_range" => usable_range,
        "ip4_hex" => ip4_hex,
        "ipv6form" => ipv6form,
        "ipcut" => ipcut,
        _ => return None,
    })
}

fn invalid(value: &Val) -> Faulty {
    let value = text::str_of(value).unwrap_or_default();
    Fault::new(format!("You must pass a valid IP address; {value} is invalid"))
}

fn address(value: &Val) -> Outcome<Block> {
    Block::of(value, None).filter(|block| !block.has_prefix).ok_or_else(|| invalid(value))
}

fn network(value: &Val, filter: &str) -> Outcome<Block> {
    Block::of(value, None).ok_or_else(|| {
        let value = text::str_of(value).unwrap_or_default();
        Fault::new(format!("{filter}: {value} is neither an address nor a network"))
    })
}

/// The fewest networks that hold exactly the addresses from `first` to `last`.
fn blocks(first: u128, last: u128, v6: bool, out: &mut Vec<Val>) {
    let width = if v6 { 128 } else { 32 };
    let mut start = first;
    loop {
        let aligned = if start == 0 { width } else { start.trailing_zeros().min(width) };
        let room = last - start;
        let mut bits = aligned;
        while bits > 0 && (bits == 128 && room != u128::MAX || bits < 128 && (1 << bits) - 1 > room)
        {
            bits -= 1;
        }
        let block = Block { ip: start, prefix: width - bits, v6, has_prefix: true };
        out.push(Val::str(block.cidr()));
        let end = block.last();
        if end >= last {
            return;
        }
        start = end + 1;
    }
}

fn cidr_merge(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let action = args.text_or("action", "merge")?;
    let mut found = input
        .items()?
        .iter()
        .map(|item| network(item, "cidr_merge"))
        .collect::<Outcome<Vec<_>>>()?;
    match &*action {
        "merge" => {}
        "span" => return Ok(spanning(&found)),
        other => return Err(Fault::new(format!("cidr_merge: invalid action '{other}'"))),
    }
    found.sort_by_key(|block| (block.v6, block.network()));
    let mut merged: Vec<(bool, u128, u128)> = Vec::new();
    for block in found {
        match merged.last_mut() {
            Some((v6, _, last)) if *v6 == block.v6 && block.network() <= last.saturating_add(1) => {
                *last = block.last().max(*last);
            }
            _ => merged.push((block.v6, block.network(), block.last())),
        }
    }
    let mut out = Vec::new();
    for (v6, first, last) in merged {
        blocks(first, last, v6, &mut out);
    }
    Ok(Val::list(out))
}

/// The smallest network that holds all.
fn spanning(found: &[Block]) -> Val {
    let Some(first) = found.iter().min_by_key(|block| block.network()) else { return Val::None };
    if found.len() == 1 {
        return Val::str(first.cidr());
    }
    let last = found.iter().map(Block::last).max().unwrap_or_default();
    let differing = 128 - (first.network() ^ last).leading_zeros();
    let block = first.with_prefix(first.prefix.min(first.width().saturating_sub(differing)));
    Val::str(block.subnet())
}

fn reduce_on_network(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let outer = network(&args.required("network")?, "reduce_on_network")?;
    let mut kept = Vec::new();
    for item in input.items()? {
        let inner = network(&item, "reduce_on_network")?;
        if inner.v6 == outer.v6
            && outer.network() <= inner.network()
            && inner.last() <= outer.last()
        {
            kept.push(item);
        }
    }
    Ok(Val::list(kept))
}

fn usable_range(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let block = network(input, "usable_range")?;
    if block.ip != block.network() {
        let value = text::str_of(input)?;
        return Err(Fault::new(format!(
            "Error while using plugin 'usable_range': {value} has host bits set"
        )));
    }
    let count = block.size();
    if count > MOST {
        return Err(Fault::new(format!("usable_range: {count} addresses are too many for a list")));
    }
    let all = (block.network()..=block.last()).map(|address| block.text_of(address));
    Ok(Val::dict([
        ("usable_ips", Val::strings(all)),
        ("number_of_ips", Val::Int(i128::try_from(count).unwrap_or(i128::MAX))),
    ]))
}

fn ip4_hex(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let block = address(input)?;
    let delimiter = args.text_or("delimiter", "")?;
    let parts = [24, 16, 8, 0].map(|shift| format!("{:02x}", block.ip >> shift & 0xff));
    Ok(Val::str(parts.join(&delimiter)))
}

fn ipv6form(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let block = address(input)?;
    let groups = Ipv6Addr::from(block.ip).segments();
    let joined = |part: fn(u16) -> String| groups.map(part).join(":");
    Ok(Val::str(match &*args.text("format")? {
        "compress" => block.text_of(block.ip),
        "expand" if !block.v6 => block.text_of(block.ip),
        "expand" => joined(|group| format!("{group:04x}")),
        "x509" => joined(|group| format!("{group:x}")),
        _ => return Ok(Val::None),
    }))
}

/// The first bits of an address, or the last ones for a negative number.
fn ipcut(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let block = address(input)?;
    let amount = args.int("amount")?.unwrap_or(0);
    let width = block.width() as usize;
    let all = format!("{:0width$b}", block.ip);
    let count = usize::try_from(amount.unsigned_abs()).unwrap_or(width).min(width);
    let bits = if amount < 0 { &all[width - count..] } else { &all[..count] };
    let size = if block.v6 { 16 } else { 8 };
    let group = |bits: &[u8]| {
        let number = bits.iter().fold(0_u32, |number, bit| number << 1 | u32::from(bit - b'0'));
        if block.v6 { format!("{number:x}") } else { number.to_string() }
    };
    let groups: Vec<String> = bits.as_bytes().chunks(size).map(group).collect();
    Ok(Val::str(groups.join(if block.v6 { ":" } else { "." })))
}
