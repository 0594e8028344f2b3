//! A line inside a file of somebody else's, before another one.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

/// A line before the last one that begins with `before`. A file that is not there needs no line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inserted {
    pub path: String,
    pub line: String,
    pub before: String,
}

impl Inserted {
    fn edited(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let line = format!("{}\n", self.line);
        let at = lines.iter().rposition(|line| line.starts_with(&self.before));
        lines.insert(at.unwrap_or(lines.len()), &line);
        lines.concat()
    }
}

impl Thing for Inserted {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("line:{}:{}", self.path, self.line)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let Some(before) = seen else { return Vec::new() };
        if before.lines().any(|line| line == self.line) {
            return Vec::new();
        }
        let text = format!("put `{}` into {}", self.line.trim(), self.path);
        vec![Change::of_text(text, before, &self.edited(before))]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let Some(before) = seen else { return Ok(()) };
        machine.write(&self.path, self.edited(before).as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let put = || Trace::Line { path: self.path.clone(), lines: vec![self.line.clone()] };
        Ok(seen.is_some().then(put))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}
