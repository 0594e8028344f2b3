//! Filters on lists.

use std::sync::Arc;

use super::Filter;
use crate::ansible::template::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    meter,
    objects::Object,
    ops, strings, text,
    tree::{Binary, Comparison},
    value::{Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "list" => list,
        "length" | "count" => length,
        "first" => first,
        "last" => last,
        "join" => join,
        "sort" => sort,
        "reverse" => reverse,
        "unique" => unique,
        "flatten" => flatten,
        "min" => min,
        "max" => max,
        "sum" => sum,
        "subelements" => subelements,
        _ => return None,
    })
}

/// The part of an item that a dotted attribute names.
pub(super) fn attribute(item: &Val, path: &Val) -> Outcome {
    attribute_or(item, path, None)
}

/// The same; what stands in for a missing part is looked into for the parts after it.
pub(super) fn attribute_or(item: &Val, path: &Val, default: Option<&Val>) -> Outcome {
    let part_of = |found: &Val, part: &Val| {
        Ok(match (access::item(found, part)?, default) {
            (Val::Missing(_), Some(default)) => default.clone(),
            (found, _) => found,
        })
    };
    let path = match path {
        Val::None => return Ok(item.clone()),
        Val::Str(path) => path,
        other => return part_of(item, other),
    };
    path.split('.').try_fold(item.clone(), |found, part| {
        let index = part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
        part_of(&found, &index.map_or_else(|| Val::str(part), Val::Int))
    })
}

/// What items are compared by: an attribute, text in lower case.
pub(super) fn key_of(item: &Val, path: Option<&Val>, case_sensitive: bool) -> Outcome {
    let key = match path {
        Some(Val::None) | None => item.clone(),
        Some(path) => attribute(item, path)?,
    };
    Ok(match key.used()? {
        Val::Str(text) if !case_sensitive => Val::str(text.to_lowercase()),
        other => other,
    })
}

fn list(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    input.items().map(Val::list)
}

fn length(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    Ok(Val::Int(count(input)? as i128))
}

/// Python's `len(value)`.
pub(super) fn count(value: &Val) -> Outcome<usize> {
    Ok(match value {
        Val::List(list) => list.len(),
        Val::Dict(dict) => dict.len(),
        Val::Tuple(items) => items.len(),
        Val::Str(text) => text.chars().count(),
        Val::Object(object) if object.loop_length().is_some() => object.loop_length().unwrap_or(0),
        other => {
            let kind = other.type_name();
            let no_length = |_| Fault::new(format!("object of type '{kind}' has no len()"));
            other.iterate().map_err(no_length)?.len()
        }
    })
}

fn first(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let found = input.elements()?.into_iter().next();
    Ok(found.unwrap_or_else(|| Val::Missing(Fault::absent("No first item, sequence was empty."))))
}

fn last(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let found = input.elements()?.pop();
    Ok(found.unwrap_or_else(|| Val::Missing(Fault::absent("No last item, sequence was empty."))))
}

fn join(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let separator = args.take("d").map_or(Ok(String::new()), |text| text::str_of(&text))?;
    let path = args.take("attribute").filter(|path| !matches!(path, Val::None));
    let item = |item: &Val| match &path {
        Some(path) => text::str_of(&attribute(item, path)?),
        None => text::str_of(item),
    };
    let parts = input.items()?.iter().map(item).collect::<Outcome<Vec<_>>>()?;
    strings::glued(&parts, &separator)
}

