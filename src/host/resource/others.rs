//! Files that must not be there: all with a beginning of their names but those that are asked for.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine};

/// A directory has no other files whose names begin so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Others {
    pub directory: String,
    pub prefix: String,
    /// The names of those that stay.
    pub names: Vec<String>,
}

impl Others {
    pub fn new(directory: &str, prefix: &str, names: Vec<String>) -> Self {
        Self { directory: directory.into(), prefix: prefix.into(), names }
    }

    /// Whether it decides about something that the record knows: then nobody else takes that away.
    pub(super) fn decides(&self, key: &str) -> bool {
        key.starts_with(&format!("file:{}/{}", self.directory, self.prefix))
    }

    /// The files that must go.
    pub(super) fn paths(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
        if self.prefix.is_empty() {
            return Err(Fault::new(format!("looking for files to remove in {}", self.directory))
                .because("every file would be meant: the beginning of their names is empty"));
        }
        let names = machine.names(&self.directory)?.into_iter();
        let others =
            names.filter(|name| name.starts_with(&self.prefix) && !self.names.contains(name));
        Ok(others.map(|name| format!("{}/{name}", self.directory)).collect())
    }
}

impl Thing for Others {
    type Seen = Vec<String>;

    fn key(&self) -> String {
        format!("others:{}/{}", self.directory, self.prefix)
    }

    fn observe(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
        self.paths(machine)
    }

    fn diff(&self, seen: &Vec<String>) -> Vec<Change> {
        seen.iter().map(|path| Change::new(format!("remove {path}"))).collect()
    }

    fn perform(&self, machine: &Machine, seen: &Vec<String>) -> Result<(), Fault> {
        seen.iter().try_for_each(|path| machine.remove(path))
    }
}
