//! How Python writes values: `str` and `repr`.

use std::{fmt::Write as _, num::IntErrorKind};

use super::{
    characters, digits,
    fault::{Fault, Faulty, Outcome},
    meter,
    objects::Object,
    value::{DEEPEST, Dict, Key, Val},
    watch,
};

/// Python's `str(value)`; a missing value is a fault.
pub(super) fn str_of(value: &Val) -> Outcome<String> {
    match value.clone().used()? {
        Val::Str(text) => {
            meter::text(text.len());
            meter::checked()?;
            Ok(text.to_string())
        }
        Val::Blank => Ok(String::new()),
        Val::Object(object) => object.text().map_or_else(|| repr(&Val::Object(object)), Ok),
        other => repr(&other),
    }
}

/// The text of a value that stands in a template beside others: tuples are printed as lists there.
pub(super) fn printed(value: &Val) -> Outcome<String> {
    str_of(&finished(value, DEEPEST)?)
}

/// A value as it leaves its template: without tuples, `omit` and templates.
fn finished(value: &Val, depth: usize) -> Outcome {
    let depth = depth.checked_sub(1).ok_or_else(contains_itself)?;
    let list = |items: &[Val]| {
        let items = items.iter().map(|item| item.clone().forced());
        let items = items.filter(|item| !matches!(item, Val::Omit));
        Ok(Val::list(items.map(|item| finished(&item, depth)).collect::<Outcome<_>>()?))
    };
    match value.clone().used()? {
        Val::List(found) => list(&found.raw()),
        Val::Tuple(items) if !items.is_group => list(&items),
        Val::Dict(dict) => {
            let pairs = dict.pairs().into_iter().filter(|(_, value)| !matches!(value, Val::Omit));
            // A key that can be none is a fault only when its value is there.
            let pair = |(key, value): (Key, Val)| {
                let value = finished(&value, depth)?;
                Ok((key.finished()?, value))
            };
            Ok(Val::Dict(Dict::new(pairs.map(pair).collect::<Outcome<_>>()?)))
        }
        other => Ok(other),
    }
}

fn contains_itself() -> Faulty {
    Fault::endless()
}

/// The text of a path.
pub(super) fn path_of(value: &Val) -> Outcome<String> {
    match value.clone().used()? {
        Val::Str(text) => Ok(text.to_string()),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("expected str, bytes or os.PathLike object, not {kind}")))
        }
    }
}

/// The text of a value that must be text, because a filter calls a method of text on it.
pub(super) fn only_text(value: &Val, method: &str) -> Outcome<String> {
    match value.clone().used()? {
        Val::Str(text) => Ok(text.to_string()),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("'{kind}' object has no attribute '{method}'")))
        }
    }
}

/// Python's `repr(value)`.
pub(super) fn repr(value: &Val) -> Outcome<String> {
    repr_at(value, DEEPEST)
}

fn repr_at(value: &Val, depth: usize) -> Outcome<String> {
    let depth = depth.checked_sub(1).ok_or_else(contains_itself)?;
    meter::steps(1);
    meter::checked()?;
    let repr = |value: &Val| repr_at(value, depth);
    let joined = |items: &[Val]| {
        Ok::<_, Faulty>(items.iter().map(repr).collect::<Outcome<Vec<_>>>()?.join(", "))
    };
    let value = value.clone().used()?;
    if watch::is_strict() {
        // A filter looks at all items before it looks into the first one.
        value.seen()?;
    }
    let text = match value {
        Val::None => "None".into(),
        Val::Bool(true) => "True".into(),
        Val::Bool(false) => "False".into(),
        Val::Int(number) => number.to_string(),
        Val::Float(number) => float(number),
        Val::Str(text) => quoted(&text),
        Val::List(list) => format!("[{}]", joined(&list.items())?),
        Val::Tuple(items) if items.len() == 1 => format!("({},)", repr(&items[0])?),
        Val::Tuple(items) => format!("({})", joined(&items)?),
        Val::Dict(dict) => {
            let pair = |(key, value): (Key, Val)| {
                Ok(format!("{}: {}", repr(key.as_val())?, repr(&value)?))
            };
            let pairs = dict.pairs().into_iter().map(pair).collect::<Outcome<Vec<_>>>()?;
            format!("{{{}}}", pairs.join(", "))
        }
        Val::Omit => "<<Omit>>".into(),
        Val::Object(object) => match (shown(&object)?, object.items()) {
            (Some(text), _) => text,
            (None, Some(items)) => format!("[{}]", joined(&items)?),
            (None, None) => format!("<{}>", object.type_name()),
        },
        Val::Missing(fault) => return Err(fault),
        Val::Blank => "Undefined".into(),
        Val::Lazy(_) => String::new(),
    };
    meter::text(text.len());
    meter::room(text.len())?;
    Ok(text)
}

/// How Python writes an object. Where Ansible has methods of its own for lists and dicts, all in these shows.
fn shown(object: &Object) -> Outcome<Option<String>> {
    if let Object::Method { base, name } = object {
        let own = match base {
            Val::List(_) => &["copy", "index", "pop", "remove", "sort"][..],
            Val::Dict(_) => &["copy", "get", "items", "pop", "popitem", "setdefault", "values"],
            _ => &[],
        };
        if own.contains(name) && holds_templates(base, DEEPEST) {
            repr(base)?;
        }
    }
    Ok(object.repr())
}

/// Whether a template is among the items, as in variables only.
fn holds_templates(value: &Val, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut inside = match value {
        Val::Lazy(_) => return true,
        Val::List(list) => list.raw().into_iter(),
        Val::Dict(dict) => dict.raw().into_values().collect::<Vec<_>>().into_iter(),
        _ => return false,
    };
    inside.any(|item| holds_templates(&item, depth))
}

/// Python's shortest text of a float.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let value: i32 = exponent.parse().unwrap_or(0);
        let sign = if value < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", value.abs());
    }
    let text = number.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A string as Python would write it in source.
pub(super) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if characters::is_printable(c) => out.push(c),
            c => {
                let _written = match u32::from(c) {
                    code @ ..0x100 => write!(out, "\\x{code:02x}"),
                    code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// A number in a string, as Python's `int` and `float` accept it: spaces around, `_` between digits.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i128> {
    parse_whole(text, base).ok().flatten()
}

/// [`parse_int`]; a fault where the number is too large.
pub(super) fn parse_whole(text: &str, base: u32) -> Outcome<Option<i128>> {
    let text = &*digits::plain(text.trim());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter();
    let (base, digits) = prefix
        .filter(|(_, own)| base == *own || base == 0)
        .find_map(|(prefix, own)| Some((own, lower.strip_prefix(prefix)?)))
        .unwrap_or((if base == 0 { 10 } else { base }, &lower));
    let odd_lines = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if odd_lines || digits.starts_with(['+', '-']) {
        return Ok(None);
    }
    match i128::from_str_radix(&digits.replace('_', ""), base) {
        Ok(number) => Ok(Some(if negative { -number } else { number })),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Err(Fault::new("the number is too large"))
        }
        Err(_) => Ok(None),
    }
}

/// Python's `float(text)`.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = digits::plain(text.trim());
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let between = |at: usize| at > 0 && is_digit(at - 1) && is_digit(at + 1);
    let lines = chars.iter().enumerate().filter(|(_, c)| **c == '_');
    if !lines.map(|(at, _)| at).all(between) {
        return None;
    }
    text.replace('_', "").parse().ok()
}
