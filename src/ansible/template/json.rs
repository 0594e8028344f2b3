//! Values as JSON, and JSON as values.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use super::{
    fault::{Fault, Outcome},
    meter,
    objects::Object,
    text,
    value::{DEEPEST, Dict, Key, Val},
};

/// A value with everything in it evaluated; `omit` drops out of lists and dicts.
pub(super) fn from_val(value: &Val) -> Outcome<Value> {
    converted(value, DEEPEST)
}

fn converted(value: &Val, depth: usize) -> Outcome<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::endless());
    };
    meter::items(1, 1);
    meter::checked()?;
    let list = |items: Vec<Val>| {
        let items = items.iter().filter(|item| !matches!(item, Val::Omit));
        items.map(|item| converted(item, depth)).collect::<Outcome<Vec<_>>>().map(Value::Array)
    };
    match value.clone().used()? {
        Val::None => Ok(Value::Null),
        Val::Bool(value) => Ok(Value::Bool(value)),
        Val::Int(number) => Ok(integer(number)),
        Val::Float(number) => Ok(Number::from_f64(number).map_or(Value::Null, Value::Number)),
        Val::Str(text) => {
            meter::text(text.len());
            Ok(Value::String(text.to_string()))
        }
        Val::List(found) => list(found.items()),
        Val::Tuple(items) => list(items.items()),
        Val::Dict(dict) => {
            let pairs = dict.pairs().into_iter().filter(|(_, value)| !matches!(value, Val::Omit));
            let pair = |(key, value): (Key, Val)| {
                Ok((key_text(&key.finished()?)?, converted(&value, depth)?))
            };
            pairs.map(pair).collect::<Outcome<_>>().map(Value::Object)
        }
        Val::Omit => Err(Fault::new("A template was resolved to an Omit scalar.")),
        Val::Object(object) => match object.as_ref() {
            Object::Moment(moment) => Ok(Value::String(moment.iso("T"))),
            other => {
                let kind = other.type_name();
                Err(Fault::new(format!("Type '{kind}' is unsupported for variable storage.")))
            }
        },
        Val::Blank => Err(Fault::new("Type 'Undefined' is unsupported for variable storage.")),
        Val::Missing(fault) => Err(fault),
        Val::Lazy(thunk) => converted(&thunk.force(), depth),
    }
}

/// A value as it is stored: nothing in it is left to be evaluated, and its keys keep their types.
pub(super) fn settled(value: &Val) -> Outcome {
    // What cannot be stored is found, and what contains itself ends.
    from_val(value)?;
    Ok(stored(value))
}

fn stored(value: &Val) -> Val {
    let list = |items: Vec<Val>| {
        let items = items.iter().filter(|item| !matches!(item, Val::Omit));
        Val::list(items.map(stored).collect())
    };
    match value.clone().forced() {
        Val::List(found) => list(found.items()),
        Val::Tuple(items) => list(items.to_vec()),
        Val::Dict(dict) => {
            let pairs = dict.pairs().into_iter().filter(|(_, value)| !matches!(value, Val::Omit));
            Val::Dict(Dict::new(pairs.map(|(key, value)| (key, stored(&value))).collect()))
        }
        Val::Object(object) => match object.as_ref() {
            Object::Moment(moment) => Val::str(moment.iso("T")),
            _ => Val::Object(object),
        },
        other => other,
    }
}

fn integer(number: i128) -> Value {
    if let Ok(number) = i64::try_from(number) {
        return Value::from(number);
    }
    if let Ok(number) = u64::try_from(number) {
        return Value::from(number);
    }
    large(number)
}

/// JSON values hold no larger integers, so these lose their last digits.
#[expect(clippy::cast_precision_loss, reason = "there is no exact form")]
fn large(number: i128) -> Value {
    Number::from_f64(number as f64).map_or(Value::Null, Value::Number)
}

/// How Python's `json` writes a key.
fn key_text(key: &Key) -> Outcome<String> {
    match key.as_val() {
        Val::None => Ok("null".into()),
        Val::Bool(value) => Ok(value.to_string()),
        other => text::str_of(other),
    }
}

/// JSON as a value without templates.
pub(super) fn to_val(json: &Value) -> Val {
    match json {
        Value::Null => Val::None,
        Value::Bool(value) => Val::Bool(*value),
        Value::Number(number) => {
            match number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)) {
                Some(number) => Val::Int(number),
                None => Val::Float(number.as_f64().unwrap_or(f64::NAN)),
            }
        }
        Value::String(text) => Val::str(text),
        Value::Array(items) => Val::list(items.iter().map(to_val).collect()),
        Value::Object(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (Key::text(key), to_val(value)));
            Val::Dict(Dict::new(pairs.collect()))
        }
    }
}

/// How JSON text is laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) indent: Option<usize>,
    pub(super) sort_keys: bool,
    pub(super) ascii: bool,
    pub(super) separators: (String, String),
}

/// The levels of all lines that JSON has if each item has its own.
pub(super) fn levels(json: &Value, level: usize) -> usize {
    let inside = |items: usize, deeper: usize| level + items * (level + 1) + deeper;
    match json {
        Value::Array(items) => {
            inside(items.len(), items.iter().map(|item| levels(item, level + 1)).sum())
        }
        Value::Object(pairs) => {
            inside(pairs.len(), pairs.values().map(|item| levels(item, level + 1)).sum())
        }
        _ => 0,
    }
}

/// JSON as Python's `json.dumps` writes it.
pub(super) fn write(json: &Value, layout: &Layout) -> String {
    let mut out = String::new();
    write_at(json, layout, 0, &mut out);
    out
}

fn write_at(json: &Value, layout: &Layout, level: usize, out: &mut String) {
    match json {
        Value::String(text) => write_text(text, layout.ascii, out),
        Value::Number(number) if number.is_f64() => {
            out.push_str(&text::float(number.as_f64().unwrap_or(0.0)));
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, layout, level, out);
                write_at(item, layout, level + 1, out);
            }
            break_line(layout, level, out);
            out.push(']');
        }
        Value::Object(pairs) if !pairs.is_empty() => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            if layout.sort_keys {
                pairs.sort_by_key(|(key, _)| *key);
            }
            out.push('{');
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                separate(at, layout, level, out);
                write_text(key, layout.ascii, out);
                out.push_str(&layout.separators.1);
                write_at(value, layout, level + 1, out);
            }
            break_line(layout, level, out);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn separate(at: usize, layout: &Layout, level: usize, out: &mut String) {
    if at > 0 {
        out.push_str(&layout.separators.0);
    }
    break_line(layout, level + 1, out);
}

fn break_line(layout: &Layout, level: usize, out: &mut String) {
    if let Some(indent) = layout.indent {
        out.push('\n');
        out.push_str(&" ".repeat(indent * level));
    }
}

fn write_text(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ascii && c > '~') => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _written = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