fn sort(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let reverse = args.flag("reverse", false)?;
    let case_sensitive = args.flag("case_sensitive", false)?;
    let path = args.take("attribute");
    let paths: Vec<Val> = match &path {
        Some(Val::Str(path)) => path.split(',').map(Val::str).collect(),
        Some(path) => vec![path.clone()],
        None => vec![Val::None],
    };
    let key = |item: &Val| {
        let part = |path: &Val| key_of(item, Some(path), case_sensitive);
        // As parts of a whole, dicts that are equal need no order.
        paths.iter().map(part).collect::<Outcome<Vec<_>>>().map(Val::tuple)
    };
    let mut items = input.items()?;
    // Python keeps equal items in their order when it sorts in reverse.
    if reverse {
        items.reverse();
    }
    let mut sorted = super::sorted(items, key)?;
    if reverse {
        sorted.reverse();
    }
    Ok(Val::list(sorted))
}

fn reverse(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    if let Val::Str(text) = input {
        return Ok(Val::str(text.chars().rev().collect::<String>()));
    }
    let mut items = input.iterate()?;
    items.reverse();
    Ok(Val::list(items))
}

fn unique(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let asked = args.take("case_sensitive").unwrap_or_default();
    let path = args.take("attribute").filter(|path| !matches!(path, Val::None));
    // Only without these Ansible has another way to try, which lets what is undefined pass.
    let is_final =
        matches!(asked, Val::Bool(false)) || path.as_ref().map_or(Ok(false), Val::truth)?;
    let case_sensitive = asked.truth()?;
    let found = input.items().and_then(|items| hashed(&items, path.as_ref(), case_sensitive));
    Ok(Val::list(match found {
        Err(fault) if is_final => return Err(fault.raised("unique failed")),
        Err(_) => compared(input.items()?)?,
        Ok(found) => found,
    }))
}

/// The first of all equal items.
pub(super) fn distinct(items: Vec<Val>) -> Outcome<Vec<Val>> {
    hashed(&items, None, true).or_else(|_| compared(items))
}

