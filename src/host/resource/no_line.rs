//! Lines that must not be in a file of somebody else's.

use serde::Serialize;

use super::{Thing, line::begins};
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
};

/// No line that begins with `start` and has a word that is or begins with `word` behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoLine {
    pub path: String,
    /// `127.0.1.1`
    pub start: String,
    /// `ctl0`; `ctl0.example` is found by it, and `ctl01` is not.
    pub word: String,
}

impl NoLine {
    fn is_meant(&self, line: &str) -> bool {
        let named = |word: &str| begins(word, &self.word);
        begins(line, &self.start)
            && line[self.start.len()..].split_inclusive(char::is_whitespace).skip(1).any(named)
    }

    fn edited(&self, text: &str) -> String {
        text.split_inclusive('\n').filter(|line| !self.is_meant(line)).collect()
    }
}

impl Thing for NoLine {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("no-line:{}:{}", self.path, self.start)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let before = seen.as_deref().unwrap_or_default();
        let after = self.edited(before);
        if before == after {
            return Vec::new();
        }
        let text = format!("remove the line `{} {}` of {}", self.start, self.word, self.path);
        vec![Change::of_text(text, before, &after)]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let after = self.edited(seen.as_deref().unwrap_or_default());
        machine.write(&self.path, after.as_bytes(), &Access::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_name_go() {
        let own =
            NoLine { path: "/etc/hosts".into(), start: "127.0.1.1".into(), word: "ctl0".into() };
        let table = [
            ("127.0.1.1 ctl0\n", true),
            ("127.0.1.1\tctl0.example ctl0\n", true),
            ("127.0.1.1 ctl0.example\n", true),
            ("127.0.1.1 other ctl0", true),
            ("127.0.1.1 ctl01\n", false),
            ("127.0.1.1 other\n", false),
            ("127.0.1.1 other-ctl0\n", false),
            ("127.0.1.10 ctl0\n", false),
            ("# 127.0.1.1 ctl0\n", false),
            ("10.0.0.1 ctl0\n", false),
        ];
        for (line, goes) in table {
            let text = format!("127.0.0.1 localhost\n{line}");
            assert_eq!(own.edited(&text) != text, goes, "{line:?}");
        }
    }
}
