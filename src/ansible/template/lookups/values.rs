//! Lookups of variables, hosts, the environment, and of lists made from others.

use std::sync::Arc;

use super::{Found, Lookup};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters, text,
    value::{Key, Val},
};

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
        "items" | "flattened" => items,
        "list" => |_, terms, _| Ok(terms),
        "nested" => nested,
        "together" => together,
        "subelements" => subelements,
        "sequence" => sequence,
        "indexed_items" => indexed_items,
        _ => return None,
    })
}

fn env_variable(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let default = args.take_named("default").unwrap_or_else(|| Val::str(""));
    let mut found = Vec::new();
    for term in terms {
        let name = text::str_of(&term)?;
        let name = name.split_whitespace().next().unwrap_or_default();
        found.push(match env.scope().world().env(name) {
            Some(value) => Val::str(value),
            None => match &default {
                Val::Missing(_) => Val::Missing(Fault::absent(format!(
                    "The environment variable '{name}' is not set."
                ))),
                other => other.clone(),
            },
        });
    }
    Ok(found)
}

fn vars(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let default = args.take_named("default");
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(name) = &term else {
            return Err(Fault::new("Variable name must be a string"));
        };
        let value = match (env.variable(name), &default) {
            (Some(value), _) => value,
            (None, Some(default)) => default.clone(),
            (None, None) => {
                return Err(Fault::absent(format!("No variable named '{name}' was found.")));
            }
        };
        found.push(value.used()?);
    }
    Ok(found)
}

fn varnames(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let names = env.scope().names();
    let mut found = Vec::new();
    for term in terms {
        let pattern = filters::regex::compiled(&text::str_of(&term)?, false, false)?;
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
        let Val::Dict(dict) = term.used()? else {
            return Err(Fault::new("with_dict expects a dict"));
        };
        let pairs = dict.pairs().into_iter();
        found.extend(pairs.map(|(key, value)| Val::dict([("key", key.value()), ("value", value)])));
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
    let mut found = Vec::new();
    for term in terms {
        match term.used()? {
            list @ (Val::List(_) | Val::Tuple(_)) => found.extend(list.items()?),
            other => found.push(other),
        }
    }
    Ok(found)
}

fn nested(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let first =
        terms.next().ok_or_else(|| Fault::new("with_nested requires at least one element"))?;
    let rows = filters::apply(env, "product", first, Args::of(terms.collect()));
    rows.items()?.iter().map(|row| row.items().map(Val::list)).collect()
}

fn together(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let first =
        terms.next().ok_or_else(|| Fault::new("with_together requires at least one element"))?;
    let rows = filters::apply(env, "zip_longest", first, Args::of(terms.collect()));
    rows.items()?.iter().map(|row| row.items().map(Val::list)).collect()
}

fn subelements(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut terms = terms.into_iter();
    let list = terms.next().unwrap_or(Val::None);
    let mut args = Args::of(vec![terms.next().unwrap_or(Val::None)]);
    if let Some(Val::Dict(options)) = terms.next() {
        let skip = options.get(&Key::text("skip_missing")).unwrap_or(Val::Bool(false));
        args.named.push(("skip_missing".into(), skip));
    }
    filters::apply(env, "subelements", list, args).items()
}

fn sequence(_: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    for term in &terms {
        for part in text::str_of(term)?.split_whitespace() {
            let (name, value) = part.split_once('=').unwrap_or(("end", part));
            args.named.push((name.into(), Val::str(value)));
        }
    }
    let format = args.take_named("format").map(|format| text::str_of(&format)).transpose()?;
    let mut number = |name: &str| {
        let named = args.take_named(name);
        Args::of(named.into_iter().collect()).int(name)
    };
    let start = number("start")?.unwrap_or(1);
    let step = number("stride")?.unwrap_or(1).max(1);
    let count = number("count")?;
    let end = match (number("end")?, count) {
        (Some(end), _) => end,
        (None, Some(count)) => start + (count - 1) * step,
        (None, None) => return Err(Fault::new("must specify count or end in with_sequence")),
    };
    let step = usize::try_from(step).unwrap_or(1);
    let numbers = (start..=end).step_by(step).take(1_000_000);
    let text = |number: i128| match &format {
        Some(format) => super::super::format::percent(format, &Val::Int(number)),
        None => Ok(Val::str(number.to_string())),
    };
    numbers.map(text).collect()
}

fn indexed_items(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let found = items(env, terms, args)?.into_iter().enumerate();
    Ok(found.map(|(at, item)| Val::tuple(vec![Val::Int(at as i128), item])).collect())
}
