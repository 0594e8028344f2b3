//! One line of a file that is somebody else's.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

/// A line of a file. Of the lines that begin with `start`, it is the last one, which is what counts in files of
/// settings; without any it is added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub path: String,
    /// What the line is found by, `http_proxy=`.
    pub start: String,
    /// The whole line.
    pub line: String,
    /// Holds a secret, which is never shown.
    pub secret: bool,
}

impl Line {
    fn edited(&self, text: &str) -> String {
        let last = lines(text).enumerate().filter(|(_, line)| begins(line, &self.start)).last();
        let Some((last, found)) = last else {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            return format!("{text}{gap}{}\n", self.line);
        };
        if found.trim_end_matches('\n') == self.line {
            return text.to_owned();
        }
        let replaced = lines(text).enumerate().map(|(index, line)| {
            if index == last { format!("{}\n", self.line) } else { line.to_owned() }
        });
        replaced.collect()
    }
}

/// Whether a text begins with another one, and with a whole word of it: `127.0.0.10` does not with `127.0.0.1`.
pub(super) fn begins(text: &str, start: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let rest = text.strip_prefix(start);
    rest.is_some_and(|rest| !(rest.starts_with(is_of_word) && start.ends_with(is_of_word)))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}

impl Thing for Line {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("line:{}:{}", self.path, self.start)
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
        let text = format!("change the line `{}…` of {}", self.start, self.path);
        vec![if self.secret { Change::new(text) } else { Change::of_text(text, before, &after) }]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let after = self.edited(seen.as_deref().unwrap_or_default());
        machine.write(&self.path, after.as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, _seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let (path, lines) = (self.path.clone(), vec![self.line.clone()]);
        Ok(Some(Trace::Line { path, lines }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(wanted: &str) -> Line {
        let line = wanted.to_owned();
        Line { path: "/etc/environment".into(), start: "p=".into(), line, secret: false }
    }

    #[test]
    fn one_line_is_edited() {
        let table = [
            ("", "p=1\n"),
            ("a", "a\np=1\n"),
            ("a\nb\n", "a\nb\np=1\n"),
            ("p=0\na\n", "p=1\na\n"),
            ("p=0\np=2\na\n", "p=0\np=1\na\n"),
            // The last one counts.
            ("p=1\np=2\n", "p=1\np=1\n"),
        ];
        for (before, after) in table {
            assert_eq!(line("p=1").edited(before), after, "{before:?}");
        }
    }

    #[test]
    fn a_line_that_is_there_is_left_where_it_is() {
        for before in ["p=1\na\n", "p=2\np=1\na\n", "a\np=1"] {
            assert_eq!(line("p=1").diff(&Some(before.into())), [], "{before:?}");
        }
        assert_eq!(line("p=1").diff(&None).len(), 1);
    }

    #[test]
    fn a_beginning_ends_with_a_word() {
        let table = [
            ("127.0.0.1 localhost", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.10 other", "127.0.0.1", false),
            ("p=1", "p=", true),
            ("# p=1", "p=", false),
        ];
        for (text, start, is) in table {
            assert_eq!(begins(text, start), is, "{text:?} {start:?}");
        }
    }
}
