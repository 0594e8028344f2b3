//! A file system on a device that holds nothing yet.

use std::time::Duration;

use serde::Serialize;

use super::{Thing, signature::signature};
use crate::host::{
    change::Change, data::Held, fault::Fault, machine::Machine, programs::Call, record::Trace,
};

/// How long making one may take: a large disk is discarded first.
const LIMIT: Duration = Duration::from_hours(1);

/// A file system of this kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filesystem {
    pub device: String,
    pub kind: String,
    /// Of the program that makes it.
    pub options: Vec<String>,
}

impl Thing for Filesystem {
    /// What is recognised on the device.
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("filesystem:{}", self.device)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        // A link of LVM's leads to the device.
        if machine.node(&self.device)?.is_none() {
            return Ok(None);
        }
        signature(machine, &self.device)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        if seen.as_ref() == Some(&self.kind) {
            return Vec::new();
        }
        vec![Change::new(format!("make {} on {}", self.kind, self.device))]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        if let Some(found) = seen {
            return Err(Fault::new(format!("making {} on {}", self.kind, self.device))
                .because(format!("it holds {found}, and what holds something is never overwritten"))
                .hint(format!("say that it is {found}, or free the device by hand")));
        }
        let call = Call::new("mkfs", ["-t", &self.kind]).also(self.options.iter().cloned());
        machine.must(&call.also([self.device.clone()]).limit(LIMIT)).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let (device, format) = (self.device.clone(), self.kind.clone());
        Ok(Some(Trace::Data { held: Held::Filesystem { device, format } }))
    }
}
