//! Encrypted devices that open by themselves when the host starts.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{
        Bound, CryptLine, LuksDevice, NoKey, Opened, Packages, Pin, Refresh, Resource, Unit, Way,
    },
    sealed::Sealed,
};

/// Answers for a device's key when systemd asks for it.
const ASKED: &str = "clevis-luks-askpass.path";

/// Has devices opened that are behind the network. Debian's family does not enable it by itself.
const BEHIND: &str = "remote-cryptsetup.target";

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
    /// Where the host has the key, until something else opens the device.
    pub key: String,
    /// The key in hex, if the site brings it; else the host makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Sealed>,
    /// Of its line in `/etc/crypttab`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What opens it without a key in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opener: Option<Opener>,
}

/// What opens a device without a key in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opener {
    pub pin: Pin,
    /// The key that it was encrypted with opens it, too.
    pub keeps_key: bool,
}

impl Topic for Luks {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.devices.is_empty() {
            return Ok(Vec::new());
        }
        let family = host.facts.family;
        let mut resources = vec![Packages::installed(self.packages(family)).into()];
        resources.extend(
            self.units().map(|unit| Unit { enabled: Some(true), ..Unit::new(unit) }.into()),
        );
        let initramfs = self.initramfs(family);
        for device in &self.devices {
            resources.extend(device.itself());
        }
        resources.extend(initramfs);
        // As long as anything else is left to do, a key is at hand.
        resources.extend(self.devices.iter().filter_map(Encrypted::no_key));
        Ok(resources)
    }
}

impl Luks {
    fn packages(&self, family: Family) -> Vec<&'static str> {
        let mut openers =
            self.devices.iter().filter_map(|device| device.opener.as_ref()).peekable();
        let mut names = vec!["cryptsetup"];
        if openers.peek().is_none() {
            return names;
        }
        names.extend(["clevis-luks", "clevis-systemd"]);
        let has_chip = openers.any(|opener| opener.pin == Pin::Tpm2);
        let is_early = self.early(family).next().is_some();
        match family {
            Family::Debian => {
                names.extend(has_chip.then_some("clevis-tpm2"));
                let early = ["clevis-initramfs", "cryptsetup-initramfs"];
                names.extend(early.into_iter().filter(|_| is_early));
            }
            Family::RedHat if has_chip || is_early => names.extend(["clevis-dracut", "nmap-ncat"]),
            Family::RedHat => {}
        }
        names
    }

    /// What opens the devices when the host starts, beside what is always there.
    fn units(&self) -> impl Iterator<Item = &'static str> {
        let is_asked = self.devices.iter().any(|device| device.opener.is_some());
        let is_behind =
            |device: &Encrypted| device.options.iter().any(|option| option == "_netdev");
        let is_behind = self.devices.iter().any(is_behind);
        [(ASKED, is_asked), (BEHIND, is_behind)]
            .into_iter()
            .filter_map(|(unit, is_on)| is_on.then_some(unit))
    }

    /// Devices that what starts the host has to open before its root, which is where the family's option says so.
    fn early(&self, family: Family) -> impl Iterator<Item = &Encrypted> {
        let option = match family {
            Family::Debian => "initramfs",
            Family::RedHat => "force",
        };
        let by_clevis = self.devices.iter().filter(|device| device.opener.is_some());
        by_clevis.filter(move |device| device.options.iter().any(|known| known == option))
    }

    /// What starts the host must know those devices.
    fn initramfs(&self, family: Family) -> Option<Resource> {
        let lines: Vec<Resource> = self.early(family).map(|device| device.line().into()).collect();
        if lines.is_empty() {
            return None;
        }
        let words = match family {
            Family::Debian => ["update-initramfs", "-u"],
            Family::RedHat => ["dracut", "-f"],
        };
        let way = Way::Run(vec![words.map(str::to_owned).to_vec()]);
        let name = format!("{} for encrypted devices", words.join(" "));
        Some(Refresh::after(name, way, &lines).into())
    }
}

impl Encrypted {
    fn pin(&self) -> Option<Pin> {
        self.opener.as_ref().map(|opener| opener.pin.clone())
    }

    /// The device, in the order in which it comes to be open.
    fn itself(&self) -> Vec<Resource> {
        let Self { name, device, key, given, .. } = self.clone();
        let pin = self.pin();
        let opened = Opened { name: name.clone(), device: device.clone(), pin: pin.clone() };
        let encrypted = LuksDevice {
            name: name.clone(),
            device: device.clone(),
            key: key.clone(),
            given: given.clone(),
            pin: pin.clone(),
        };
        let mut resources = vec![encrypted.into()];
        resources.extend(pin.map(|pin| Bound { name, device, key, given, pin }.into()));
        resources.push(self.line().into());
        resources.push(opened.into());
        resources
    }

    fn line(&self) -> CryptLine {
        let Self { name, device, key, options, opener, .. } = self.clone();
        CryptLine { name, device, key: opener.is_none().then_some(key), options }
    }

    fn no_key(&self) -> Option<Resource> {
        let Self { device, key, opener, .. } = self.clone();
        let Opener { pin, keeps_key } = opener?;
        Some(NoKey { device, key, pin, keeps_slot: keeps_key }.into())
    }
}

#[cfg(test)]
#[path = "luks_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "luks_clevis_tests.rs"]
mod clevis_tests;
