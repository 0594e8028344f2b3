//! A file whose content is others': it is there, and has its permissions.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine, Node},
    record::{self, Trace},
};

/// A file with whatever content; made empty, it has this mode and is root's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Touched {
    pub path: String,
    pub mode: u32,
    /// Whether a file that was there before keeps the mode that it has.
    pub lenient: bool,
}

impl Thing for Touched {
    type Seen = Option<Node>;

    fn key(&self) -> String {
        format!("touched:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Node>, Fault> {
        machine.node(&self.path)
    }

    fn diff(&self, seen: &Option<Node>) -> Vec<Change> {
        let Self { path, mode, lenient } = self;
        match seen {
            None => vec![Change::new(format!("make {path}"))],
            Some(node) if !lenient && node.mode != *mode => {
                let text = format!("set the mode of {path} from {:04o} to {mode:04o}", node.mode);
                vec![Change::new(text)]
            }
            Some(_) => Vec::new(),
        }
    }

    fn perform(&self, machine: &Machine, seen: &Option<Node>) -> Result<(), Fault> {
        let access = Access::of_root(self.mode);
        match seen {
            None => machine.write(&self.path, b"", &access),
            Some(_) => machine.set_access(&self.path, &access),
        }
    }

    /// Goes again as long as nobody has written into it.
    fn trace(&self, _machine: &Machine, seen: &Option<Node>) -> Result<Option<Trace>, Fault> {
        let (path, contents) = (self.path.clone(), vec![record::digest(b"")]);
        Ok(seen.is_none().then_some(Trace::File { path, contents, original: None }))
    }
}
