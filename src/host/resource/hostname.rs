//! The name that the host calls itself.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call};

/// The name in `/etc/hostname`, and of the running kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hostname {
    pub name: String,
}

impl Thing for Hostname {
    /// The kept name, and that of the kernel.
    type Seen = (String, String);

    fn key(&self) -> String {
        "hostname".into()
    }

    fn observe(&self, machine: &Machine) -> Result<Self::Seen, Fault> {
        let text = |path: &str| Ok(machine.text(path)?.unwrap_or_default().trim().to_owned());
        Ok((text("/etc/hostname")?, text("/proc/sys/kernel/hostname")?))
    }

    fn diff(&self, (kept, now): &Self::Seen) -> Vec<Change> {
        if *kept == self.name && *now == self.name {
            return Vec::new();
        }
        let before = if kept == &self.name { now } else { kept };
        vec![Change::new(format!("change the host's name from {before} to {}", self.name))]
    }

    fn perform(&self, machine: &Machine, _seen: &Self::Seen) -> Result<(), Fault> {
        machine.must(&Call::new("hostnamectl", ["set-hostname", self.name.as_str()])).map(drop)
    }
}
