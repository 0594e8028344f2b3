//! Packages for the people who work on the host.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Packages, Resource},
};

/// `dev_tools_packages` and `dev_tools_packages_system`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevTools {
    pub packages: Vec<String>,
    /// Whether a host gets what its distribution needs beside, without which iptables lacks modules.
    #[serde(default)]
    pub with_modules: bool,
}

impl Topic for DevTools {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut packages = self.packages.clone();
        let is_tenth = host.facts.release.split('.').next() == Some("10");
        if self.with_modules && host.facts.family == Family::RedHat && is_tenth {
            packages.push("kernel-modules-extra-matched".into());
        }
        Ok(vec![Packages::installed(packages).into()])
    }
}
