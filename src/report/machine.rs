//! A run for machines: every event on standard output, as JSON lines or as YAML documents.

use super::{Report, write};
use crate::event::Stamped;

/// Writes each event as soon as it happens.
#[derive(Debug)]
pub struct Events {
    write: fn(&Stamped) -> Option<String>,
}

impl Events {
    /// One JSON object per line.
    pub fn json() -> Self {
        Self { write: |event| serde_json::to_string(event).ok().map(|line| line + "\n") }
    }

    /// One YAML document per event.
    pub fn yaml() -> Self {
        Self { write: |event| serde_yaml::to_string(event).ok().map(|text| format!("---\n{text}")) }
    }
}

impl Report for Events {
    fn event(&mut self, event: &Stamped) {
        let text = (self.write)(event).unwrap_or_default();
        write::stdout(&text);
    }
}
