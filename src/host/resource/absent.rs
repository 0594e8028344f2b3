//! A file or link that must not be there.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Machine, Node, NodeKind},
};

/// Nothing stands at the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    pub path: String,
}

impl Thing for Absent {
    type Seen = Option<Node>;

    fn key(&self) -> String {
        format!("absent:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Node>, Fault> {
        machine.node(&self.path)
    }

    fn diff(&self, seen: &Option<Node>) -> Vec<Change> {
        seen.iter().map(|_| Change::new(format!("remove {}", self.path))).collect()
    }

    fn perform(&self, machine: &Machine, seen: &Option<Node>) -> Result<(), Fault> {
        match seen {
            Some(Node { kind: NodeKind::Directory, .. }) => {
                Err(Fault::new(format!("removing {}", self.path))
                    .because("a directory stands there, and what is in it is not known")
                    .hint("look into it and remove it by hand"))
            }
            Some(_) => machine.remove(&self.path),
            None => Ok(()),
        }
    }
}
