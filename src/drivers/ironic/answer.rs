//! Ironic's refusals: which of them pass by waiting, and their words unpacked from JSON inside JSON.

use serde_json::Value;

use crate::{origin::Setting, trouble::Trouble};

/// Ironic understood and said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub words: String,
    /// The request, if the answer holds no words of Ironic's: it may come from something else.
    pub stranger: Option<Box<Stranger>>,
}

/// A request that was answered in words that are not Ironic's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// `GET http://host:6385/v1/nodes`
    pub request: String,
    /// Where the URL of Ironic is set, or what leads to it.
    pub setting: Setting,
    /// What names the URL of Ironic.
    pub named_by: String,
}

impl Stranger {
    /// Says how to find out who answers there.
    fn told(&self, trouble: Trouble) -> Trouble {
        trouble.set_by(&self.setting).hint(format!(
            "check that {} is the address of Ironic's API, and that no proxy or other service answers there",
            self.named_by
        ))
    }
}

impl Refusal {
    /// What was answered, and if it may not be Ironic that answered, to what.
    pub fn words(&self) -> String {
        let Some(stranger) = &self.stranger else { return self.words.clone() };
        let answer = format!("HTTP status {} in answer to {}", self.status, stranger.request);
        if self.words.is_empty() { answer } else { format!("{answer}: {}", self.words) }
    }

    /// As a trouble of `what` was tried.
    pub fn while_trying(&self, what: impl Into<String>) -> Trouble {
        let trouble = Trouble::host(what).because(self.words());
        self.stranger.iter().fold(trouble, |trouble, stranger| stranger.told(trouble))
    }

    /// Whether somebody holds the node's lock.
    pub fn is_lock(&self) -> bool {
        self.status == 409 && self.words.contains("locked")
    }

    /// Whether Ironic works on as many nodes as it may at once. A limit of its conductors' workers passes sooner.
    pub fn is_full(&self) -> bool {
        self.status == 503 && self.words.contains("concurrent action limit")
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

/// Ironic's words in an error: it packs them as `error_message`, as JSON or as text that holds JSON.
pub fn words(body: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let message = match &parsed["error_message"] {
        Value::String(inner) => {
            serde_json::from_str(inner).unwrap_or_else(|_| Value::String(inner.clone()))
        }
        other => other.clone(),
    };
    let text = message["faultstring"].as_str().or(message.as_str()).unwrap_or_default().trim();
    (!text.is_empty()).then(|| shortened(text))
}

/// A page of HTML or a traceback helps nobody.
pub fn shortened(text: &str) -> String {
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
            (inner, Some("Node nope could not be found.")),
            (r#"{"error_message": {"faultstring": "No."}}"#, Some("No.")),
            (r#"{"error_message": "No."}"#, Some("No.")),
            ("<html>", None),
            ("", None),
        ];
        for (body, wanted) in table {
            assert_eq!(words(body).as_deref(), wanted);
        }
    }

    #[test]
    fn a_lock_passes_and_a_conflict_does_not() {
        let refusal = |status, words: &str| Refusal { status, words: words.into(), stranger: None };
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
