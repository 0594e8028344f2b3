//! Filters on dicts.

use std::sync::Arc;

use super::{Filter, lists};
use crate::ansible::template::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    meter, ops, text,
    tree::Binary,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "combine" => combine,
        "dict2items" => dict2items,
        "items2dict" => items2dict,
        "dictsort" => dictsort,
        "items" => items,
        "attr" => attr,
        "extract" => extract,
        "rekey_on_member" => rekey_on_member,
        _ => return None,
    })
}

fn dict_of(value: &Val, filter: &str) -> Outcome<Dict> {
    let value = value.clone().used()?;
    let dict = match &value {
        Val::Dict(dict) => Some(dict.clone()),
        Val::Object(object) => object.dict(),
        _ => None,
    };
    dict.ok_or_else(|| {
        let kind = value.type_name();
        Fault::new(format!("{filter} requires a dictionary, got '{kind}' instead."))
    })
}

fn combine(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let recursive = args.take_named("recursive").map_or(Ok(false), |flag| flag.truth())?;
    let lists = args.take_named("list_merge").unwrap_or_else(|| Val::str("replace"));
    let lists = text::str_of(&lists)?;
    let known = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"];
    if !known.contains(&&*lists) {
        return Err(Fault::new(format!("list_merge must be one of {}", known.join(", "))));
    }
    let mut terms = vec![input.clone()];
    terms.append(&mut args.positional);
    args.end()?;
    let mut dicts = Vec::new();
    lists::flatten_into(
        terms.into_iter().map(Val::used).collect::<Outcome<_>>()?,
        1,
        true,
        &mut dicts,
    )?;
    let mut merged: Option<Dict> = None;
    for dict in dicts {
        let dict = dict_of(&dict, "combine")?;
        merged = Some(match merged {
            Some(before) => merge(&before, &dict, recursive, &lists)?,
            None => dict,
        });
    }
    Ok(Val::Dict(merged.unwrap_or_else(|| Dict::new(indexmap::IndexMap::new()))))
}

/// Ansible's merge of `over` into `under`.
fn merge(under: &Dict, over: &Dict, recursive: bool, lists: &str) -> Outcome<Dict> {
    let _inside = meter::deeper()?;
    let mut merged = under.raw();
    for (key, new) in over.raw() {
        if !recursive && lists == "replace" {
            merged.insert(key, new);
            continue;
        }
        let Some(old) = merged.get(&key).cloned().map(Val::forced) else {
            merged.insert(key, new);
            continue;
        };
        let value = match (&old, &new.forced()) {
            (Val::Dict(old), Val::Dict(new)) if recursive => {
                Val::Dict(merge(old, new, recursive, lists)?)
            }
            (Val::List(_), new @ Val::List(_)) => merge_lists(&old, new, lists)?,
            (_, new) => new.clone(),
        };
        merged.insert(key, value);
    }
    Ok(Dict::new(merged))
}

fn merge_lists(old: &Val, new: &Val, how: &str) -> Outcome {
    let without = |items: &Val, others: &Val| -> Outcome {
        let mut kept = Vec::new();
        for item in items.items()? {
            if !ops::contains(others, &item)? {
                kept.push(item);
            }
        }
        Ok(Val::list(kept))
    };
    match how {
        "keep" => Ok(old.clone()),
        "append" => ops::binary(Binary::Add, old, new),
        "prepend" => ops::binary(Binary::Add, new, old),
        "append_rp" => ops::binary(Binary::Add, &without(old, new)?, new),
        "prepend_rp" => ops::binary(Binary::Add, new, &without(old, new)?),
        _ => Ok(new.clone()),
    }
}

fn dict2items(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let key_name = args.text_or("key_name", "key")?;
    let value_name = args.text_or("value_name", "value")?;
    let pairs = dict_of(input, "dict2items")?.raw().into_iter();
    let pair = |(key, value): (Key, Val)| {
        Val::dict([(key_name.as_str(), key.value()), (value_name.as_str(), value)])
    };
    Ok(Val::list(pairs.map(pair).collect()))
}

fn items2dict(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let key_name = Val::Str(args.text_or("key_name", "key")?.into());
    let value_name = Val::Str(args.text_or("value_name", "value")?.into());
    let mut made = indexmap::IndexMap::new();
    for item in input.items()? {
        let key = Key::new(access::item(&item, &key_name)?)?;
        made.insert(key, access::item(&item, &value_name)?.used()?);
    }
    Ok(Val::Dict(Dict::new(made)))
}

fn pairs_of(dict: &Dict) -> Vec<Val> {
    let pairs = dict.pairs().into_iter();
    pairs.map(|(key, value)| Val::tuple(vec![key.value(), value])).collect()
}

fn dictsort(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let case_sensitive = args.flag("case_sensitive", false)?;
    let by = args.text_or("by", "key")?;
    let reverse = args.flag("reverse", false)?;
    let at = Val::Int(i128::from(by == "value"));
    let pairs = pairs_of(&dict_of(input, "dictsort")?);
    let mut sorted = super::sorted(pairs, |pair| {
        lists::key_of(&access::item(pair, &at)?, None, case_sensitive)
    })?;
    if reverse {
        sorted.reverse();
    }
    Ok(Val::list(sorted))
}

fn items(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::list(pairs_of(&dict_of(input, "items")?)))
}

fn attr(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let name = args.text("name")?;
    Ok(access::attribute(input, &name))
}

fn extract(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let container = args.required("container")?;
    let more = match args.take("morekeys") {
        None | Some(Val::None) => Vec::new(),
        Some(Val::List(keys)) => keys.items(),
        Some(key) => vec![key],
    };
    let keys = std::iter::once(input.clone()).chain(more);
    let mut found = container;
    for key in keys {
        found = access::item(&found, &key)?;
    }
    Ok(found)
}

fn rekey_on_member(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let member = args.required("key")?;
    let duplicates = args.text_or("duplicates", "error")?;
    let items = match input {
        Val::Dict(dict) => dict.pairs().into_iter().map(|(_, value)| value).collect(),
        other => other.items()?,
    };
    let mut made = indexmap::IndexMap::new();
    for item in items {
        let key = Key::new(access::item(&item, &member)?)?;
        if duplicates == "error" && made.contains_key(&key) {
            let key = text::repr(key.as_val())?;
            return Err(Fault::new(format!("Key {key} is not unique, cannot convert to dict.")));
        }
        made.insert(key, item);
    }
    Ok(Val::Dict(Dict::new(made)))
}
