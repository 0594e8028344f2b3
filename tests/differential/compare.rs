//! Whether two outcomes are the same: types count, the order of keys counts, and of errors what is missing.

use serde_json::{Value, json};

use crate::oracle::Outcome;

/// How Ymir's outcome differs from Ansible's; `None` if it does not.
pub(crate) fn difference(theirs: &Outcome, ours: &Outcome) -> Option<String> {
    at("", &as_value(theirs), &as_value(ours))
}

/// An outcome as part of a value.
pub(crate) fn as_value(outcome: &Outcome) -> Value {
    match outcome {
        Ok(value) => json!({ "value": value }),
        Err(error) => json!({ "error": error }),
    }
}

fn at(path: &str, theirs: &Value, ours: &Value) -> Option<String> {
    let differ = || Some(format!("{path}: Ansible {theirs}, Ymir {ours}"));
    match (theirs, ours) {
        (Value::Object(one), Value::Object(other)) => {
            if let (Some(error), Some(own)) = (failure(theirs), failure(ours)) {
                return if same_reason(error, own) { None } else { differ() };
            }
            if !one.keys().eq(other.keys()) {
                return differ();
            }
            one.iter().find_map(|(key, value)| at(&format!("{path}.{key}"), value, &other[key]))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.find_map(|(index, (one, other))| at(&format!("{path}[{index}]"), one, other))
        }
        (Value::String(text), _) if shows_python(text) => None,
        _ if theirs == ours => None,
        _ => differ(),
    }
}

/// Whether a text holds Python's own words for a function, with its types and addresses, which mean nothing elsewhere.
fn shows_python(text: &str) -> bool {
    ["<bound method", "<built-in method", "<function", "<class", " object at 0x", "<Macro "]
        .iter()
        .any(|words| text.contains(words))
}

fn failure(value: &Value) -> Option<&str> {
    value["error"].as_str().filter(|_| value.as_object().is_some_and(|map| map.len() == 1))
}

/// Both fail, and what Ansible misses, Ymir names.
fn same_reason(theirs: &str, ours: &str) -> bool {
    missing(theirs).is_none_or(|name| ours.contains(name))
}

/// What Ansible says is missing: `'name' is undefined`.
fn missing(message: &str) -> Option<&str> {
    let (before, _) = message.split_once("' is undefined")?;
    before.rsplit_once('\'').map(|(_, name)| name)
}
