//! The host's name.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Hostname, Resource},
};

/// `kayobe_custom_hostname`, where `kayobe_customize_hostnames` is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
}

impl Topic for Named {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        Ok(vec![Hostname { name: self.name.clone() }.into()])
    }
}
