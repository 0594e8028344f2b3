//! Tests: what stands after `is`, and what `select` and its kin apply.

use std::{collections::HashSet, sync::Arc};

use super::filters::regex::Extent;
use super::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters, ops, path_checks, signatures, text,
    tree::{Binary, Comparison},
    value::{Key, Val},
    versions,
    watch::Watch,
};

/// All tests that Ansible and Kayobe have.
const NAMES: &str = "!= < <= == > >= abs all any boolean callable change changed contains defined directory \
    divisibleby eq equalto escaped even exists failed failure false falsy file filter finished \
    float ge greaterthan gt in integer is_abs is_dir is_file is_in is_link is_mount is_same_file \
    isnan issubset issuperset iterable le lessthan link link_exists lower lt mapping match mount \
    nan ne none number odd reachable regex same_file sameas search sequence skip skipped started \
    string subset succeeded success successful superset test timedout true truthy undefined \
    unreachable upper uri url urn vault_encrypted vaulted_file version version_compare";

/// Tests that answer for what is missing; for all others it is the result.
const TAKES_MISSING: &[&str] = &["defined", "undefined", "vault_encrypted"];

/// Applies a test; its fault becomes its value.
pub(super) fn apply(env: &Arc<Env>, name: &str, input: Val, args: Args) -> Val {
    let plain = filters::plain_name(name);
    let input = input.forced();
    if !TAKES_MISSING.contains(&plain) {
        if matches!(input, Val::Missing(_)) {
            return input;
        }
        if let Some(missing) = args.first_missing() {
            return missing;
        }
    }
    let fits = signatures::of_test(plain).map_or(Ok(()), |known| signatures::check(&args, known));
    if let Err(fault) = fits {
        return Val::Missing(fault);
    }
    // Names are looked for in a dict, whose keys lists cannot be.
    if ["filter", "test"].contains(&plain)
        && let Err(fault) = Key::new(input.clone())
    {
        return Val::Missing(fault);
    }
    let mut args = args;
    let _watch = Watch::begin(true);
    let answer = presence(plain, &input)
        .or_else(|| kind(plain, &input))
        .or_else(|| number(plain, &input, &mut args))
        .or_else(|| comparison(plain, &input, &mut args))
        .or_else(|| collection(plain, &input, &mut args))
        .or_else(|| result(plain, &input))
        .or_else(|| pattern(plain, &input, &mut args))
        .or_else(|| filters::utils::check(name, &input, &mut args))
        .or_else(|| path_checks::files(env, plain, &input, &mut args));
    let answer = answer.unwrap_or_else(|| {
        Err(Fault::unknown(name, format!("No test named {}.", text::quoted(name))))
    });
    let answer = match signatures::of_test(plain) {
        // What was given fits, though the answer may need none of it.
        Some(_) => answer,
        None => answer.and_then(|answer| args.end().map(|()| answer)),
    };
    answer.map_or_else(Val::Missing, Val::Bool)
}

/// Whether there is a test of this name.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.split(' ').any(|known| known == filters::plain_name(name))
}

pub(super) type Answer = Option<Outcome<bool>>;

fn presence(name: &str, input: &Val) -> Answer {
    let undefined = match input {
        Val::Missing(fault) if !fault.undefined => return Some(Err(Arc::clone(fault))),
        other => matches!(other, Val::Missing(_) | Val::Blank),
    };
    match name {
        "defined" => Some(Ok(!undefined)),
        "undefined" => Some(Ok(undefined)),
        _ => None,
    }
}

fn kind(name: &str, input: &Val) -> Answer {
    Some(Ok(match name {
        "none" => matches!(input, Val::None),
        "string" => matches!(input, Val::Str(_)),
        "mapping" => matches!(input, Val::Dict(_)) || is_mapping_object(input),
        "sequence" => {
            matches!(input, Val::Str(_) | Val::List(_) | Val::Tuple(_) | Val::Dict(_))
                || matches!(input, Val::Object(object) if object.items().is_some())
        }
        "iterable" => input.elements().is_ok(),
        "number" => matches!(input, Val::Int(_) | Val::Float(_) | Val::Bool(_)),
        "integer" => matches!(input, Val::Int(_)),
        "float" => matches!(input, Val::Float(_)),
        "boolean" => matches!(input, Val::Bool(_)),
        "true" => matches!(input, Val::Bool(true)),
        "false" => matches!(input, Val::Bool(false)),
        "callable" => matches!(input, Val::Object(object) if object.is_callable()),
        "lower" => return Some(cased(input, char::is_lowercase, char::is_uppercase)),
        "upper" => return Some(cased(input, char::is_uppercase, char::is_lowercase)),
        // Ansible finds a plugin for whatever is no text.
        "filter" => input.as_str().is_none_or(filters::is_known),
        "test" => input.as_str().is_none_or(is_known),
        "escaped" => false,
        _ => return None,
    }))
}

