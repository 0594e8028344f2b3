//! Tests: what stands after `is`, and what `select` and its kin apply.

use std::sync::Arc;

use super::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters, ops, text,
    tree::Comparison,
    value::Val,
    versions,
};

/// Tests that answer for what is missing; for all others it is the result.
const TAKES_MISSING: &[&str] = &["defined", "undefined"];

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
    let mut args = args;
    let answer = presence(plain, &input)
        .or_else(|| kind(plain, &input))
        .or_else(|| number(plain, &input, &mut args))
        .or_else(|| comparison(plain, &input, &mut args))
        .or_else(|| collection(plain, &input, &mut args))
        .or_else(|| result(plain, &input))
        .or_else(|| pattern(plain, &input, &mut args))
        .or_else(|| files(env, plain, &input));
    let answer = answer.unwrap_or_else(|| Err(Fault::new(format!("No test named '{name}'."))));
    answer.map_or_else(Val::Missing, Val::Bool)
}

type Answer = Option<Outcome<bool>>;

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
        "sequence" => matches!(input, Val::Str(_) | Val::List(_) | Val::Tuple(_) | Val::Dict(_)),
        "iterable" => input.iterate().is_ok(),
        "number" => matches!(input, Val::Int(_) | Val::Float(_) | Val::Bool(_)),
        "integer" => matches!(input, Val::Int(_)),
        "float" => matches!(input, Val::Float(_)),
        "boolean" => matches!(input, Val::Bool(_)),
        "true" => matches!(input, Val::Bool(true)),
        "false" => matches!(input, Val::Bool(false)),
        "callable" => matches!(input, Val::Object(object) if object.keys().is_none()),
        "lower" => return Some(text::str_of(input).map(|text| text.to_lowercase() == text)),
        "upper" => return Some(text::str_of(input).map(|text| text.to_uppercase() == text)),
        "escaped" => false,
        _ => return None,
    }))
}

fn is_mapping_object(input: &Val) -> bool {
    matches!(input, Val::Object(object) if object.keys().is_some())
}

fn number(name: &str, input: &Val, args: &mut Args) -> Answer {
    let whole = || match input {
        Val::Int(number) => Ok(*number),
        Val::Bool(value) => Ok(i128::from(*value)),
        other => Err(Fault::new(format!("a whole number is needed, not '{}'", other.type_name()))),
    };
    match name {
        "odd" => Some(whole().map(|number| number.rem_euclid(2) == 1)),
        "even" => Some(whole().map(|number| number.rem_euclid(2) == 0)),
        "divisibleby" => Some(whole().and_then(|number| {
            let by = args.int("num")?.filter(|by| *by != 0);
            Ok(number % by.ok_or_else(|| Fault::new("division by zero"))? == 0)
        })),
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
    let all_in = |items: &Val, others: &Val| {
        for item in items.items()? {
            if !ops::contains(others, &item)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match name {
        "contains" => Some(args.required("value").and_then(|value| ops::contains(input, &value))),
        "subset" | "issubset" => Some(args.required("b").and_then(|other| all_in(input, &other))),
        "superset" | "issuperset" => {
            Some(args.required("b").and_then(|other| all_in(&other, input)))
        }
        "all" | "any" => Some(input.items().and_then(|items| {
            let truths = items.iter().map(Val::truth).collect::<Outcome<Vec<_>>>()?;
            let mut truths = truths.into_iter();
            Ok(if name == "all" { truths.all(|yes| yes) } else { truths.any(|yes| yes) })
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
        "changed" | "change" => flag("changed"),
        "skipped" | "skip" => flag("skipped"),
        "unreachable" => flag("unreachable"),
        "reachable" => flag("unreachable").map(|unreachable| !unreachable),
        "finished" => flag("finished"),
        "started" => flag("started"),
        _ => return None,
    })
}

fn pattern(name: &str, input: &Val, args: &mut Args) -> Answer {
    match name {
        "match" | "search" | "regex" => Some(matches(name, input, args)),
        "version" | "version_compare" => Some(versions::compared(input, args)),
        "uri" | "url" => Some(text::str_of(input).map(|text| {
            text.split_once("://")
                .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
        })),
        "urn" => Some(text::str_of(input).map(|text| text.to_lowercase().starts_with("urn:"))),
        "vault_encrypted" => Some(Ok(false)),
        _ => None,
    }
}

fn matches(name: &str, input: &Val, args: &mut Args) -> Outcome<bool> {
    let value = text::str_of(input)?;
    let pattern = args.text_or("pattern", "")?;
    let ignore_case = args.flag("ignorecase", false)?;
    let multiline = args.flag("multiline", false)?;
    let how = if name == "regex" { args.text_or("match_type", "search")? } else { name.into() };
    let anchored = match &*how {
        "match" => format!(r"\A(?:{pattern})"),
        "fullmatch" => format!(r"\A(?:{pattern})\Z"),
        _ => pattern,
    };
    let regex = filters::regex::compiled(&anchored, ignore_case, multiline)?;
    regex.is_match(&value).map_err(|error| Fault::new(format!("matching: {error}")))
}

/// Tests of paths on the machine that Ymir runs on.
fn files(env: &Arc<Env>, name: &str, input: &Val) -> Answer {
    let known =
        ["exists", "file", "is_file", "directory", "is_dir", "link", "is_link", "abs", "is_abs"];
    if !known.contains(&name) {
        return None;
    }
    Some(text::str_of(input).and_then(|path| {
        if matches!(name, "abs" | "is_abs") {
            return Ok(path.starts_with('/'));
        }
        let option = match name {
            "exists" => "-e",
            "file" | "is_file" => "-f",
            "directory" | "is_dir" => "-d",
            _ => "-L",
        };
        let command = format!("test {option} {}", filters::shell_quoted(&path));
        let ran = env.scope().world().shell(&command);
        ran.map(|(code, _, _)| code == 0).map_err(|trouble| Fault::from_trouble(&trouble))
    }))
}
