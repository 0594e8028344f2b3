//! Whether the processor can run virtual machines: a hypervisor that cannot is told so before it is made one.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine};

/// The processor has VT-x or AMD-V, and the firmware lets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Virtualisation;

impl Thing for Virtualisation {
    type Seen = ();

    fn key(&self) -> String {
        "virtualisation".into()
    }

    fn observe(&self, machine: &Machine) -> Result<(), Fault> {
        let text = machine.text("/proc/cpuinfo")?.unwrap_or_default();
        let flags = text.lines().filter(|line| line.starts_with("flags"));
        let mut flags = flags.flat_map(str::split_whitespace);
        if flags.any(|flag| flag == "vmx" || flag == "svm") {
            return Ok(());
        }
        Err(Fault::new("looking whether the processor can run virtual machines")
            .because("it says neither vmx nor svm")
            .hint(
                "turn virtualisation on in the firmware, or set `libvirt_host_require_vt: false` to do without",
            ))
    }

    fn diff(&self, _seen: &()) -> Vec<Change> {
        Vec::new()
    }

    fn perform(&self, _machine: &Machine, _seen: &()) -> Result<(), Fault> {
        Ok(())
    }
}
