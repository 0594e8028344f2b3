//! The host's time zone.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{File, Link, Packages, Resource},
};

/// `timezone`: a name such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timezone {
    pub name: String,
}

impl Topic for Timezone {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let target = format!("/usr/share/zoneinfo/{}", self.name);
        let mut resources = vec![
            Packages::installed(["tzdata"]).into(),
            Link { path: "/etc/localtime".into(), target }.into(),
        ];
        if host.facts.family == Family::Debian {
            resources.push(File::new("/etc/timezone", format!("{}\n", self.name)).into());
        }
        Ok(resources)
    }
}
