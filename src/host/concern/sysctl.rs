//! Parameters of the running kernel, and what they are after the next start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{KernelParameter, Resource, Setting},
};

/// `sysctl_parameters`, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sysctl {
    pub parameters: BTreeMap<String, String>,
}

impl Topic for Sysctl {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let both = |(name, value): (&String, &String)| {
            let kept = Setting {
                path: "/etc/sysctl.d/kayobe.conf".into(),
                section: String::new(),
                name: name.clone(),
                value: Some(value.clone()),
                between: "=",
                secret: false,
            };
            let now = KernelParameter { name: name.clone(), value: value.clone() };
            [Resource::from(kept), Resource::from(now)]
        };
        Ok(self.parameters.iter().flat_map(both).collect())
    }
}
