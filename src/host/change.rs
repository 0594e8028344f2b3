//! What differs on a host, in words and line by line.

use serde::{Deserialize, Serialize};
use similar::TextDiff;

/// One thing that is not as wanted, or was not before it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `write /etc/hosts`
    pub text: String,
    /// The lines that differ, as `diff -u` shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<String>,
}

impl Change {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), lines: None }
    }

    /// A change of a text, with the lines that differ.
    pub fn of_text(text: impl Into<String>, before: &str, after: &str) -> Self {
        let lines =
            TextDiff::from_lines(before, after).unified_diff().context_radius(2).to_string();
        Self { text: text.into(), lines: Some(lines).filter(|lines| !lines.is_empty()) }
    }
}
