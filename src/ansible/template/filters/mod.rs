//! Filters: Jinja2's, Ansible's and Kayobe's, a file for each family.
#![expect(clippy::unnecessary_wraps, reason = "filters have one signature")]

pub(super) mod dates;
mod dicts;
mod encode;
mod general;
pub(super) mod hashes;
mod json_text;
mod links;
mod lists;
pub(super) mod logic;
mod maps;
mod markup;
mod net;
pub(super) mod numbers;
pub(super) mod passwords;
mod paths;
mod random;
pub(super) mod regex;
mod replacement;
mod rows;
mod sets;
mod strings;
mod urls;
pub(super) mod utils;
mod vaults;
mod wrap;

use std::{cmp::Ordering, sync::Arc};

pub(super) use self::{
    passwords::SALT_LETTERS,
    paths::{joined, normal},
    random::{secret_text, seeded_text},
    urls::Url,
};
use super::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    meter, ops, signatures, text,
    value::Val,
    watch::Watch,
};

/// A filter: takes its input and arguments and gives a value.
type Filter = fn(&Arc<Env>, &Val, &mut Args) -> Outcome;

/// Filters that answer for what is missing; for all others it is the result.
const TAKES_MISSING: &[&str] = &["default", "d", "mandatory", "type_debug", "ternary"];

/// Filters that may look at missing items of what they are given.
const SEES_MISSING: &[&str] =
    &["map", "reject", "rejectattr", "select", "selectattr", "to_nice_yaml", "to_yaml"];

fn find(name: &str) -> Option<Filter> {
    if let Some(name) = name.strip_prefix("ansible.utils.") {
        return utils::find(name);
    }
    if let Some(name) = name.strip_prefix("community.general.") {
        return general::find(name);
    }
    // Ansible still sends these three, and no others, from where they were before.
    let former = name.strip_prefix("ansible.netcommon.").unwrap_or(name);
    if matches!(former, "ipaddr" | "ipv4" | "ipv6") {
        return utils::find(former);
    }
    logic::find(name)
        .or_else(|| strings::find(name))
        .or_else(|| lists::find(name))
        .or_else(|| maps::find(name))
        .or_else(|| rows::find(name))
        .or_else(|| sets::find(name))
        .or_else(|| dicts::find(name))
        .or_else(|| numbers::find(name))
        .or_else(|| paths::find(name))
        .or_else(|| net::find(name))
        .or_else(|| regex::find(name))
        .or_else(|| encode::find(name))
        .or_else(|| hashes::find(name))
        .or_else(|| random::find(name))
        .or_else(|| urls::find(name))
        .or_else(|| dates::find(name))
        .or_else(|| markup::find(name))
        .or_else(|| passwords::find(name))
        .or_else(|| vaults::find(name))
}

/// Whether there is a filter of this name.
pub(super) fn is_known(name: &str) -> bool {
    find(plain_name(name)).is_some()
}

/// The name without the collection that Ansible's own filters and tests may be given.
pub(super) fn plain_name(name: &str) -> &str {
    let own = ["ansible.builtin.", "ansible.legacy."];
    own.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Applies a filter; its fault becomes its value.
pub(super) fn apply(env: &Arc<Env>, name: &str, input: Val, args: Args) -> Val {
    let plain = plain_name(name);
    let Some(filter) = find(plain) else {
        let message = format!("No filter named {}.", text::quoted(name));
        return Val::Missing(Fault::unknown(name, message));
    };
    let input = input.forced();
    if let Val::Str(text) = &input {
        meter::text(text.len());
    }
    if !TAKES_MISSING.contains(&plain) {
        if matches!(input, Val::Missing(_)) {
            return input;
        }
        if let Some(missing) = args.first_missing() {
            return missing;
        }
    }
    let fits = signatures::of_filter(plain).map_or(Ok(()), |known| signatures::check(&args, known));
    if let Err(fault) = fits {
        return Val::Missing(Fault::of_filter(&fault, plain));
    }
    let mut args = args;
    let _watch = Watch::begin(!SEES_MISSING.contains(&plain));
    let result = filter(env, &input, &mut args);
    let own = signatures::of_filter(plain).is_none()
        && !plain.starts_with("ansible.utils.")
        && net::find(plain).is_none();
    let end = if own { args.end() } else { Ok(()) };
    let end = end.map_err(|fault| Fault::of_filter(&fault, plain));
    result.and_then(|result| end.map(|()| result)).map_or_else(Val::Missing, Val::listed)
}

/// Sorts by a key as Python does; the first fault of a comparison stops it.
pub(super) fn sorted(items: Vec<Val>, key: impl Fn(&Val) -> Outcome) -> Outcome<Vec<Val>> {
    let keyed = items.into_iter().map(|item| Ok((key(&item)?, item)));
    let mut keyed = keyed.collect::<Outcome<Vec<_>>>()?;
    let mut fault: Option<Faulty> = None;
    keyed.sort_by(|(one, _), (other, _)| match ops::order(one, other) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(found) => {
            fault.get_or_insert(found);
            Ordering::Equal
        }
    });
    match fault {
        Some(fault) => Err(fault),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}
