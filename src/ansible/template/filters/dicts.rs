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
    let mut terms = vec![input.clone()];
    terms.append(&mut args.positional);
    args.end()?;
    let mut dicts = Vec::new();
    lists::flatten_into(
        terms.into_iter().map(Val::used).collect::<Outcome<_>>()?,
        Some(&Val::Int(1)),
        true,
        &mut dicts,
    )?;
    // Ansible begins with the last ones.
    let mut rest = dicts.into_iter().rev();
    let Some(mut merged) = rest.next() else { return Ok(Val::dict::<&str>([])) };
    let known = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"];
    for dict in rest {
        if !known.contains(&&*lists) {
            return Err(Fault::new(format!("list_merge must be one of {}", known.join(", "))));
        }
        let (under, over) = (dict_of(&dict, "combine")?, dict_of(&merged, "combine")?);
        merged = Val::Dict(merge(&under, &over, recursive, &lists)?);
    }
    Ok(merged)
}

/// Ansible's merge of `over` into `under`.
pub(super) fn merge(under: &Dict, over: &Dict, recursive: bool, lists: &str) -> Outcome<Dict> {
    let _inside = meter::deeper()?;
    let (one, other) = (Val::Dict(under.clone()), Val::Dict(over.clone()));
    one.seen()?;
    if under.len() == 0 {
        return Ok(over.clone());
    }
    other.seen()?;
    if ops::equal(&one, &other)? {
        return Ok(over.clone());
    }
    if over.len() == 0 {
        return Ok(under.clone());
    }
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
        Ok(Val::dict([(key_name.as_str(), key.value()), (value_name.as_str(), value.used()?)]))
    };
    Ok(Val::list(pairs.map(pair).collect::<Outcome<_>>()?))
}

fn items2dict(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let key_name = args.take("key_name").unwrap_or_else(|| Val::str("key"));
    let value_name = args.take("value_name").unwrap_or_else(|| Val::str("value"));
    if !matches!(input, Val::List(_) | Val::Tuple(_)) {
        let kind = input.type_name();
        return Err(Fault::new(format!("items2dict requires a list, got {kind} instead.")));
    }
    let made = input.items().and_then(|items| items_by(&items, &key_name, &value_name));
    // Ansible shows the list then, and so fails if anything in it is missing.
    made.or_else(|fault| text::repr(input).and(Err(fault)))
}

fn items_by(items: &[Val], key_name: &Val, value_name: &Val) -> Outcome {
    let mut made = indexmap::IndexMap::new();
    for item in items {
        let part = |name: &Val| access::subscript(item, name);
        made.insert(Key::new(part(key_name)?)?, part(value_name)?);
    }
    Ok(Val::Dict(Dict::new(made)))
}

fn pairs_of(dict: &Dict) -> Outcome<Vec<Val>> {
    let pairs = dict.pairs().into_iter();
    pairs.map(|(key, value)| Ok(Val::tuple(vec![key.value(), value.used()?]))).collect()
}

fn dictsort(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let case_sensitive = args.flag("case_sensitive", false)?;
    let by = args.take("by").unwrap_or_else(|| Val::str("key"));
    let by = by.as_str().filter(|by| ["key", "value"].contains(by)).map(str::to_owned);
    let by = by.ok_or_else(|| Fault::new("You can only sort by either \"key\" or \"value\""))?;
    let reverse = args.flag("reverse", false)?;
    let at = Val::Int(i128::from(by == "value"));
    let pairs = pairs_of(&dict_of(input, "dictsort")?)?;
    let mut sorted = super::sorted(pairs, |pair| {
        lists::key_of(&access::item(pair, &at)?, None, case_sensitive)
    })?;
    if reverse {
        sorted.reverse();
    }
    Ok(Val::list(sorted))
}

fn items(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    if let Val::Blank = input {
        return Ok(Val::list(Vec::new()));
    }
    pairs_of(&dict_of(input, "items")?).map(Val::list)
}

fn attr(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let name = args.only_text("name")?;
    Ok(access::own_or_missing(input, &name))
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
    if !["error", "overwrite"].contains(&&*duplicates) {
        return Err(Fault::new(format!(
            "duplicates parameter to rekey_on_member has unknown value '{duplicates}'"
        )));
    }
    let items = match input {
        Val::Dict(dict) => dict.pairs().into_iter().map(|(_, value)| value).collect(),
        Val::Str(_) => return Err(Fault::new("Type is not a valid list, set, or dict")),
        other => other.elements()?,
    };
    let mut made = indexmap::IndexMap::new();
    let wanted = Key::new(member)?;
    for item in items {
        let Val::Dict(dict) = item.clone().used()? else {
            return Err(Fault::new("List item is not a valid dict"));
        };
        let missing = || Fault::new(format!("Key {:?} was not found.", wanted.as_val()));
        let key = Key::new(dict.get(&wanted).ok_or_else(missing)?)?;
        if duplicates == "error" && made.contains_key(&key) {
            let key = text::repr(key.as_val())?;
            return Err(Fault::new(format!("Key {key} is not unique, cannot convert to dict.")));
        }
        made.insert(key, item);
    }
    Ok(Val::Dict(Dict::new(made)))
}
