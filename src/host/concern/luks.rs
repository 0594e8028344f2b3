//! Encrypted devices that open by themselves when the host starts.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{CryptLine, LuksDevice, Opened, Packages, Resource},
    sealed::Sealed,
};

/// `luks_devices`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Luks {
    pub devices: Vec<Encrypted>,
}

/// An item of `luks_devices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encrypted {
    /// Below `/dev/mapper`.
    pub name: String,
    pub device: String,
    /// Where the host has the key.
    pub key: String,
    /// The key in hex, if the site brings it; else the host makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Sealed>,
    /// Of its line in `/etc/crypttab`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Topic for Luks {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.devices.is_empty() {
            return Ok(Vec::new());
        }
        let mut resources = vec![Packages::installed(["cryptsetup"]).into()];
        for Encrypted { name, device, key, given, options } in self.devices.clone() {
            let (opened, path) = (Opened { name: name.clone() }, key.clone());
            let encrypted = LuksDevice { name: name.clone(), device: device.clone(), key, given };
            resources.push(encrypted.into());
            resources.push(CryptLine { name, device, key: path, options }.into());
            resources.push(opened.into());
        }
        Ok(resources)
    }
}

#[cfg(test)]
#[path = "luks_tests.rs"]
mod tests;
