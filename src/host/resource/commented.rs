//! Lines of a file of the distribution's that must not count.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::{self, Trace},
};

/// Lines that begin so stand behind `# `.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commented {
    pub path: String,
    pub start: String,
}

impl Commented {
    fn edited(&self, text: &str) -> String {
        let line = |line: &str| {
            if line.starts_with(&self.start) { format!("# {line}") } else { line.to_owned() }
        };
        text.split_inclusive('\n').map(line).collect()
    }
}

impl Thing for Commented {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("commented:{}:{}", self.path, self.start)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let Some(before) = seen else { return Vec::new() };
        let after = self.edited(before);
        if *before == after {
            return Vec::new();
        }
        vec![Change::of_text(
            format!("comment out `{}…` of {}", self.start, self.path),
            before,
            &after,
        )]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let after = self.edited(seen.as_deref().unwrap_or_default());
        machine.write(&self.path, after.as_bytes(), &Access::default())
    }

    fn trace(&self, machine: &Machine, seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let Some(before) = seen else { return Ok(None) };
        let original = Some(record::keep_original(machine, &self.path, before.as_bytes())?);
        let contents = vec![record::digest(self.edited(before).as_bytes())];
        Ok(Some(Trace::File { path: self.path.clone(), contents, original }))
    }
}