/// Whether a text has letters, all of the one case.
fn cased(input: &Val, own: fn(char) -> bool, other: fn(char) -> bool) -> Outcome<bool> {
    let value = text::str_of(input)?;
    Ok(value.chars().any(own) && !value.chars().any(other))
}

fn is_mapping_object(input: &Val) -> bool {
    matches!(input, Val::Object(object) if object.keys().is_some())
}

fn number(name: &str, input: &Val, args: &mut Args) -> Answer {
    let rest = |by: &Val| ops::binary(Binary::Modulo, input, by);
    let leaves =
        |wanted: i128| rest(&Val::Int(2)).and_then(|rest| ops::equal(&rest, &Val::Int(wanted)));
    match name {
        "odd" => Some(leaves(1)),
        "even" => Some(leaves(0)),
        "divisibleby" => Some(
            args.required("num")
                .and_then(|by| rest(&by))
                .and_then(|rest| ops::equal(&rest, &Val::Int(0))),
        ),
        "nan" | "isnan" => Some(Ok(matches!(input, Val::Float(number) if number.is_nan()))),
        _ => None,
    }
}

fn comparison(name: &str, input: &Val, args: &mut Args) -> Answer {
    let op = match name {
        "eq" | "equalto" | "==" | "sameas" => Comparison::Equal,
        "ne" | "!=" => Comparison::NotEqual,
        "lt" | "lessthan" | "<" => Comparison::Less,
        "le" | "<=" => Comparison::LessOrEqual,
        "gt" | "greaterthan" | ">" => Comparison::Greater,
        "ge" | ">=" => Comparison::GreaterOrEqual,
        "in" | "is_in" => Comparison::In,
        _ => return None,
    };
    Some(args.required("other").and_then(|other| {
        let same_kind = std::mem::discriminant(input) == std::mem::discriminant(&other);
        Ok((name != "sameas" || same_kind) && ops::compare(op, input, &other)?)
    }))
}

fn collection(name: &str, input: &Val, args: &mut Args) -> Answer {
    let sets = |other: &Val| {
        let set = |value: &Val| {
            value.items()?.into_iter().map(Key::new).collect::<Outcome<HashSet<Key>>>()
        };
        Ok((set(input)?, set(other)?))
    };
    match name {
        "contains" => Some(args.required("value").and_then(|value| ops::contains(input, &value))),
        "subset" | "issubset" => Some(
            args.required("b")
                .and_then(|other| sets(&other).map(|(own, other)| own.is_subset(&other))),
        ),
        "superset" | "issuperset" => Some(
            args.required("b")
                .and_then(|other| sets(&other).map(|(own, other)| own.is_superset(&other))),
        ),
        "all" | "any" => Some(input.elements().and_then(|items| {
            // The first item that settles it is the last that is looked at.
            for item in items {
                if item.truth()? == (name == "any") {
                    return Ok(name == "any");
                }
            }
            Ok(name == "all")
        })),
        "truthy" | "falsy" => Some(truthy(input, args).map(|yes| yes == (name == "truthy"))),
        _ => None,
    }
}

fn truthy(input: &Val, args: &mut Args) -> Outcome<bool> {
    let convert = args.flag("convert_bool", false)?;
    let text = input.as_str().filter(|_| convert).unwrap_or_default().trim().to_lowercase();
    match &*text {
        "y" | "yes" | "on" | "1" | "true" | "t" => return Ok(true),
        "n" | "no" | "off" | "0" | "false" | "f" => return Ok(false),
        _ => {}
    }
    if convert {
        // Ansible's message of what it cannot convert holds the whole value.
        text::str_of(input)?;
    }
    input.truth()
}

