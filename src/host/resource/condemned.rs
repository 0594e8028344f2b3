//! Something that holds data and that the site wants gone. It is told, and done by hand.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine};

/// A device or directory of devices that is not to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condemned {
    /// `array`, `volume`
    pub kind: String,
    pub path: String,
    /// The commands that remove it.
    pub by_hand: String,
}

impl Thing for Condemned {
    /// Whether it is there.
    type Seen = bool;

    fn key(&self) -> String {
        format!("condemned:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(machine.node(&self.path)?.is_some())
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let Self { kind, path, .. } = self;
        if *seen {
            vec![Change::new(format!("remove the {kind} {path}, by hand"))]
        } else {
            Vec::new()
        }
    }

    fn perform(&self, _machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        Err(Fault::new(format!("removing the {} {}", self.kind, self.path))
            .because("it may hold data, and Ymir removes no data unasked")
            .hint(format!("if nobody needs it: {}", self.by_hand)))
    }
}
