//! Filters that find their way in nested lists and dicts.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ansible::template::{
    access,
    call::Args,
    checks,
    env::Env,
    fault::{Fault, Outcome},
    filters::Filter,
    ops, text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "get_path" => get_path,
        "to_paths" => to_paths,
        "index_of" => index_of,
        "param_list_compare" => param_list_compare,
        _ => return None,
    })
}

/// A list of one is its item, unless a list is asked for.
fn one_or_all(mut found: Vec<Val>, wants_list: bool) -> Val {
    if found.len() == 1 && !wants_list { found.remove(0) } else { Val::list(found) }
}

fn get_path(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let path = args.text("path")?;
    let wants_list = args.flag("wantlist", false)?;
    let template = format!("{{{{ value.{path} }}}}");
    let template =
        if path.starts_with('[') { template.replacen("value.", "value", 1) } else { template };
    let origin = &crate::ansible::template::parse::Origin::FILE;
    let found =
        env.render_with(&template, origin, vec![("value".into(), input.clone())])?.used()?;
    Ok(match found {
        Val::List(_) => found,
        other if wants_list => Val::list(vec![other]),
        other => other,
    })
}

fn to_paths(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let prepend = args.text_or("prepend", "")?;
    let wants_list = args.flag("wantlist", false)?;
    let mut found = IndexMap::new();
    walked(input, &prepend, &mut found)?;
    let paths = Val::Dict(Dict::new(found));
    Ok(if wants_list { Val::list(vec![paths]) } else { paths })
}

fn walked(value: &Val, path: &str, out: &mut IndexMap<Key, Val>) -> Outcome<()> {
    match value.clone().used()? {
        Val::List(list) if list.len() > 0 => {
            for (at, item) in list.items().iter().enumerate() {
                walked(item, &format!("{path}[{at}]"), out)?;
            }
        }
        Val::Dict(dict) if dict.len() > 0 => {
            for (key, value) in dict.pairs() {
                walked(&value, &below(path, &key)?, out)?;
            }
        }
        other => {
            out.insert(Key::text(path), other);
        }
    }
    Ok(())
}

/// The path to a key: with a dot if the key is a name, else in brackets.
fn below(path: &str, key: &Key) -> Outcome<String> {
    let shown = text::repr(key.as_val())?;
    let name = key.as_val().as_str().filter(|name| {
        name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
    });
    Ok(match name {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path.is_empty() => text::str_of(key.as_val())?,
        None => format!("{path}[{shown}]"),
    })
}

fn index_of(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let test = args.text("test")?;
    let value = args.take("value").filter(|value| !matches!(value, Val::None));
    let key = args.take("key").filter(|key| !matches!(key, Val::None));
    let fail_on_missing = args.flag("fail_on_missing", false)?;
    let wants_list = args.flag("wantlist", false)?;
    let (wanted, test) = match test.strip_prefix("not ").or_else(|| test.strip_prefix('!')) {
        Some("=") => (false, "=="),
        Some(test) => (false, test),
        None => (true, &*test),
    };
    let value = match value {
        Some(value) if test == "in" && !matches!(value, Val::List(_)) => {
            Some(Val::list(vec![value]))
        }
        value => value,
    };
    let mut found = Vec::new();
    for (at, item) in input.items()?.into_iter().enumerate() {
        let part = match &key {
            Some(key) => access::item(&item, key)?,
            None => item,
        };
        if matches!(part, Val::Missing(_)) {
            if fail_on_missing {
                let key = text::repr(&key.unwrap_or(Val::None))?;
                return Err(Fault::new(format!(
                    "Error when using plugin 'index_of': {key} was not found at [{at}]"
                )));
            }
            continue;
        }
        let args = Args::of(value.iter().cloned().collect());
        if checks::apply(env, test, part, args).truth()? == wanted {
            found.push(Val::Int(at as i128));
        }
    }
    Ok(one_or_all(found, wants_list))
}

fn param_list_compare(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let base = input.items()?;
    let (mut chosen, mut removed, mut unsupported) = (Vec::new(), Vec::new(), Vec::new());
    let mut combined: Vec<Val> = Vec::new();
    for item in args.required("target")?.items()? {
        let name = text::str_of(&item)?;
        if name == "all" {
            combined.clone_from(&base);
        } else if let Some(name) = name.strip_prefix('!') {
            removed.push(Val::str(name));
        } else if ops::contains(input, &item)? {
            chosen.push(item);
        } else {
            unsupported.push(item);
        }
    }
    let mut kept = Vec::new();
    for item in combined {
        if !ops::contains(&Val::list(removed.clone()), &item)? {
            kept.push(item);
        }
    }
    for item in chosen {
        if !ops::contains(&Val::list(kept.clone()), &item)? {
            kept.push(item);
        }
    }
    let kept = crate::ansible::template::filters::sorted(kept, |item| Ok(item.clone()))?;
    Ok(Val::dict([("actionable", Val::list(kept)), ("unsupported", Val::list(unsupported))]))
}
