//! Something that nobody asks for any more and that others still use: all of it stays, and this is told.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine};

/// Keeps everything that the concern has put on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InUse {
    /// `podman`
    pub what: String,
    pub why: String,
    /// Nothing is told where nothing is Ymir's.
    pub own_only: bool,
}

impl Thing for InUse {
    type Seen = ();

    fn key(&self) -> String {
        format!("in-use:{}", self.what)
    }

    fn observe(&self, _machine: &Machine) -> Result<(), Fault> {
        Ok(())
    }

    fn diff(&self, _seen: &()) -> Vec<Change> {
        Vec::new()
    }

    fn perform(&self, _machine: &Machine, _seen: &()) -> Result<(), Fault> {
        Ok(())
    }
}