/// Tests of a task's result, as playbooks register them.
fn result(name: &str, input: &Val) -> Answer {
    let flag = |key: &str| match input {
        Val::Dict(dict) => dict.get_str(key).map_or(Ok(false), |value| value.truth()),
        _ => Err(Fault::new(format!("The '{name}' test expects a dictionary"))),
    };
    Some(match name {
        "failed" | "failure" => flag("failed"),
        "succeeded" | "success" | "successful" => flag("failed").map(|failed| !failed),
        "changed" | "change" => changed(input, flag),
        "skipped" | "skip" => flag("skipped"),
        "unreachable" => flag("unreachable"),
        "reachable" => flag("unreachable").map(|unreachable| !unreachable),
        // A result that is not of an asynchronous task counts as both.
        "finished" | "started" => match input {
            Val::Dict(dict) if dict.get_str(name).is_none() => Ok(true),
            _ => flag(name),
        },
        "timedout" => match input {
            Val::Dict(dict) => dict.get_str("timedout").map_or(Ok(false), |limit| {
                Ok(limit.truth()? && access::attribute(&limit, "period").truth()?)
            }),
            _ => flag(name),
        },
        _ => return None,
    })
}

/// Whether a task or any turn of its loop changed something.
fn changed(input: &Val, flag: impl Fn(&str) -> Outcome<bool>) -> Outcome<bool> {
    if let Val::Dict(dict) = input
        && dict.get_str("changed").is_none()
        && let Some(Val::List(results)) = dict.get_str("results")
        && matches!(results.get(0), Some(Val::Dict(_)))
    {
        for result in results.items() {
            if let Val::Dict(result) = result
                && result.get_str("changed").map_or(Ok(false), |changed| changed.truth())?
            {
                return Ok(true);
            }
        }
    }
    flag("changed")
}

fn pattern(name: &str, input: &Val, args: &mut Args) -> Answer {
    match name {
        "match" | "search" | "regex" => Some(matches(name, input, args)),
        "version" | "version_compare" => Some(versions::compared(input, args)),
        "uri" | "url" | "urn" => Some(address(name, input, args)),
        // Vault values are opened before a template sees them, and text is never one.
        "vault_encrypted" => Some(input.clone().used().map(|_| false)),
        _ => None,
    }
}

/// Whether a value is an address on the net, of one of the wanted schemes.
fn address(name: &str, input: &Val, args: &mut Args) -> Outcome<bool> {
    let text = match input {
        Val::Str(text) => &**text,
        // Python takes whatever is empty for an empty text.
        other if !other.truth()? => "",
        _ => return Ok(false),
    };
    let parts = filters::Url::of(text);
    let scheme = Val::str(&parts.scheme);
    // Whatever goes wrong with the schemes, the value is no address of theirs.
    let is_of = |schemes: &Val| Outcome::Ok(!schemes.truth()? || ops::contains(schemes, &scheme)?);
    let fits = match args.take("schemes") {
        _ if name == "urn" => parts.scheme == "urn",
        schemes => is_of(&schemes.unwrap_or_default()).unwrap_or(false),
    };
    Ok(fits && (name != "url" || !parts.netloc.is_empty() || parts.scheme == "file"))
}

fn matches(name: &str, input: &Val, args: &mut Args) -> Outcome<bool> {
    let value = text::str_of(input)?;
    let pattern = args.take("pattern").unwrap_or_else(|| Val::str(""));
    let pattern = text::only_text(&pattern, "pattern")?;
    let ignore_case = args.flag("ignorecase", false)?;
    let multiline = args.flag("multiline", false)?;
    let how = if name == "regex" { args.text_or("match_type", "search")? } else { name.into() };
    if !["search", "match", "fullmatch"].contains(&&*how) {
        return Err(Fault::new(
            "Invalid match_type specified. Expected one of: search, match, fullmatch",
        ));
    }
    let extent = match &*how {
        "match" => Extent::Beginning,
        "fullmatch" => Extent::Whole,
        _ => Extent::Part,
    };
    let regex = filters::regex::matching(&pattern, ignore_case, multiline, extent)?;
    regex.is_match(&value).map_err(|error| Fault::new(format!("matching: {error}")))
}
