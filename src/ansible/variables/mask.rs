//! Puts stars where a value shows a secret.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::secret::{MASK, is_secret_key};

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

/// Text line by line, with stars instead of the values in lines that show a secret or that `hides` names.
pub(super) fn lines(
    text: &str,
    secrets: &BTreeSet<String>,
    hides: impl Fn(usize) -> bool,
) -> String {
    let parts = secrets.iter().flat_map(|secret| secret.lines()).map(str::trim);
    let known: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let shows = |line: &str| {
        let value = line.split_once(['=', ':']).map_or(line, |(_, value)| value);
        let value = value.trim().trim_matches(['"', '\'']);
        known.iter().any(|secret| {
            value == *secret || (secret.len() >= RECOGNISABLE && line.contains(secret))
        })
    };
    let shown = text.lines().any(shows);
    let hidden = |at: usize, line: &str| match (hides(at), known.is_empty()) {
        (true, _) => true,
        (false, true) => false,
        (false, false) => !shown || shows(line),
    };
    let masked = text.lines().enumerate().map(|(at, line)| {
        let stars = hidden(at, line) && !line.trim().is_empty();
        if stars { starred(line) } else { line.to_owned() }
    });
    masked.map(|line| line + "\n").collect()
}

/// A line whose value is stars; the name before it stays.
fn starred(line: &str) -> String {
    let named = |name: &str| {
        let letters = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
        !name.trim().is_empty() && name.chars().all(letters)
    };
    match line.split_once(['=', ':']) {
        Some((name, _)) if named(name) => {
            format!("{name}{} {MASK}", &line[name.len()..=name.len()])
        }
        _ => MASK.to_owned(),
    }
}

/// A value with stars in place of text under keys of its maps that name secrets: `names`, and what secrets are called
/// everywhere. Templates have been evaluated.
pub(super) fn keys(value: Value, names: &BTreeSet<String>) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| keys(item, names)).collect(),
        Value::Object(pairs) => {
            let masked = pairs.into_iter().map(|(key, value)| {
                let hides = names.contains(&key) || (value.is_string() && is_secret_key(&key));
                let value = if hides { mask(&value, &|_| true) } else { keys(value, names) };
                (key, value)
            });
            masked.collect::<serde_json::Map<_, _>>().into()
        }
        other => other,
    }
}

/// All text and numbers in a value.
pub(super) fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Number(number) => drop(found.insert(number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(pairs) => pairs.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn mask(value: &Value, shows: &dyn Fn(&str) -> bool) -> Value {
    match value {
        // Nobody learns more from stars than that nothing is set.
        Value::String(text) if !text.is_empty() && shows(text) => MASK.into(),
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
    fn keys_that_are_secrets_everywhere_hide_text() {
        let value = json!({
            "ipmi_hex_kg_key": "0a", "Password": "b", "password_file": "/p", "token_needed": true, "own": "c", "name": "d",
        });
        let shown = keys(value, &BTreeSet::from(["own".to_owned()]));
        let wanted = json!({
            "ipmi_hex_kg_key": MASK, "Password": MASK, "password_file": "/p", "token_needed": true, "own": MASK, "name": "d",
        });
        assert_eq!(shown, wanted);
    }

    #[test]
    fn lines_with_secrets_keep_their_names() {
        let known = BTreeSet::from(["hunter2\nsecond line".to_owned(), "x".to_owned()]);
        let table = [
            ("user = me\npassword = hunter2\n", "user = me\npassword = ******\n"),
            ("a: 'x'\nb: xx\n  second line\n", "a: ******\nb: xx\n******\n"),
            ("made = from it\n\n[section]\n", "made = ******\n\n******\n"),
        ];
        for (text, expected) in table {
            assert_eq!(lines(text, &known, |_| false), expected);
        }
        assert_eq!(lines("a = 1\nb = 2", &BTreeSet::new(), |at| at == 1), "a = 1\nb = ******\n");
    }

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
