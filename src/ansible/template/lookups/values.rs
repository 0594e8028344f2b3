//! Lookups of variables, hosts, the environment, and of lists made from others.

use std::sync::Arc;

use super::{Found, Lookup};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters,
    objects::Object,
    text,
    value::{Key, Val},
};

/// More than any list in a configuration holds.
const MOST_ROWS: usize = 1_000_000;

/// Deeper than lists in configurations are.
const DEEPEST: usize = 100;

pub(super) fn find(name: &str) -> Option<Lookup> {
    Some(match name {
        "env" => env_variable,
        "vars" => vars,
        "varnames" => varnames,
        "inventory_hostnames" => inventory_hostnames,
        "dict" => dict,
        "cached" => cached,
        "kayobe_environments" => kayobe_environments,
        "kayobe_path" => kayobe_path,
        "items" => items,
        "flattened" | "community.general.flattened" => wholly_flattened,
        "list" => |_, terms, _| Ok(terms),
        "nested" => nested,
        "together" => together,
        "subelements" => subelements,
        "random_choice" => random_choice,
        "indexed_items" => indexed_items,
        _ => return None,
    })
}

fn env_variable(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let default = args.take_named("default").filter(|default| !matches!(default, Val::None));
    let default = default.unwrap_or_else(|| Val::str(""));
    let mut found = Vec::new();
    for term in terms {
        let name = text::str_of(&term)?;
        let name = name.split_whitespace().next();
        let name =
            name.ok_or_else(|| Fault::new("the name of an environment variable is empty"))?;
        found.push(match env.scope().world().env(name) {
            Some(value) => Val::str(value),
            None => match &default {
                Val::Missing(fault) if fault.is_unnamed() => Val::Missing(Fault::absent(format!(
                    "The environment variable '{name}' is not set."
                ))),
                other => other.clone(),
            },
        });
    }
    Ok(found)
}

/// Ansible marks what a lookup gives, which it cannot do with everything.
fn taggable(value: &Val) -> Outcome {
    match value {
        Val::Object(object) if matches!(**object, Object::Range(_) | Object::Namespace(_)) => {
            let kind = value.type_name();
            Err(Fault::new(format!("a value of type '{kind}' is not taggable")))
        }
        Val::Blank => Err(Fault::new("what an `if` without `else` gave is not taggable")),
        other => Ok(other.clone()),
    }
}

fn vars(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let default = args.take_named("default").filter(|default| !matches!(default, Val::None));
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(name) = &term else {
            let kind = term.type_name();
            return Err(Fault::new(format!("Variable name must be 'str' not '{kind}'.")));
        };
        let value = match (env.variable(name), &default) {
            (Some(value), _) => value,
            (None, Some(default)) => taggable(default)?,
            (None, None) => {
                return Err(Fault::absent(format!(
                    "No variable named {} was found.",
                    text::quoted(name)
                )));
            }
        };
        found.push(value.used()?);
    }
    Ok(found)
}

fn varnames(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let names = env.names();
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(written) = &term else {
            let kind = term.type_name();
            return Err(Fault::new(format!(
                "Invalid setting identifier: it is no string, but '{kind}'"
            )));
        };
        let pattern = filters::regex::compiled(written, false, false)?;
        let hits = names.iter().filter(|name| pattern.is_match(name).unwrap_or(false));
        found.extend(hits.map(Val::str));
    }
    Ok(found)
}

fn inventory_hostnames(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let patterns = terms.iter().map(text::str_of).collect::<Outcome<Vec<_>>>()?;
    let hosts = env.scope().select(&patterns.join(","));
    let hosts = hosts.map_err(|trouble| Fault::from_trouble(&trouble))?;
    Ok(hosts.into_iter().map(Val::str).collect())
}

fn dict(_: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in terms {
        let term = term.used()?;
        let Val::Dict(dict) = &term else {
            let (shown, kind) = (text::str_of(&term)?, term.type_name());
            return Err(Fault::new(format!(
                "the 'dict' lookup plugin expects a dictionary, got '{shown}' of type '{kind}'"
            )));
        };
        for (key, value) in dict.pairs() {
            found.push(Val::dict([("key", key.value()), ("value", value.used()?)]));
        }
    }
    Ok(found)
}

/// Another lookup, remembered: every variable is evaluated once for a host anyway.
fn cached(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let name = text::str_of(&terms.next().unwrap_or(Val::None))?;
    let lookup = super::find(filters::plain_name(&name)).ok_or_else(|| super::unknown(&name))?;
    lookup(env, terms.collect(), args)
}

/// The directories of the environment and of those it depends on, without the base.
fn kayobe_environments(env: &Arc<Env>, _: Vec<Val>, _: &mut Args) -> Found {
    let selected = env.variable("kayobe_environment").map_or(Ok(false), |name| name.truth())?;
    let layers = if selected { env.scope().search_paths() } else { Vec::new() };
    Ok(layers.into_iter().skip(1).map(Val::str).collect())
}

/// Kayobe's data files, which site playbooks import.
fn kayobe_path(env: &Arc<Env>, _: Vec<Val>, _: &mut Args) -> Found {
    let path = env.scope().world().env("KAYOBE_DATA_FILES_PATH").filter(|path| !path.is_empty());
    let path = path.unwrap_or_else(|| "/usr/share/kayobe".into());
    Ok(vec![Val::str(filters::joined(&[path, String::new()]))])
}

