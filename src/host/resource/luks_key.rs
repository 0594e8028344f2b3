//! The file with the key of an encrypted device: for good, or until something else opens the device.

use std::{fs::File, io::Read};

use serde::Serialize;

use super::{
    Thing,
    luks_header::header,
    pin::{LIMIT, Pin},
};
use crate::host::{
    change::Change,
    fault::{Fault, Tried},
    machine::{Access, Machine},
    programs::Call,
    record,
    sealed::Sealed,
};

/// What `cryptsetup` ends with when a key opens nothing.
const OPENS_NOTHING: i32 = 2;

/// What a key that is made here consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Any bytes, as many as Kayobe's.
    Bytes,
    /// One line of text: clevis reads keys so.
    Text,
}

/// The key is on the disk, for root alone: the site's, that which was there, or a new one.
pub(super) fn bring(
    machine: &Machine,
    path: &str,
    given: Option<&Sealed>,
    made: Made,
) -> Result<(), Fault> {
    let tried = || format!("writing the key {path}");
    let bytes = match given {
        Some(given) => from_hex(given.reveal())
            .ok_or_else(|| Fault::new(tried()).because("the site's key did not arrive"))?,
        None if machine.node(path)?.is_some() => return Ok(()),
        None => made.random(machine).tried(tried)?,
    };
    if let Some((above, _)) = path.rsplit_once('/')
        && machine.node(above)?.is_none()
    {
        machine.make_directory(above, &Access::of_root(0o700))?;
    }
    machine.write(path, &bytes, &Access::of_root(0o600))
}

impl Made {
    fn random(self, machine: &Machine) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; if self == Self::Bytes { 2048 } else { 32 }];
        File::open(machine.path("/dev/urandom"))?.read_exact(&mut bytes)?;
        Ok(if self == Self::Text { record::digest(&bytes).into_bytes() } else { bytes })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

/// No key of a device is on the host, as something else opens the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoKey {
    pub device: String,
    pub key: String,
    pub pin: Pin,
    /// The key opens the device still: the site has it.
    pub keeps_slot: bool,
}

/// Whether there is a key, and what opens the device without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    bound: Option<u32>,
    has_key: bool,
}

impl Thing for NoKey {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("no-key:{}", self.device)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let header = header(machine, &self.device)?.unwrap_or_default();
        Ok(Seen { bound: header.bound_to(&self.pin), has_key: machine.node(&self.key)?.is_some() })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        // Where the device is still to be bound, it will have a key until it is.
        if seen.bound.is_some() && !seen.has_key {
            return Vec::new();
        }
        let slot = if self.keeps_slot { "" } else { ", which opens the device no longer" };
        vec![Change::new(format!("destroy the key {}{slot}", self.key))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        if !seen.has_key {
            return Ok(());
        }
        if !self.keeps_slot {
            self.empty_slot(machine, seen.bound)?;
        }
        machine.must(&Call::new("shred", ["--remove=unlink", &self.key])).map(drop)
    }
}

impl NoKey {
    /// Empties the key's slot, but only when it is certain that the device is opened without.
    fn empty_slot(&self, machine: &Machine, bound: Option<u32>) -> Result<(), Fault> {
        let Self { device, key, pin, .. } = self;
        let tried = || Fault::new(format!("taking the key {key} from {device}"));
        let Some(slot) = bound else {
            return Err(tried().because(format!("the device is not bound to {}", pin.shown())));
        };
        let words = ["luks", "unlock", "-d", device, "-t", &slot.to_string()];
        let said = machine.run(&Call::new("clevis", words).limit(LIMIT))?;
        if said.code != 0 {
            pin.is_reached(machine)?;
            return Err(tried()
                .because(format!("{} does not open the device", pin.shown()))
                .because(said.stderr.trim())
                .hint("the key stays until it does"));
        }
        let words = ["open", "--test-passphrase", "--key-file", key, device];
        let test = Call::new("cryptsetup", words);
        let said = machine.run(&test)?;
        if said.code == OPENS_NOTHING {
            return Ok(());
        }
        said.checked(&test)?;
        machine.must(&Call::new("cryptsetup", ["luksRemoveKey", device, key])).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_travel_as_text() {
        assert_eq!(from_hex("00ff7a"), Some(vec![0, 255, 122]));
        assert_eq!((from_hex(""), from_hex("zz")), (None, None));
    }
}
