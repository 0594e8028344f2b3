//! Devices that virtual machines get: the kernel's parameters for it.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{BootArguments, Refresh, Resource, Way, boot_arguments},
};

/// What hosts of the group `iommu` get; others nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Iommu {
    pub on: bool,
    /// `iommu_pt`: devices of the host itself are not translated.
    pub passthrough: bool,
}

impl Topic for Iommu {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if !self.on {
            return Ok(Vec::new());
        }
        let processor = host.machine.text("/proc/cpuinfo")?.unwrap_or_default();
        let intel = processor.contains("Intel").then(|| "intel_iommu=on".to_owned());
        let passthrough = self.passthrough.then(|| "iommu=pt".to_owned());
        let arguments: Vec<String> = intel.into_iter().chain(passthrough).collect();
        if arguments.is_empty() {
            return Ok(Vec::new());
        }
        let is_debian = host.facts.family == Family::Debian;
        let calls = Way::Run(boot_arguments::calls(is_debian, &arguments, &[]));
        let one = |argument| BootArguments { arguments: vec![argument] }.into();
        let mut set: Vec<Resource> = arguments.into_iter().map(one).collect();
        let load = Refresh::after("write the boot loader's configuration", calls, &set);
        set.push(load.into());
        Ok(set)
    }
}

#[cfg(test)]
#[path = "iommu_tests.rs"]
mod tests;