fn items(_: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    flattened(&terms)
}

/// Lists among the items stand for their own items.
fn flattened(items: &[Val]) -> Outcome<Vec<Val>> {
    let mut found = Vec::new();
    for item in items {
        match item.clone().used()? {
            list @ (Val::List(_) | Val::Tuple(_)) => found.extend(list.items()?),
            other => found.push(other),
        }
    }
    Ok(found)
}

/// Lists in lists, too, up to a text that says there is nothing, as community.general does.
fn wholly_flattened(_: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    flatten(&terms, 0, &mut found)?;
    Ok(found)
}

fn flatten(items: &[Val], depth: usize, found: &mut Vec<Val>) -> Outcome<()> {
    if depth > DEEPEST {
        return Err(Fault::new(format!("lists are more than {DEEPEST} deep in each other")));
    }
    for item in items {
        match item.clone().used()? {
            Val::Str(text) if matches!(&*text, "None" | "null") => break,
            Val::List(list) => flatten(&list.items(), depth + 1, found)?,
            other => found.push(other),
        }
    }
    Ok(())
}

fn nested(_: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let first = terms.next().ok_or_else(|| {
        Fault::new("with_nested requires at least one element in the nested list")
    })?;
    let mut rows = first.items()?;
    for term in terms {
        // With nothing to go with, nobody looks at what it is.
        if rows.is_empty() {
            break;
        }
        let items = term.items()?;
        if rows.len().saturating_mul(items.len()) > MOST_ROWS {
            return Err(Fault::new(format!("more than {MOST_ROWS} combinations are too many")));
        }
        let pairs =
            rows.iter().flat_map(|row| items.iter().map(move |item| [row.clone(), item.clone()]));
        rows = pairs.map(|pair| flattened(&pair).map(Val::list)).collect::<Outcome<_>>()?;
    }
    rows.iter().map(|row| flattened(&row.items()?).map(Val::list)).collect()
}

fn together(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let first = terms
        .next()
        .ok_or_else(|| Fault::new("with_together requires at least one element in each list"))?;
    let rows = filters::apply(env, "zip_longest", first, Args::of(terms.collect()));
    rows.items()?.iter().map(|row| flattened(&row.items()?).map(Val::list)).collect()
}

fn subelements(_: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let wrong = |why: &str| {
        Fault::new(format!("subelements lookup expects a list of two or three items,{why}"))
    };
    let (list, path, flags) = match &*terms {
        [list, path] => (list, path, None),
        [list, path, flags] => (list, path, Some(flags)),
        _ => return Err(wrong("")),
    };
    let kinds = || wrong(" first a dict or a list, second a string pointing to the subkey");
    let path: Vec<&str> = path.as_str().ok_or_else(kinds)?.split('.').collect();
    let items = match list.clone().used()? {
        Val::Dict(dict) => dict.pairs().into_iter().map(|(_, value)| value).collect(),
        Val::List(list) => list.items(),
        _ => return Err(kinds()),
    };
    let skips = match flags {
        None => false,
        Some(Val::Dict(flags)) => flags
            .get_str("skip_missing")
            .map_or(Ok(false), |skip| filters::logic::to_bool(&skip))?,
        Some(_) => return Err(wrong(" the optional third item must be a dict with flags")),
    };
    let mut found = Vec::new();
    for item in items {
        let item = item.used()?.deep_copy();
        for part in parts(&item, &path, skips)? {
            found.push(Val::tuple(vec![item.clone(), part]));
        }
    }
    Ok(found)
}

/// Takes the list at the end of a path out of an item.
fn parts(item: &Val, path: &[&str], skips: bool) -> Outcome<Vec<Val>> {
    let Val::Dict(item) = item else {
        let item = text::str_of(item)?;
        return Err(Fault::new(format!("subelements lookup expects a dictionary, got '{item}'")));
    };
    let mut place = item.clone();
    for (at, key) in path.iter().enumerate() {
        let last = at + 1 == path.len();
        match (place.get_str(key), last) {
            (None, _) if skips => {}
            (None, _) => {
                let place = text::str_of(&Val::Dict(place))?;
                return Err(Fault::new(format!(
                    "could not find '{key}' key in iterated item '{place}'"
                )));
            }
            (Some(Val::List(list)), true) => {
                place.change(|pairs| pairs.shift_remove(&Key::text(key)));
                return list.items().into_iter().map(Val::used).collect();
            }
            (Some(Val::Dict(next)), false) => place = next,
            (Some(_), false) if skips => {}
            (Some(other), _) => {
                let (kind, other) =
                    (if last { "list" } else { "dictionary" }, text::str_of(&other)?);
                return Err(Fault::new(format!(
                    "the key {key} should point to a {kind}, got '{other}'"
                )));
            }
        }
    }
    Ok(Vec::new())
}

/// One of the terms, by chance.
fn random_choice(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    if terms.is_empty() {
        return Ok(terms);
    }
    Ok(vec![filters::apply(env, "random", Val::list(terms), Args::default()).used()?])
}

fn indexed_items(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let found = items(env, terms, args)?.into_iter().enumerate();
    Ok(found.map(|(at, item)| Val::tuple(vec![Val::Int(at as i128), item])).collect())
}
