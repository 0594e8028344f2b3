//! Values as JSON, and JSON as values.

use std::sync::Arc;

use serde_json::{Number, Value};

use super::{
    fault::{Fault, Faulty, Outcome},
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
                // A key that can be none is a fault only when its value is there.
                let value = converted(&value, depth)?;
                Ok((key_text(&key.finished()?)?, value))
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
    stored(value, DEEPEST)
}

fn stored(value: &Val, depth: usize) -> Outcome {
    let depth = depth.checked_sub(1).ok_or_else(|| {
        Fault::new("Recursive loop detected in template: the value contains itself")
    })?;
    let list = |items: Vec<Val>| {
        let items = items.iter().map(|item| stored(item, depth));
        Ok(Val::list(items.collect::<Outcome<_>>()?))
    };
    match value.clone().used()? {
        Val::List(found) => list(found.items()),
        Val::Tuple(items) => list(items.to_vec()),
        Val::Dict(dict) => {
            let pair = |(key, value): (Key, Val)| {
                stored(key.as_val(), depth)?;
                Ok((key, stored(&value, depth)?))
            };
            let pairs = dict.pairs().into_iter().map(pair);
            Ok(Val::Dict(Dict::new(pairs.collect::<Outcome<_>>()?)))
        }
        Val::Object(object) => match object.as_ref() {
            Object::Moment(_) => Ok(Val::Object(Arc::clone(&object))),
            Object::HostVars(_) if object.dict().is_some() => {
                stored(&object.dict().map_or(Val::None, Val::Dict), depth)
            }
            other => Err(unrepresentable(other.type_name())),
        },
        other @ (Val::Omit | Val::Blank) => Err(unrepresentable(other.type_name())),
        other => Ok(other),
    }
}

fn unrepresentable(kind: &str) -> Faulty {
    Fault::new(format!("cannot represent a value of type '{kind}'"))
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
        Val::Object(object) if let Object::Moment(moment) = object.as_ref() => {
            Ok(moment.to_string())
        }
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
