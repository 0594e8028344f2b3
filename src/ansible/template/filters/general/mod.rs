//! Filters of the collection `community.general`, which a site may bring. They need their full name.

mod files;
mod keys;
mod lists;
mod time;

use std::{cmp::Ordering, sync::Arc};

use indexmap::IndexMap;

use super::{Filter, hashes, random};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    methods, text,
    value::{Dict, Key, Val},
    versions,
};

/// A filter by the last part of its name.
pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "counter" => counter,
        "crc32" => crc32,
        "dict" => dict,
        "dict_kv" => dict_kv,
        "groupby_as_dict" => groupby_as_dict,
        "random_mac" => random_mac,
        "version_sort" => version_sort,
        _ => {
            return keys::find(name)
                .or_else(|| lists::find(name))
                .or_else(|| files::find(name))
                .or_else(|| time::find(name));
        }
    })
}

/// The items of a list or the letters of a text.
fn sequence(value: &Val, what: &str) -> Outcome<Vec<Val>> {
    match value {
        Val::List(_) | Val::Tuple(_) | Val::Str(_) => value.items(),
        other => {
            Err(Fault::new(format!("{what} must be a list or text, not {}", other.type_name())))
        }
    }
}

fn counter(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let mut counts: IndexMap<Key, i128> = IndexMap::new();
    for item in sequence(input, "what is counted")? {
        *counts.entry(Key::new(item)?).or_default() += 1;
    }
    Ok(Val::Dict(Dict::new(
        counts.into_iter().map(|(key, count)| (key, Val::Int(count))).collect(),
    )))
}

fn crc32(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let Val::Str(text) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("Invalid value type ({kind}) for crc32")));
    };
    Ok(Val::str(format!("{:x}", hashes::crc32(text.as_bytes()))))
}

fn dict(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    if let Val::Dict(_) = input {
        return Ok(input.clone());
    }
    let pairs = input.items()?.into_iter().map(|pair| methods::pair(&pair));
    Ok(Val::Dict(Dict::new(pairs.collect::<Outcome<_>>()?)))
}

fn dict_kv(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let key = Key::new(args.required("key")?)?;
    Ok(Val::Dict(Dict::new(IndexMap::from([(key, input.clone())]))))
}

fn groupby_as_dict(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let attribute = Key::new(args.required("attribute")?)?;
    let mut made = IndexMap::new();
    for (index, element) in sequence(input, "the input")?.into_iter().enumerate() {
        let Val::Dict(dict) = &element else {
            return Err(Fault::new(format!("Sequence element #{index} is not a mapping")));
        };
        let value = dict.get(&attribute).ok_or_else(|| {
            Fault::new(format!("Attribute not contained in element #{index} of sequence"))
        })?;
        let key = Key::new(value.used()?)?;
        if made.contains_key(&key) {
            let value = text::repr(key.as_val())?;
            return Err(Fault::new(format!(
                "Multiple sequence entries have attribute value {value}"
            )));
        }
        made.insert(key, element);
    }
    Ok(Val::Dict(Dict::new(made)))
}

/// A MAC address that begins with what is given.
fn random_mac(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    /// The least number of ten hexadecimal digits, and how many there are.
    const LEAST: u64 = 0x10_0000_0000;
    const COUNT: u64 = 0x100_0000_0000 - LEAST;
    let Val::Str(prefix) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("Invalid value type ({kind}) for random_mac")));
    };
    let prefix = prefix.to_lowercase();
    let parts: Vec<&str> = prefix.split(':').collect();
    let is_byte = |part: &&str| {
        part.len() >= 2 && part.chars().take(2).all(|digit| digit.is_ascii_hexdigit())
    };
    if parts.len() > 5 || !parts.iter().all(is_byte) {
        return Err(Fault::with_hint(
            format!("Invalid value ({prefix}) for random_mac"),
            "give one to five bytes of two hexadecimal digits with colons between them",
        ));
    }
    let number = LEAST + random::number_below(COUNT, args.take("seed"))?;
    let digits = format!("{number:x}");
    let mut mac = prefix.clone();
    for at in 0..6 - parts.len() {
        mac.push(':');
        mac.push_str(&digits[2 * at..2 * at + 2]);
    }
    Ok(Val::str(mac))
}

fn version_sort(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let reverse = args.flag("reverse", false)?;
    let mut items = input.items()?;
    let mut fault: Option<Faulty> = None;
    items.sort_by(|one, other| {
        let compared = text::str_of(one)
            .and_then(|one| versions::loose(&one, &text::str_of(other)?))
            .map(|order| if reverse { order.reverse() } else { order });
        compared.unwrap_or_else(|found| {
            fault.get_or_insert(found);
            Ordering::Equal
        })
    });
    fault.map_or(Ok(Val::list(items)), Err)
}
