//! A slot of an encrypted device whose key clevis finds by itself: with a tang server, or in the host's TPM.
//!
//! Whether there is one, the header of the device says. A slot that a killed run has filled and not yet bound opens
//! for nobody; which one that is stands beside Ymir's record until the slot is bound.

use serde::Serialize;

use super::{
    Thing,
    luks_header::{Header, header},
    luks_key::{self, Made},
    pin::{LIMIT, Pin},
};
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::{Call, Output},
    record,
    sealed::Sealed,
};

/// A device that something else than a key in a file opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bound {
    pub name: String,
    pub device: String,
    /// Where a key is that opens the device until it is bound.
    pub key: String,
    /// The key in hex, where the site brings its own.
    #[serde(skip)]
    pub given: Option<Sealed>,
    pub pin: Pin,
}

/// What the header says, and the slot that a run was about to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    header: Option<Header>,
    begun: Option<u32>,
}

/// What opens the device before it is bound.
enum Key {
    File(String),
    Text(String),
}

impl Thing for Bound {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("bound:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let begun = machine.text(&begun_at(&self.name))?.and_then(|text| text.parse().ok());
        Ok(Seen { header: header(machine, &self.device)?, begun })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let header = seen.header.as_ref();
        let is_bound = header.is_some_and(|header| header.bound_to(&self.pin).is_some());
        if is_bound && seen.begun.is_none() {
            return Vec::new();
        }
        vec![Change::new(format!("bind {} to {}", self.device, self.pin.shown()))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let header =
            seen.header.clone().ok_or_else(|| self.tried().because("it is not encrypted"))?;
        if header.bound_to(&self.pin).is_none() {
            self.bind(machine, header, seen.begun)?;
        }
        forget(machine, &self.name)
    }
}

impl Bound {
    fn tried(&self) -> Fault {
        Fault::new(format!("binding {} to {}", self.device, self.pin.shown()))
    }

    fn bind(&self, machine: &Machine, header: Header, begun: Option<u32>) -> Result<(), Fault> {
        self.pin.is_reached(machine)?;
        let key = self.opener(machine, &header)?;
        let header = match begun.filter(|slot| header.is_unknown(*slot)) {
            Some(slot) => {
                self.empty(machine, slot, &key)?;
                header.without(slot)
            }
            None => header,
        };
        let slot = header.free().ok_or_else(|| self.tried().because("all its slots are in use"))?;
        let slot = slot.to_string();
        machine.write(&begun_at(&self.name), slot.as_bytes(), &Access::of_root(0o600))?;
        let words = ["luks", "bind", "-f", "-s", &slot, "-d", &self.device, "-k", key.word()];
        let pin = [self.pin.word(), &self.pin.settings()];
        self.succeeded(&machine.run(&key.fed(Call::new("clevis", words).also(pin)).limit(LIMIT))?)
    }

    /// Empties the slot that a killed run has filled: nobody knows its key.
    fn empty(&self, machine: &Machine, slot: u32, key: &Key) -> Result<(), Fault> {
        let words = ["luksKillSlot", "--batch-mode", "--key-file", key.word(), &self.device];
        let call = Call::new("cryptsetup", words).also([slot.to_string()]);
        self.succeeded(&machine.run(&key.fed(call))?)
    }

    /// The words of these calls are for machines, and long.
    fn succeeded(&self, said: &Output) -> Result<(), Fault> {
        if said.code == 0 {
            return Ok(());
        }
        let shown = if said.stderr.trim().is_empty() { &said.stdout } else { &said.stderr };
        Err(self.tried().because(shown.trim()))
    }

    /// What opens the device now: the site's key, that on the host, or what the device is bound to already.
    fn opener(&self, machine: &Machine, header: &Header) -> Result<Key, Fault> {
        if self.given.is_some() || machine.node(&self.key)?.is_some() {
            luks_key::bring(machine, &self.key, self.given.as_ref(), Made::Text)?;
            return Ok(Key::File(self.key.clone()));
        }
        for slot in header.bound() {
            let words = ["luks", "pass", "-d", &self.device, "-s", &slot.to_string()];
            let said = machine.run(&Call::new("clevis", words).limit(LIMIT))?;
            if said.code == 0 && !said.stdout.is_empty() {
                return Ok(Key::Text(said.stdout));
            }
        }
        Err(self.tried().because("it is encrypted, and nothing here opens it").hint(format!(
            "put a key that opens it into {} on the host, or name one as its `keyfile`",
            self.key
        )))
    }

    /// What an operator should know: another binding that stays.
    pub(super) fn note(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        let Some(header) = header(machine, &self.device)? else { return Ok(None) };
        let is_bound = header.bound_to(&self.pin).is_some();
        let other = header.other(&self.pin).filter(|_| is_bound);
        let device = &self.device;
        Ok(other.map(|(slot, url)| {
            format!(
                "{device} stays bound to {url} with other keys, too; `clevis luks unbind -d {device} -s {slot}` on the host \
                 ends that"
            )
        }))
    }
}

impl Key {
    fn word(&self) -> &str {
        match self {
            Self::File(path) => path,
            Self::Text(_) => "-",
        }
    }

    fn fed(&self, call: Call) -> Call {
        match self {
            Self::File(_) => call,
            Self::Text(text) => call.input(text.as_bytes()),
        }
    }
}

/// Where it stands which slot is being bound.
fn begun_at(name: &str) -> String {
    format!("{}/binding-{name}", record::DIRECTORY)
}

/// No slot is being bound any more.
pub(super) fn forget(machine: &Machine, name: &str) -> Result<(), Fault> {
    let begun = begun_at(name);
    if machine.node(&begun)?.is_some() { machine.remove(&begun) } else { Ok(()) }
}
