//! One line of a file that is somebody else's.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

/// A line of a file. Of the lines that begin with `start`, it is the last one; without any it is added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub path: String,
    /// What the line is found by, `http_proxy=`.
    pub start: String,
    /// The whole line; `None` for no line with that beginning.
    pub line: Option<String>,
    /// Holds a secret, which is never shown.
    pub secret: bool,
}

impl Line {
    fn edited(&self, text: &str) -> String {
        let begins = |line: &str| line.starts_with(&self.start);
        let Some(wanted) = &self.line else {
            return lines(text).filter(|line| !begins(line)).collect();
        };
        let last = lines(text).enumerate().filter(|(_, line)| begins(line)).last();
        let Some((last, _)) = last else {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            return format!("{text}{gap}{wanted}\n");
        };
        let replaced = lines(text).enumerate().map(|(index, line)| {
            if index == last { format!("{wanted}\n") } else { line.to_owned() }
        });
        replaced.collect()
    }
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
        let same =
            |wanted: &String| lines(before).any(|line| line.trim_end_matches('\n') == wanted);
        if self.line.as_ref().is_some_and(same) {
            return Vec::new();
        }
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
        let put =
            |line: &String| Trace::Line { path: self.path.clone(), lines: vec![line.clone()] };
        Ok(self.line.as_ref().map(put))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(wanted: Option<&str>) -> Line {
        let line = wanted.map(str::to_owned);
        Line { path: "/etc/environment".into(), start: "p=".into(), line, secret: false }
    }

    #[test]
    fn one_line_is_edited() {
        let table = [
            ("", Some("p=1"), "p=1\n"),
            ("a", Some("p=1"), "a\np=1\n"),
            ("a\nb\n", Some("p=1"), "a\nb\np=1\n"),
            ("p=0\na\n", Some("p=1"), "p=1\na\n"),
            ("p=0\np=2\na\n", Some("p=1"), "p=0\np=1\na\n"),
            ("p=0\na\n", None, "a\n"),
            ("a", None, "a"),
        ];
        for (before, wanted, after) in table {
            assert_eq!(line(wanted).edited(before), after, "{before:?} {wanted:?}");
        }
    }

    #[test]
    fn a_line_that_is_there_is_left_where_it_is() {
        assert_eq!(line(Some("p=1")).diff(&Some("p=1\np=2\n".into())), []);
        assert_eq!(line(None).diff(&None), []);
        assert_eq!(line(Some("p=1")).diff(&None).len(), 1);
    }
}
