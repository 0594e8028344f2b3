//! Filters on hardware addresses.

use std::sync::Arc;

use super::Block;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::{Filter, hashes::hex},
    text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "hwaddr" => |_, input, args| hwaddr(input, args, "hwaddr"),
        "macaddr" => |_: &Arc<Env>, input, args| hwaddr(input, args, "macaddr"),
        "slaac" => slaac,
        _ => return None,
    })
}

/// The six bytes of an address in any of the usual forms.
fn bytes(value: &Val) -> Option<[u8; 6]> {
    let number = match value {
        Val::Int(number) => u64::try_from(*number).ok()?,
        Val::Str(text) => {
            let parts: Vec<&str> = text.split([':', '-', '.']).collect();
            let width = match parts.len() {
                6 => 2,
                3 => 4,
                2 => 6,
                1 => 12,
                _ => return None,
            };
            let fits = |part: &&str| (1..=width).contains(&part.len());
            if !parts.iter().all(fits) || (parts.len() == 1 && parts[0].len() < 11) {
                return None;
            }
            let part = |number: u64, part: &&str| {
                let digits = u64::from_str_radix(part, 16).ok()?;
                Some(number << (width * 4) | digits)
            };
            parts.iter().try_fold(0, part)?
        }
        _ => return None,
    };
    let [0, 0, bytes @ ..] = number.to_be_bytes() else { return None };
    Some(bytes)
}

/// The bytes in hexadecimal, so many in a group.
fn grouped(bytes: [u8; 6], size: usize, between: &str) -> String {
    bytes.chunks(size).map(hex).collect::<Vec<_>>().join(between)
}

fn hwaddr(input: &Val, args: &mut Args, alias: &str) -> Outcome {
    let query = args.text_or("query", "")?;
    let found = bytes(input);
    if query.is_empty() || query == "bool" {
        return Ok(match found {
            Some(_) if query.is_empty() => input.clone(),
            None if query.is_empty() => Val::None,
            found => Val::Bool(found.is_some()),
        });
    }
    let found = found.ok_or_else(|| {
        let value = text::str_of(input).unwrap_or_default();
        Fault::new(format!("{alias}: not a hardware address: {value}"))
    })?;
    Ok(Val::str(match &*query {
        "bare" => grouped(found, 6, "").to_uppercase(),
        "cisco" => grouped(found, 2, "."),
        "eui48" | "win" => grouped(found, 1, "-").to_uppercase(),
        "linux" => grouped(found, 1, ":"),
        "unix" => found.iter().map(|byte| format!("{byte:x}")).collect::<Vec<_>>().join(":"),
        "pgsql" | "postgresql" | "psql" => grouped(found, 3, ":"),
        "int" => {
            let number = found.iter().fold(0, |number, byte| number << 8 | i128::from(*byte));
            return Ok(Val::Int(number));
        }
        other => return Err(Fault::new(format!("{alias}: unknown filter type: {other}"))),
    }))
}

/// The address that a machine with this hardware address gives itself in an IPv6 network.
fn slaac(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let query = args.take("query").unwrap_or(Val::None);
    let (Some(block), Some(mac)) = (Block::of(input, None), bytes(&query)) else {
        return Ok(Val::Bool(false));
    };
    if !block.v6 {
        return Ok(Val::Bool(false));
    }
    let ([first, rest @ ..], tail) = mac.split_at(3) else { return Ok(Val::Bool(false)) };
    let bytes = [&[*first ^ 2], rest, &[0xff, 0xfe], tail].concat();
    let host = bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
    Ok(Val::str(block.text_of(block.network() | host)))
}
