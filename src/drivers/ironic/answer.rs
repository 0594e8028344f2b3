//! Ironic's refusals: which of them pass by waiting, and their words unpacked from JSON inside JSON.

use serde_json::Value;

/// Ironic understood and said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub words: String,
}

impl Refusal {
    /// Whether somebody holds the node's lock.
    pub fn is_lock(&self) -> bool {
        self.status == 409 && self.words.contains("locked")
    }
}

/// A refusal that passes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    pub waits_for: String,
}

/// Whether waiting helps.
pub fn passing(refusal: &Refusal) -> Option<Passing> {
    let waits = |text: &str| Some(Passing { waits_for: text.to_owned() });
    match refusal.status {
        409 if refusal.is_lock() => {
            let holder = refusal
                .words
                .split("locked by host ")
                .nth(1)
                .and_then(|rest| rest.split(',').next());
            waits(&holder.map_or_else(
                || "waiting for the node's lock".to_owned(),
                |holder| format!("waiting for the node's lock, held by conductor {holder}"),
            ))
        }
        429 => waits("waiting because Ironic has too much to do"),
        502..=504 => waits("waiting for Ironic to be ready"),
        _ => None,
    }
}

/// The words of an error: Ironic packs them as `error_message`, as JSON or as text that holds JSON.
pub fn words(status: u16, body: &str) -> String {
    let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let message = match &parsed["error_message"] {
        Value::String(inner) => {
            serde_json::from_str(inner).unwrap_or_else(|_| Value::String(inner.clone()))
        }
        other => other.clone(),
    };
    let text = message["faultstring"].as_str().or(message.as_str()).unwrap_or(body).trim();
    if text.is_empty() { format!("HTTP status {status}") } else { shortened(text) }
}

/// A page of HTML or a traceback helps nobody.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 600;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unpacked() {
        let inner = r#"{"error_message": "{\"faultcode\": \"Client\", \"faultstring\": \"Node nope could not be found.\", \"debuginfo\": null}"}"#;
        let table = [
            (inner, "Node nope could not be found."),
            (r#"{"error_message": {"faultstring": "No."}}"#, "No."),
            (r#"{"error_message": "No."}"#, "No."),
            ("<html>", "<html>"),
            ("", "HTTP status 500"),
        ];
        for (body, wanted) in table {
            assert_eq!(words(500, body), wanted);
        }
    }

    #[test]
    fn a_lock_passes_and_a_conflict_does_not() {
        let refusal = |status, words: &str| Refusal { status, words: words.into() };
        let locked =
            "Node 1 is locked by host lab, please retry after the current operation is completed.";
        let waits = passing(&refusal(409, locked)).unwrap().waits_for;
        assert_eq!(waits, "waiting for the node's lock, held by conductor lab");
        assert_eq!(passing(&refusal(409, "A node with name a already exists.")), None);
        assert!(passing(&refusal(503, "")).is_some());
        assert!(passing(&refusal(429, "")).is_some());
        assert_eq!(passing(&refusal(400, "")), None);
    }
}
