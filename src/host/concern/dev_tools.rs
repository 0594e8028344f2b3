//! Packages for the people who work on the host.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Packages, Resource},
};

/// `dev_tools_packages` and `dev_tools_packages_system`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevTools {
    pub packages: Vec<String>,
}

impl Topic for DevTools {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        Ok(vec![Packages::installed(self.packages.clone()).into()])
    }
}
