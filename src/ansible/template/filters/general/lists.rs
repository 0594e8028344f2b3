//! Filters of several lists.

use std::sync::Arc;

use indexmap::IndexMap;

use super::sequence;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::{Filter, dicts, lists::distinct, sorted},
    ops, text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "lists_union" => |_: &Arc<Env>, input, args| folded(input, args, union),
        "lists_intersect" => |_: &Arc<Env>, input, args| folded(input, args, intersect),
        "lists_difference" => |_: &Arc<Env>, input, args| folded(input, args, difference),
        "lists_symmetric_difference" => {
            |_: &Arc<Env>, input, args| folded(input, args, symmetric_difference)
        }
        "lists_mergeby" => lists_mergeby,
        _ => return None,
    })
}

fn is_list(value: &Val) -> bool {
    matches!(value, Val::List(_) | Val::Tuple(_))
}

/// All lists, with the lists of a list of lists each by itself.
fn flattened(terms: Vec<Val>) -> Outcome<Vec<Val>> {
    let mut flat = Vec::new();
    for term in terms {
        if !is_list(&term) {
            return Err(Fault::new(format!(
                "All arguments must be lists, not {}",
                term.type_name()
            )));
        }
        let items = term.items()?;
        if items.iter().all(is_list) {
            flat.extend(items);
        } else {
            flat.push(term);
        }
    }
    Ok(flat)
}

fn folded(
    input: &Val,
    args: &mut Args,
    join: fn(Vec<Val>, Vec<Val>) -> Outcome<Vec<Val>>,
) -> Outcome {
    let flatten = args.take_named("flatten").map_or(Ok(false), |flag| flag.truth())?;
    let mut terms = vec![input.clone()];
    terms.append(&mut args.positional);
    let terms = terms.into_iter().map(Val::used).collect::<Outcome<Vec<_>>>()?;
    let terms = if flatten { flattened(terms)? } else { terms };
    let mut terms = terms.into_iter();
    let Some(first) = terms.next() else { return Ok(Val::list(Vec::new())) };
    if terms.len() == 0 {
        return Ok(first);
    }
    let mut found = first.items()?;
    for term in terms {
        found = join(found, term.items()?)?;
    }
    Ok(Val::list(found))
}

fn union(one: Vec<Val>, other: Vec<Val>) -> Outcome<Vec<Val>> {
    distinct([one, other].concat())
}

fn kept(items: Vec<Val>, others: Vec<Val>, wanted: bool) -> Outcome<Vec<Val>> {
    let others = Val::list(others);
    let mut kept = Vec::new();
    for item in items {
        if ops::contains(&others, &item)? == wanted {
            kept.push(item);
        }
    }
    distinct(kept)
}

fn intersect(one: Vec<Val>, other: Vec<Val>) -> Outcome<Vec<Val>> {
    kept(one, other, true)
}

fn difference(one: Vec<Val>, other: Vec<Val>) -> Outcome<Vec<Val>> {
    kept(one, other, false)
}

fn symmetric_difference(one: Vec<Val>, other: Vec<Val>) -> Outcome<Vec<Val>> {
    let both = intersect(one.clone(), other.clone())?;
    kept(union(one, other)?, both, false)
}

/// Merges the dicts of several lists that agree in one attribute, sorted by it.
fn lists_mergeby(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let recursive = args.take_named("recursive").map_or(Ok(false), |flag| flag.truth())?;
    let how =
        args.take_named("list_merge").map_or(Ok("replace".into()), |how| text::str_of(&how))?;
    let mut terms = vec![input.clone()];
    terms.append(&mut args.positional);
    let index = terms.pop().filter(|_| !terms.is_empty());
    let index =
        index.ok_or_else(|| Fault::new("At least one list and index are needed."))?.used()?;
    let mut lists = Vec::new();
    for term in terms {
        let items = sequence(&term.clone().used()?, "an argument before the index")?;
        match items.as_slice() {
            [] => {}
            items if items.iter().all(is_list) => lists.extend(items.iter().cloned()),
            _ => lists.push(term),
        }
    }
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_else(|| Val::list(Vec::new())));
    }
    let Val::Str(index) = index else {
        return Err(Fault::new("First argument after the lists must be string."));
    };
    let index = Key::text(&index);
    let mut merged = lists.pop().map_or(Ok(Vec::new()), |list| list.items())?;
    while let Some(list) = lists.pop() {
        merged = merged_two(list.items()?, merged, &index, (recursive, &how))?;
    }
    Ok(Val::list(merged))
}

fn merged_two(
    under: Vec<Val>,
    over: Vec<Val>,
    index: &Key,
    (recursive, how): (bool, &str),
) -> Outcome<Vec<Val>> {
    let mut found: IndexMap<Key, Dict> = IndexMap::new();
    for element in under.into_iter().chain(over) {
        let Val::Dict(dict) = element.used()? else {
            return Err(Fault::new(
                "Elements of list arguments for lists_mergeby must be dictionaries.",
            ));
        };
        let Some(value) = dict.get(index) else { continue };
        let key = Key::new(value.used()?)?;
        let before = found.get(&key).cloned().unwrap_or_else(|| Dict::new(IndexMap::new()));
        let merged = dicts::merge(&before, &dict, recursive, how)?;
        // As in Python's `update`, keys keep their places.
        let mut pairs = before.raw();
        pairs.extend(merged.raw());
        found.insert(key, Dict::new(pairs));
    }
    sorted(found.into_values().map(Val::Dict).collect(), |dict| match dict {
        Val::Dict(dict) => dict.get(index).map_or(Ok(Val::None), Val::used),
        _ => Ok(Val::None),
    })
}
