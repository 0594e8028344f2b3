//! Words for a value of the wrong type.

use serde_json::Value;

/// Longer text is not repeated in a message.
const SHOWN: usize = 40;

/// What is expected in place of the whole value, if that is what serde's message is about.
pub(super) fn expected(message: &str) -> Option<String> {
    let whole = message.starts_with("invalid type: ")
        || message.starts_with("invalid value: ")
        || message.starts_with("expected ");
    let expected = message.rsplit_once("expected ").filter(|_| whole)?.1;
    Some(match expected {
        "u16" => "a whole number from 0 to 65535".into(),
        "u8" => "a whole number from 0 to 255".into(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i32" | "i64" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a string" | "path string" => "text".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        map if map == "a map" || map.starts_with("struct ") => "a map".into(),
        other => other.to_owned(),
    })
}

/// What is there instead.
pub(super) fn described(found: &Value, hidden: bool) -> String {
    match found {
        Value::Null => "nothing".into(),
        Value::Bool(_) | Value::Number(_) if hidden => "something else".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.is_empty() => "empty text".into(),
        Value::String(text) if hidden || text.len() > SHOWN || text.contains('\n') => "text".into(),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a map".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_have_words() {
        let told = |error: serde_json::Error| expected(&error.to_string());
        let number = serde_json::from_value::<u16>(json!("soon")).unwrap_err();
        assert_eq!(told(number).as_deref(), Some("a whole number from 0 to 65535"));
        let list = serde_json::from_value::<Vec<u8>>(json!(1)).unwrap_err();
        assert_eq!(told(list).as_deref(), Some("a list"));
        assert_eq!(expected("missing field `name`"), None);
    }

    #[test]
    fn values_are_described_but_secrets_are_not_shown() {
        let table = [
            (json!("soon"), false, "the text `soon`"),
            (json!("hunter2"), true, "text"),
            (json!(7), true, "something else"),
            (json!(-7), false, "the number -7"),
            (json!([1]), false, "a list"),
        ];
        for (value, hidden, expected) in table {
            assert_eq!(described(&value, hidden), expected);
        }
    }
}
