//! Filters of the keys of dicts in a list.

use std::sync::Arc;

use crate::ansible::template::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::{Filter, regex},
    text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "keep_keys" => |_: &Arc<Env>, input, args| chosen(input, args, true),
        "remove_keys" => |_: &Arc<Env>, input, args| chosen(input, args, false),
        "replace_keys" => replace_keys,
        _ => return None,
    })
}

/// Which keys are meant.
enum Target {
    Equal(Vec<String>),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    Regex(fancy_regex::Regex),
}

impl Target {
    fn of(names: Vec<String>, how: &str) -> Outcome<Self> {
        if names.is_empty() {
            return Err(Fault::new("The target can't be empty."));
        }
        Ok(match (how, names.as_slice()) {
            ("equal", _) => Self::Equal(names),
            ("starts_with", _) => Self::StartsWith(names),
            ("ends_with", _) => Self::EndsWith(names),
            ("regex", [one]) => Self::Regex(regex::compiled(one, false, false)?),
            ("regex", _) => {
                return Err(Fault::new(
                    "Single item is required in the target list if matching_parameter=regex.",
                ));
            }
            _ => {
                return Err(Fault::new(format!(
                    "The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. \
                     matching_parameter={how}"
                )));
            }
        })
    }

    fn hits(&self, key: &str) -> bool {
        match self {
            Self::Equal(names) => names.iter().any(|name| name == key),
            Self::StartsWith(names) => names.iter().any(|name| key.starts_with(name)),
            Self::EndsWith(names) => names.iter().any(|name| key.ends_with(name)),
            Self::Regex(regex) => {
                let found = regex.find(key).ok().flatten();
                found.is_some_and(|found| found.start() == 0)
            }
        }
    }
}

/// The dicts of a list, whose keys are text.
fn dicts(input: &Val) -> Outcome<Vec<Dict>> {
    if !matches!(input, Val::List(_) | Val::Tuple(_)) {
        let kind = input.type_name();
        return Err(Fault::new(format!("First argument must be a list, not {kind}.")));
    }
    let dict = |item: Val| match item {
        Val::Dict(dict) => Ok(dict),
        other => Err(Fault::new(format!(
            "The data items must be dictionaries, not {}",
            other.type_name()
        ))),
    };
    input.items()?.into_iter().map(dict).collect()
}

fn name_of(key: &Key) -> Outcome<&str> {
    key.as_val().as_str().ok_or_else(|| Fault::new("Top level keys must be strings."))
}

fn names(target: &Val) -> Outcome<Vec<String>> {
    let name = |item: Val| match item {
        Val::Str(name) => Ok(name.to_string()),
        other => {
            Err(Fault::new(format!("The target items must be strings, not {}", other.type_name())))
        }
    };
    match target {
        Val::Str(one) if one.is_empty() => Ok(Vec::new()),
        Val::Str(_) => Ok(vec![name(target.clone())?]),
        Val::List(_) | Val::Tuple(_) => target.items()?.into_iter().map(name).collect(),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("The target must be a string or a list. target is {kind}.")))
        }
    }
}

fn chosen(input: &Val, args: &mut Args, keeps: bool) -> Outcome {
    let target = names(&args.take("target").unwrap_or(Val::None))?;
    let target = Target::of(target, &args.text_or("matching_parameter", "equal")?)?;
    let mut made = Vec::new();
    for dict in dicts(input)? {
        let mut pairs = dict.raw();
        for key in pairs.keys() {
            name_of(key)?;
        }
        pairs.retain(|key, _| key.as_val().as_str().is_some_and(|name| target.hits(name) == keeps));
        made.push(Val::Dict(Dict::new(pairs)));
    }
    Ok(Val::list(made))
}

fn replace_keys(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let pairs = args.take("target").unwrap_or(Val::None);
    let how = args.text_or("matching_parameter", "equal")?;
    let Val::List(_) = pairs else {
        return Err(Fault::new(format!("The target must be a list, not {}.", pairs.type_name())));
    };
    let mut targets = Vec::new();
    for pair in pairs.items()? {
        let part = |name| text::str_of(&access::item(&pair, &Val::str(name))?);
        targets.push((Target::of(vec![part("before")?], &how)?, Key::text(&part("after")?)));
    }
    if targets.is_empty() {
        return Err(Fault::new("The target can't be empty."));
    }
    let mut made = Vec::new();
    for dict in dicts(input)? {
        let renamed = dict.raw().into_iter().map(|(key, value)| {
            let name = name_of(&key)?;
            let after = targets.iter().find(|(target, _)| target.hits(name));
            Ok((after.map_or_else(|| key.clone(), |(_, after)| after.clone()), value))
        });
        made.push(Val::Dict(Dict::new(renamed.collect::<Outcome<_>>()?)));
    }
    Ok(Val::list(made))
}
