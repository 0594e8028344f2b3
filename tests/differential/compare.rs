//! Whether two outcomes are the same: types count, the order of keys counts, and of failures the reason.

use serde_json::{Value, json};

use crate::{kinds, oracle::Outcome};

/// How Ymir's outcome differs from Ansible's answer; `None` if it does not.
pub(crate) fn difference(theirs: &Value, ours: &Outcome) -> Option<String> {
    at("", theirs, &as_value(ours))
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
            if failure(ours).is_some_and(is_bound) {
                return None;
            }
            if let (true, Some(own)) = (has_failed(theirs), failure(ours)) {
                return if kinds::same_reason(theirs, own) { None } else { differ() };
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

/// Whether Ymir stops at one of its bounds, which docs/templates.md lists: Ansible goes on.
fn is_bound(message: &str) -> bool {
    [
        "the number is too large",
        "numbers is too long",
        "complex numbers are not",
        "the decoded bytes are not",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Whether a text holds Python's own words for a function, with its types and addresses, which mean nothing elsewhere.
fn shows_python(text: &str) -> bool {
    // A loop over such a text puts dots between its letters, and filters make them large.
    let text = text.replace('.', "").to_lowercase();
    [
        "<bound method",
        "<built-in method",
        "<function",
        "<class",
        " object at 0x",
        "<macro ",
        "<generator",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// Whether a value is an answer of the oracle that tells of a failure.
fn has_failed(value: &Value) -> bool {
    ["error", "kind", "reason"].iter().all(|key| value[key].is_string())
}

fn failure(value: &Value) -> Option<&str> {
    value["error"].as_str().filter(|_| value.as_object().is_some_and(|map| map.len() == 1))
}