/// The first items of those with equal keys, which must be hashable.
#[expect(clippy::mutable_key_type, reason = "a key is hashable, so it holds no list and no dict")]
fn hashed(items: &[Val], path: Option<&Val>, case_sensitive: bool) -> Outcome<Vec<Val>> {
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::new();
    for item in items {
        if seen.insert(Key::new(key_of(item, path, case_sensitive)?)?) {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

/// The first of all equal items, where not all are hashable: each is compared with all that are kept.
fn compared(items: Vec<Val>) -> Outcome<Vec<Val>> {
    let kept = Val::list(Vec::new());
    let Val::List(list) = &kept else { return Ok(Vec::new()) };
    for item in items {
        if !ops::contains(&kept, &item)? {
            list.change(|kept| kept.push(item));
        }
    }
    Ok(list.items())
}

fn flatten(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let levels = args.take("levels").filter(|levels| !matches!(levels, Val::None));
    let skip_nulls = args.flag("skip_nulls", true)?;
    let mut out = Vec::new();
    flatten_into(input.items()?, levels.as_ref(), skip_nulls, &mut out)?;
    Ok(Val::list(out))
}

/// What Python takes for a sequence that is no text.
fn is_sequence(value: &Val) -> bool {
    match value {
        Val::List(_) | Val::Tuple(_) => true,
        Val::Object(object) => matches!(object.as_ref(), Object::Range(_)),
        _ => false,
    }
}

/// How many levels are left inside a list; `None` if it is to stay as it is.
#[expect(clippy::cast_possible_truncation, reason = "Python cuts the fraction off too")]
fn deeper(levels: &Val) -> Outcome<Option<Val>> {
    let number = super::numbers::number(levels);
    let number = number.ok_or_else(|| Fault::new("levels must be a number"))?;
    Ok((number >= 1.0).then(|| Val::Int(number as i128 - 1)))
}

/// Takes lists in lists apart, as many levels deep.
pub(super) fn flatten_into(
    items: Vec<Val>,
    levels: Option<&Val>,
    skip_nulls: bool,
    out: &mut Vec<Val>,
) -> Outcome<()> {
    let _inside = meter::deeper()?;
    for item in items {
        if skip_nulls {
            // Asking whether it is a null evaluates it and what it holds.
            item.clone().used()?.seen()?;
        }
        match &item {
            Val::None if skip_nulls => {}
            Val::Str(text) if skip_nulls && matches!(&**text, "None" | "null") => {}
            _ if !is_sequence(&item) => out.push(item),
            _ => match levels.map(deeper).transpose()? {
                None => flatten_into(item.items()?, None, skip_nulls, out)?,
                Some(Some(rest)) => flatten_into(item.items()?, Some(&rest), skip_nulls, out)?,
                Some(None) => out.push(item),
            },
        }
    }
    Ok(())
}

fn extreme(input: &Val, args: &mut Args, better: Comparison) -> Outcome {
    let case_sensitive = args.flag("case_sensitive", false)?;
    let path = args.take("attribute");
    let mut best: Option<(Val, Val)> = None;
    // Each item is compared before the next one is looked at.
    for item in input.elements()? {
        let item = if matches!(input, Val::Tuple(_)) { item } else { item.used()? };
        let key = key_of(&item, path.as_ref(), case_sensitive)?;
        let wins = match &best {
            Some((known, _)) => ops::compare(better, &key, known)?,
            None => true,
        };
        if wins {
            best = Some((key, item));
        }
    }
    let empty = || Val::Missing(Fault::absent("No aggregated item, sequence was empty."));
    Ok(best.map_or_else(empty, |(_, item)| item))
}

fn min(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    extreme(input, args, Comparison::Less)
}

fn max(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    extreme(input, args, Comparison::Greater)
}

fn sum(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let path = args.take("attribute").filter(|path| !matches!(path, Val::None));
    let start = args.take("start").unwrap_or(Val::Int(0));
    if matches!(start, Val::Str(_)) {
        return Err(Fault::new("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let watched = !matches!(input, Val::Tuple(_));
    // One after the other, so that what cannot be added is told before a later one that is missing.
    input.elements()?.into_iter().try_fold(start, |total, item| {
        let item = if watched { item.used()? } else { item };
        let item = path.as_ref().map_or_else(|| Ok(item.clone()), |path| attribute(&item, path))?;
        ops::binary(Binary::Add, &total, &item)
    })
}

fn subelements(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let path = args.required("subelements")?;
    let path = match path {
        Val::Str(path) => path.split('.').map(Val::str).collect(),
        other => other.items()?,
    };
    let skip_missing = args.flag("skip_missing", false)?;
    let items = match input {
        Val::Dict(dict) => {
            let values = dict.pairs().into_iter().map(|(_, value)| value.used());
            values.collect::<Outcome<Vec<_>>>()?
        }
        Val::List(list) => list.items(),
        _ => return Err(Fault::new("obj must be a list of dicts or a nested dict")),
    };
    let mut pairs = Vec::new();
    for item in items {
        let found = path.iter().try_fold(item.clone(), |found, key| match &found {
            Val::Dict(_) | Val::Missing(_) => access::item(&found, key),
            other => {
                let (key, other) = (text::str_of(key)?, text::str_of(other)?);
                Err(Fault::new(format!(
                    "the key {key} should point to a dictionary, got '{other}'"
                )))
            }
        })?;
        match found {
            Val::Missing(fault) if skip_missing && fault.is_no_attribute() => {}
            Val::Missing(fault) if fault.undefined => {
                let (path, item) =
                    (text::repr(path.last().unwrap_or(&Val::None))?, text::repr(&item)?);
                return Err(Fault::new(format!(
                    "could not find {path} key in iterated item {item}"
                )));
            }
            Val::Missing(fault) => return Err(fault),
            Val::List(found) => {
                for part in found.items() {
                    pairs.push(Val::tuple(vec![item.clone(), part.used()?]));
                }
            }
            other => {
                let other = text::repr(&other)?;
                return Err(Fault::new(format!("the key should point to a list, got {other}")));
            }
        }
    }
    Ok(Val::list(pairs))
}
