//! Something that holds data and that the site wants gone. It goes when the operator has named it, too.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, data::Held, fault::Fault, machine::Machine};

/// Something that is not to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condemned {
    pub held: Held,
}

impl Thing for Condemned {
    /// Whether it is there.
    type Seen = bool;

    fn key(&self) -> String {
        format!("condemned:{}", self.held.name())
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        self.held.is_there(machine)
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen { vec![self.held.removal()] } else { Vec::new() }
    }

    /// What was named is removed in another way.
    fn perform(&self, _machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        Err(Fault::new(self.held.removal().text.replacen("remove", "removing", 1))
            .because("it may hold data, and Ymir removes no data unasked")
            .hint(format!(
                "if nobody needs it, name it: `--confirm-removal HOST:{}`",
                self.held.name()
            )))
    }
}
