//! The BMC of a host: how it is spoken to, and what can be asked of it.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::{
    origin::{Setting, Sourced},
    secret::SecretRef,
};

/// A host's BMC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bmc {
    /// As it is shown to people: a URL, or `host port 623`.
    pub address: Sourced<String>,
    pub way: Way,
    /// Without it, the BMC is spoken to without a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    pub patience: Patience,
}

/// The protocol that a BMC is spoken to in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Way {
    Redfish(Redfish),
    Ipmi(Ipmi),
}

impl Way {
    /// The protocol's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Redfish(_) => "Redfish",
            Self::Ipmi(_) => "IPMI",
        }
    }
}

/// A service that speaks Redfish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redfish {
    /// The service root, `https://10.0.0.1/redfish/v1/`.
    pub root: String,
    /// The path of the host's system, where the service has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Sourced<String>>,
    pub trust: Trust,
    pub entrance: Entrance,
}

/// What makes a BMC's certificate one to send a password to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trust", rename_all = "snake_case")]
pub enum Trust {
    /// The authorities that this machine trusts.
    System { setting: Setting },
    /// The authorities in a file or directory.
    Authorities { path: Sourced<Utf8PathBuf> },
    /// Exactly this certificate, by its SHA-256 in hexadecimal digits.
    Pinned { digest: Sourced<String> },
    /// Anything: the operator said so.
    Unverified { setting: Setting },
    /// There is no TLS.
    Plain { setting: Setting },
}

impl Trust {
    /// What has to be said of it each time, because a password is not safe there.
    pub fn warning(&self) -> Option<String> {
        match self {
            Self::System { .. } | Self::Authorities { .. } | Self::Pinned { .. } => None,
            Self::Unverified { setting } => Some(format!(
                "the certificate of its BMC is not verified, so whoever is on the way can read the password: {setting}"
            )),
            Self::Plain { setting } => Some(format!(
                "its BMC is spoken to without TLS, so whoever is on the way can read the password: {setting}"
            )),
        }
    }

    /// The setting to correct when a certificate is refused.
    pub fn setting(&self) -> &Setting {
        match self {
            Self::System { setting } | Self::Unverified { setting } | Self::Plain { setting } => {
                setting
            }
            Self::Authorities { path } => &path.setting,
            Self::Pinned { digest } => &digest.setting,
        }
    }
}

/// How one logs in to a Redfish service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// A session where there are some, else the password with every request.
    Auto,
    Basic,
    Session,
}

/// A BMC that speaks IPMI 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipmi {
    pub host: String,
    pub port: u16,
    /// The only cipher suite to accept; without it the best that both sides know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<Sourced<u8>>,
    pub privilege: Privilege,
    /// Where the BMC's own key is found, if it has one beside the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<SecretRef>,
}

/// How much a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    User = 2,
    Operator = 3,
    Administrator = 4,
}

/// User name and password, found where they are set when they are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub username: SecretRef,
    pub password: SecretRef,
    /// Where each is set, for messages.
    pub username_setting: Setting,
    pub password_setting: Setting,
}

/// How long is waited, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// For one answer.
    pub answer: Sourced<u64>,
    /// Until the power is as it was asked for.
    pub power: Sourced<u64>,
}

/// Whether a host has power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    On,
    Off,
}

impl Power {
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// What a host boots from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// What its own settings say: nothing overrides them.
    Default,
    Pxe,
    Disk,
    Cdrom,
    /// The setup of its firmware.
    Bios,
    /// Something that Ymir has no word for.
    Other,
}

impl Device {
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Pxe => "pxe",
            Self::Disk => "disk",
            Self::Cdrom => "cdrom",
            Self::Bios => "bios",
            Self::Other => "something else",
        }
    }
}

/// How the firmware boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firmware {
    Uefi,
    Legacy,
}

impl Firmware {
    pub fn word(self) -> &'static str {
        match self {
            Self::Uefi => "UEFI",
            Self::Legacy => "legacy BIOS",
        }
    }
}

/// What a host is to boot, or boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    pub device: Device,
    /// Only at the next boot.
    pub once: bool,
    /// How the firmware boots; left as it is where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Firmware>,
}

impl Boot {
    /// Whether a host that boots like this boots as is wanted.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        // Without an override there is nothing that could last.
        let lasts = wanted.device == Device::Default || self.once == wanted.once;
        let firmware = wanted.firmware.is_none() || self.firmware == wanted.firmware;
        self.device == wanted.device && lasts && firmware
    }

    /// In a few words: `pxe at the next boot, UEFI`.
    pub fn words(&self) -> String {
        let lasts = match self.device {
            Device::Default => "",
            _ if self.once => " at the next boot",
            _ => " from now on",
        };
        let firmware =
            self.firmware.map_or_else(String::new, |firmware| format!(", {}", firmware.word()));
        format!("{}{lasts}{firmware}", self.device.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_is_compared() {
        let boot = |device, once, firmware| Boot { device, once, firmware };
        let uefi = Some(Firmware::Uefi);
        let table = [
            (boot(Device::Pxe, true, uefi), boot(Device::Pxe, true, None), true),
            (boot(Device::Pxe, false, uefi), boot(Device::Pxe, true, None), false),
            (boot(Device::Pxe, true, None), boot(Device::Pxe, true, uefi), false),
            (boot(Device::Default, true, None), boot(Device::Default, false, None), true),
            (boot(Device::Disk, false, uefi), boot(Device::Cdrom, false, uefi), false),
        ];
        for (is, wanted, satisfied) in table {
            assert_eq!(is.satisfies(&wanted), satisfied, "{} / {}", is.words(), wanted.words());
        }
    }
}
