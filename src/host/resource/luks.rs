//! An encrypted device, and whether it is open.

use serde::Serialize;

use super::{
    Thing, bound, crypttab,
    luks_key::{self, Made},
    pin::{LIMIT, Pin},
    signature::signature,
};
use crate::host::{
    change::Change, data::Held, fault::Fault, machine::Machine, programs::Call, record::Trace,
    sealed::Sealed,
};

/// What `blkid` says of an encrypted device.
pub(in crate::host) const SIGNATURE: &str = "crypto_LUKS";

/// How the slot of a key is made that is all chance and goes soon: it needs no stretching, which takes time and memory.
const PLAIN: [&str; 4] = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"];

/// A device that is encrypted with the key in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LuksDevice {
    pub name: String,
    pub device: String,
    /// Where the key is.
    pub key: String,
    /// The key in hex, where the site brings its own. It never leaves this process but for its file.
    #[serde(skip)]
    pub given: Option<Sealed>,
    /// What opens it later, where that is not the key.
    pub pin: Option<Pin>,
}

/// The device is open under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    pub name: String,
    pub device: String,
    /// What opens it, where that is not the key of its line in `/etc/crypttab`.
    pub pin: Option<Pin>,
}

/// What is recognised on the device, and whether there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    signature: Option<String>,
    has_key: bool,
}

impl Thing for LuksDevice {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("luks:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let is_there = machine.node(&self.device)?.is_some();
        let signature = if is_there { signature(machine, &self.device)? } else { None };
        Ok(Seen { signature, has_key: machine.node(&self.key)?.is_some() })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        if seen.signature.as_deref() == Some(SIGNATURE) {
            return Vec::new();
        }
        let verb = match (&self.given, seen.has_key) {
            (Some(_), _) => "with the site's key",
            (None, true) => "with the key that is there",
            (None, false) => "with a new key",
        };
        vec![Change::new(format!("encrypt {} {verb}, in {}", self.device, self.key))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let Self { device, key, .. } = self;
        let tried = || Fault::new(format!("encrypting {device}"));
        if let Some(found) = &seen.signature {
            return Err(tried()
                .because(format!("it holds {found}, and what holds something is never overwritten"))
                .hint("see `luks_devices`, or free the device by hand"));
        }
        if machine.node(device)?.is_none() {
            return Err(tried()
                .because(format!("there is no {device}"))
                .hint("see `luks_devices`"));
        }
        // What nothing would open later is not encrypted.
        self.pin.iter().try_for_each(|pin| pin.is_reached(machine))?;
        let made = if self.pin.is_some() { Made::Text } else { Made::Bytes };
        luks_key::bring(machine, key, self.given.as_ref(), made)?;
        let words = ["luksFormat", "--batch-mode", "--key-file", key, device];
        let also = if made == Made::Text && self.given.is_none() { &PLAIN[..] } else { &[] };
        machine.must(&Call::new("cryptsetup", words).also(also.iter().copied())).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        let Self { name, device, key, .. } = self.clone();
        Ok(Some(Trace::Data { held: Held::Luks { name, device, key: Some(key) } }))
    }
}

impl Thing for Opened {
    type Seen = bool;

    fn key(&self) -> String {
        format!("opened:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(machine.node(&format!("/dev/mapper/{}", self.name))?.is_some())
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen {
            Vec::new()
        } else {
            vec![Change::new(format!("open /dev/mapper/{}", self.name))]
        }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        if let Some(pin) = &self.pin {
            return self.unlock(machine, pin);
        }
        machine.must(&Call::new("systemctl", ["daemon-reload"]))?;
        let template = "--template=systemd-cryptsetup@.service";
        let unit = machine.must(&Call::new("systemd-escape", [template, &self.name]))?.stdout;
        machine.must(&Call::new("systemctl", ["start", unit.trim()])).map(drop).map_err(|fault| {
            fault.hint("is the key in the file of /etc/crypttab the one that the device was encrypted with?")
        })
    }
}

impl Opened {
    /// By clevis, as no file has the key.
    fn unlock(&self, machine: &Machine, pin: &Pin) -> Result<(), Fault> {
        let Self { name, device, .. } = self;
        let words = ["luks", "unlock", "-d", device, "-n", name];
        let said = machine.run(&Call::new("clevis", words).limit(LIMIT))?;
        if said.code == 0 {
            return Ok(());
        }
        pin.is_reached(machine)?;
        Err(Fault::new(format!("opening {device} by {}", pin.shown()))
            .because(said.stderr.trim())
            .hint(format!("`clevis luks list -d {device}` on the host shows what opens it")))
    }
}

/// Closes a device, and makes what it held unreadable for good: its key goes last.
pub(in crate::host) fn take_away(
    machine: &Machine,
    name: &str,
    device: &str,
    key: Option<&str>,
) -> Result<(), Fault> {
    if machine.node(&format!("/dev/mapper/{name}"))?.is_some() {
        machine.must(&Call::new("cryptsetup", ["close", name]))?;
    }
    if crypttab::remove(machine, name)? {
        machine.must(&Call::new("systemctl", ["daemon-reload"]))?;
    }
    if machine.node(device)?.is_some() && signature(machine, device)?.as_deref() == Some(SIGNATURE)
    {
        machine.must(&Call::new("cryptsetup", ["erase", "--batch-mode", device]))?;
        machine.must(&Call::new("wipefs", ["--all", device]))?;
    }
    bound::forget(machine, name)?;
    key.map_or(Ok(()), |key| machine.remove(key))
}
