//! SELinux: its configuration, the running kernel's mode, and the reboot that some changes need.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Packages, Resource, Selinux, SelinuxMode, Setting},
};

const CONFIG: &str = "/etc/selinux/config";

/// The `selinux_*` variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelinuxState {
    pub mode: SelinuxMode,
    /// Empty where the site leaves it as it is.
    pub policy: String,
    /// `selinux_do_reboot`
    pub reboots: bool,
    /// `selinux_reboot_timeout`: seconds that a host may take to come back.
    pub patience: u32,
    /// `selinux_update_kernel_param`
    pub command_line: bool,
}

impl SelinuxState {
    /// Whether it can keep people out, or takes the host away for a while.
    pub(super) fn is_risky(&self) -> bool {
        self.reboots || self.mode == SelinuxMode::Enforcing
    }

    /// How long the host may be away, if this takes it away.
    pub(super) fn away(&self) -> Option<u32> {
        self.reboots.then_some(self.patience)
    }

    fn option(name: &str, value: &str) -> Resource {
        let (path, section) = (CONFIG.into(), String::new());
        let value = Some(value.to_owned());
        Setting { path, section, name: name.into(), value, between: "=", secret: false }.into()
    }
}

impl Topic for SelinuxState {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if host.facts.family != Family::RedHat {
            return Ok(Vec::new());
        }
        let mut resources = vec![Packages::installed(["python3-libselinux"]).into()];
        // A host without it has no SELinux.
        if host.machine.node(CONFIG)?.is_none() {
            return Ok(resources);
        }
        if !self.policy.is_empty() {
            resources.push(Self::option("SELINUXTYPE", &self.policy));
        }
        resources.push(Selinux::Mode(self.mode).into());
        resources.push(Self::option("SELINUX", self.mode.word()));
        if self.command_line {
            resources.push(Selinux::CommandLine(self.mode).into());
        }
        let Self { mode, reboots, patience, .. } = *self;
        resources.push(Selinux::Booted { mode, reboots, patience }.into());
        Ok(resources)
    }
}

#[cfg(test)]
#[path = "selinux_tests.rs"]
mod tests;
