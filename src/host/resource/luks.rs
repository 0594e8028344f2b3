//! An encrypted device: its key in a file of root's, the line that opens it at the next start, and whether it is open.

use std::io::Read;

use serde::Serialize;

use super::{Thing, signature::signature};
use crate::host::{
    change::Change,
    data::Held,
    fault::{Fault, Tried},
    machine::{Access, Machine},
    programs::Call,
    record::Trace,
    sealed::Sealed,
};

/// What `blkid` says of an encrypted device.
pub(in crate::host) const SIGNATURE: &str = "crypto_LUKS";

const PATH: &str = "/etc/crypttab";

/// The length of a key that is made here, in bytes: as Kayobe's.
const KEY_LENGTH: usize = 2048;

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
}

/// The line of `/etc/crypttab`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CryptLine {
    pub name: String,
    pub device: String,
    pub key: String,
    pub options: Vec<String>,
}

/// The device is open under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    pub name: String,
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
        self.bring_key(machine, seen)?;
        let words = ["luksFormat", "--batch-mode", "--key-file", key, device];
        machine.must(&Call::new("cryptsetup", words)).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        let Self { name, device, key, .. } = self.clone();
        Ok(Some(Trace::Data { held: Held::Luks { name, device, key: Some(key) } }))
    }
}

impl LuksDevice {
    /// The key is on the disk before the device is encrypted with it.
    fn bring_key(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let tried = || format!("writing the key {}", self.key);
        let bytes = match &self.given {
            Some(given) => from_hex(given.reveal())
                .ok_or_else(|| Fault::new(tried()).because("the site's key did not arrive"))?,
            None if seen.has_key => return Ok(()),
            None => random(machine).tried(tried)?,
        };
        if let Some((above, _)) = self.key.rsplit_once('/')
            && machine.node(above)?.is_none()
        {
            machine.make_directory(above, &Access::of_root(0o700))?;
        }
        machine.write(&self.key, &bytes, &Access::of_root(0o600))
    }
}

fn random(machine: &Machine) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; KEY_LENGTH];
    std::fs::File::open(machine.path("/dev/urandom"))?.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

impl CryptLine {
    /// As Kayobe writes it.
    fn line(&self) -> String {
        let mut words = vec![self.name.as_str(), &self.device, &self.key];
        let options = self.options.join(",");
        words.extend(Some(options.as_str()).filter(|options| !options.is_empty()));
        words.join(" ")
    }

    fn edited(&self, text: &str) -> String {
        let line = self.line() + "\n";
        if !text.lines().any(|known| is_of(known, &self.name)) {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            return format!("{text}{gap}{line}");
        }
        let known = text.split_inclusive('\n');
        known.map(|known| if is_of(known, &self.name) { line.as_str() } else { known }).collect()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split('#').next().unwrap_or_default().split_whitespace().collect()
}

fn is_of(line: &str, name: &str) -> bool {
    words(line).first() == Some(&name)
}

impl Thing for CryptLine {
    type Seen = String;

    fn key(&self) -> String {
        format!("crypttab:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<String, Fault> {
        Ok(machine.text(PATH)?.unwrap_or_default())
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        let wanted = self.line();
        let mut own = seen.lines().filter(|line| is_of(line, &self.name)).peekable();
        if own.peek().is_some() && own.all(|line| words(line) == words(&wanted)) {
            return Vec::new();
        }
        let text = format!("change the line of {} in {PATH}", self.name);
        vec![Change::of_text(text, seen, &self.edited(seen))]
    }

    fn perform(&self, machine: &Machine, seen: &String) -> Result<(), Fault> {
        machine.write(PATH, self.edited(seen).as_bytes(), &Access::default())
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
        machine.must(&Call::new("systemctl", ["daemon-reload"]))?;
        let template = "--template=systemd-cryptsetup@.service";
        let unit = machine.must(&Call::new("systemd-escape", [template, &self.name]))?.stdout;
        machine.must(&Call::new("systemctl", ["start", unit.trim()])).map(drop).map_err(|fault| {
            fault.hint("is the key in the file of /etc/crypttab the one that the device was encrypted with?")
        })
    }
}

/// The line by which a device is opened under this name.
pub(in crate::host) fn line(machine: &Machine, name: &str) -> Result<Option<String>, Fault> {
    let text = machine.text(PATH)?.unwrap_or_default();
    Ok(text.lines().find(|line| is_of(line, name)).map(str::to_owned))
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
    if line(machine, name)?.is_some() {
        let text = machine.text(PATH)?.unwrap_or_default();
        let kept: String = text.split_inclusive('\n').filter(|line| !is_of(line, name)).collect();
        machine.write(PATH, kept.as_bytes(), &Access::default())?;
        machine.must(&Call::new("systemctl", ["daemon-reload"]))?;
    }
    if machine.node(device)?.is_some() && signature(machine, device)?.as_deref() == Some(SIGNATURE)
    {
        machine.must(&Call::new("cryptsetup", ["erase", "--batch-mode", device]))?;
        machine.must(&Call::new("wipefs", ["--all", device]))?;
    }
    key.map_or(Ok(()), |key| machine.remove(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_changed() {
        let of = |options: &[&str]| CryptLine {
            name: "data".into(),
            device: "/dev/sdb".into(),
            key: "/etc/luks-keys/dev-sdb".into(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        let plain = "data /dev/sdb /etc/luks-keys/dev-sdb\n";
        let table = [
            (of(&[]), "", plain.to_owned()),
            (
                of(&[]),
                "# name\ndata-2 /dev/sdc none",
                format!("# name\ndata-2 /dev/sdc none\n{plain}"),
            ),
            (
                of(&["discard", "luks"]),
                &plain.replace(' ', "\t"),
                plain.replace("sdb\n", "sdb discard,luks\n"),
            ),
        ];
        for (line, before, after) in table {
            assert_eq!(line.diff(&before.to_owned()).len(), 1, "{before}");
            assert_eq!(line.edited(before), after, "{before}");
            assert_eq!(line.diff(&after), [], "{after}");
        }
        assert_eq!(of(&[]).diff(&plain.replace(' ', "  ")), []);
    }

    #[test]
    fn keys_travel_as_text() {
        assert_eq!(from_hex("00ff7a"), Some(vec![0, 255, 122]));
        assert_eq!((from_hex(""), from_hex("zz")), (None, None));
    }
}
