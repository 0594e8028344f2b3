//! Puts stars where a value shows a secret.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::secret::MASK;

/// A shorter secret is only recognised as a whole: its letters occur everywhere by chance.
const RECOGNISABLE: usize = 4;

/// A value that was made with secrets, with stars in place of them. What shows none of the secrets as they are may
/// show them in another form, such as a hash, so then all its text goes.
pub(super) fn secrets(value: &Value, secrets: &BTreeSet<String>, whole: bool) -> Value {
    let known: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.trim_end())
        .filter(|secret| !secret.is_empty())
        .collect();
    let shows = |text: &str| {
        let shows_one = |secret: &&str| {
            text.trim_end() == *secret || (secret.len() >= RECOGNISABLE && text.contains(*secret))
        };
        known.iter().any(shows_one)
    };
    let masked = mask(value, &shows);
    if whole || masked == *value { mask(&masked, &|_| true) } else { masked }
}

fn mask(value: &Value, shows: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::String(text) if shows(text) => MASK.into(),
        Value::Number(number) if shows(&number.to_string()) => MASK.into(),
        Value::Array(items) => items.iter().map(|item| mask(item, shows)).collect(),
        Value::Object(pairs) => {
            let masked = pairs.iter().map(|(key, value)| (key.clone(), mask(value, shows)));
            masked.collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_what_was_made_from_them_are_masked() {
        let known = BTreeSet::from(["hunter2\n".to_owned(), "x".to_owned()]);
        let table = [
            (json!("hunter2"), json!("******")),
            (json!({"a": "p=hunter2;", "b": "text"}), json!({"a": "******", "b": "text"})),
            (json!(["x", "text"]), json!(["******", "text"])),
            (json!("$6$made$from$it"), json!("******")),
            (json!(true), json!(true)),
        ];
        for (value, expected) in table {
            assert_eq!(secrets(&value, &known, false), expected, "{value}");
        }
        assert_eq!(
            secrets(&json!({"a": 1, "b": "c"}), &known, true),
            json!({"a": "******", "b": "******"})
        );
    }
}
