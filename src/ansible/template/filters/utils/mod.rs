//! Filters of the collection `ansible.utils`, which Kayobe's control host has; most need their full name.

mod address;
mod checks;
mod keys;
mod macs;
mod networks;
mod queries;
mod trees;

use std::sync::Arc;

use self::address::Block;
use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

/// A filter by the last part of its name.
pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "ipaddr" => |_, input, args| ip(input, args, None),
        "ipv4" => |_, input, args| ip(input, args, Some(4)),
        "ipv6" => |_, input, args| ip(input, args, Some(6)),
        "ipwrap" => ipwrap,
        "ipmath" => ipmath,
        "ipsubnet" => ipsubnet,
        "nthhost" => nthhost,
        "next_nth_usable" => |_, input, args| nth_usable(input, args, 1),
        "previous_nth_usable" => |_, input, args| nth_usable(input, args, -1),
        "network_in_network" => |_, input, args| inside(input, args, Block::span),
        "network_in_usable" => |_, input, args| inside(input, args, Block::usable),
        _ => {
            return keys::find(name)
                .or_else(|| macs::find(name))
                .or_else(|| networks::find(name))
                .or_else(|| trees::find(name));
        }
    })
}

/// Tests of the collection; `None` if the name is none of them.
pub(in crate::ansible::template) fn check(
    name: &str,
    input: &Val,
    args: &mut Args,
) -> Option<Outcome<bool>> {
    checks::find(name.strip_prefix("ansible.utils.")?, input, args)
}

fn ip(input: &Val, args: &mut Args, version: Option<u8>) -> Outcome {
    let query = args.text_or("query", "")?;
    if matches!(input, Val::List(_) | Val::Tuple(_)) {
        let mut kept = Vec::new();
        for item in input.items()? {
            let found = queries::answer(&item, &query, version)?;
            if found.truth()? {
                kept.push(found);
            }
        }
        return Ok(Val::list(kept));
    }
    queries::answer(input, &query, version)
}

fn ipwrap(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let wrapped = |value: &Val| {
        let found = queries::answer(value, "wrap", None)?;
        Ok(if found.truth()? { found } else { value.clone() })
    };
    match input {
        Val::List(list) => Ok(Val::list(list.items().iter().map(wrapped).collect::<Outcome<_>>()?)),
        other => wrapped(other),
    }
}

fn whole(args: &mut Args, name: &str) -> Outcome<i128> {
    args.int(name)?.ok_or_else(|| Fault::new(format!("the argument '{name}' must be an integer")))
}

fn ipmath(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let wrong = || {
        let value = text::str_of(input).unwrap_or_default();
        Fault::new(format!("You must pass a valid IP address; {value} is invalid"))
    };
    let block = Block::of(input, None).ok_or_else(wrong)?;
    let sum = block.shifted(whole(args, "amount")?).ok_or_else(wrong)?;
    Ok(Val::str(block.text_of(sum)))
}

fn nthhost(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Some(block) = Block::of(input, None) else { return Ok(Val::Bool(false)) };
    let Some(nth) = args.int("query")?.filter(|nth| *nth != 0) else { return Ok(Val::Bool(false)) };
    Ok(block.nth(nth).map_or(Val::Bool(false), |found| Val::str(block.text_of(found))))
}

fn nth_usable(input: &Val, args: &mut Args, sign: i128) -> Outcome {
    let Some(block) = Block::of(input, None) else { return Ok(Val::Bool(false)) };
    let offset = sign * whole(args, "offset")?;
    let Some((first, last)) = block.usable() else { return Ok(Val::None) };
    let found = block.shifted(offset).filter(|found| (first..=last).contains(found));
    Ok(found.map_or(Val::None, |found| Val::str(block.text_of(found))))
}

/// Whether a network lies within the part of another that `part` gives.
fn inside(input: &Val, args: &mut Args, part: fn(&Block) -> Option<(u128, u128)>) -> Outcome {
    let wrong = |value: &Val| {
        let value = text::str_of(value).unwrap_or_default();
        Fault::new(format!("{value} is neither an address nor a network"))
    };
    let test = args.required("test")?;
    let outer = Block::of(input, None).ok_or_else(|| wrong(input))?;
    let inner = Block::of(&test, None).ok_or_else(|| wrong(&test))?;
    let (Some((first, last)), Some((low, high))) = (part(&outer).or(outer.span()), inner.span())
    else {
        return Ok(Val::Bool(false));
    };
    Ok(Val::Bool(outer.v6 == inner.v6 && first <= low && high <= last))
}

fn ipsubnet(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Some(block) = Block::of(input, None) else { return Ok(Val::Bool(false)) };
    let query = args.text_or("query", "")?;
    if query.is_empty() {
        return Ok(Val::str(block.subnet()));
    }
    let prefix = query.parse().ok().filter(|prefix| *prefix <= block.width());
    let Some(prefix) = prefix else { return Ok(Val::Bool(false)) };
    let index = args.int("index")?;
    if block.is_address() {
        let start = index.unwrap_or(0);
        let prefix = u32::try_from(i128::from(prefix).saturating_add(start)).unwrap_or(prefix);
        return Ok(Val::str(block.with_prefix(prefix).subnet()));
    }
    let bits = prefix
        .checked_sub(block.prefix)
        .ok_or_else(|| Fault::new(format!("Requested subnet size of {prefix} is invalid")))?;
    let count = if bits < 127 { 1_i128 << bits } else { i128::MAX };
    let Some(index) = index else { return Ok(Val::str(count.to_string())) };
    let index = if index < 0 { index.saturating_add(count) } else { index };
    if !(0..count).contains(&index) {
        return Ok(Val::Bool(false));
    }
    let size = 1_u128.checked_shl(block.width() - prefix).unwrap_or(0);
    let start = block.network().wrapping_add(size.wrapping_mul(index.unsigned_abs()));
    Ok(Val::str(format!("{}/{prefix}", block.text_of(start))))
}
