//! A virtual GPU on a virtual function of a card: known to mdevctl, and started with the host.
//!
//! A function's address is known only once the card has made its functions, so everything is looked up when it is due.

use std::fs;

use serde::Serialize;

use super::{Directory, File, Thing, Unit};
use crate::host::{
    change::Change,
    fault::{Fault, Tried},
    machine::Machine,
    programs::Call,
    record::Trace,
    removal::Verdict,
};

/// The name space of Ansible's `to_uuid`.
const NAME_SPACE: [u8; 16] = [
    0x36, 0x1e, 0x6d, 0x51, 0xfa, 0xec, 0x44, 0x4a, 0x90, 0x79, 0x34, 0x13, 0x86, 0xda, 0x8e, 0x2e,
];

/// One virtual function with a device of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VirtualGpu {
    /// `0000:17:00.0`
    pub card: String,
    pub index: u32,
    /// `nvidia-700`
    pub kind: String,
    /// The unit that starts it with the host.
    pub unit: String,
}

/// Where a device is defined, and what there is of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    uuid: String,
    directory: Directory,
    definition: File,
    unit: File,
    missing: Vec<&'static str>,
}

impl VirtualGpu {
    /// `0000:17:00.4`; `None` while the card has no such function.
    fn address(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        let link = format!("/sys/bus/pci/devices/{}/virtfn{}", self.card, self.index);
        if machine.node(&link)?.is_none() {
            return Ok(None);
        }
        let target = fs::read_link(machine.path(&link)).tried(|| format!("reading {link}"))?;
        Ok(target.file_name().map(|name| name.to_string_lossy().into_owned()))
    }

    fn look(&self, machine: &Machine, address: &str) -> Result<Seen, Fault> {
        let above = format!("/etc/mdevctl.d/{address}");
        let known = machine.names(&above)?.into_iter().next();
        let uuid = known.map_or_else(|| uuid_of(machine, address), Ok)?;
        let directory = Directory::new(&above).access("root", "root", 0o770);
        let text = format!(
            "{{\n  \"mdev_type\": \"{}\",\n  \"start\": \"manual\",\n  \"attrs\": []\n}}\n",
            self.kind
        );
        let definition = File::new(format!("{above}/{uuid}"), text).mode(0o600);
        let unit = File::new(unit_file(&uuid), self.unit.as_str()).comments_aside().mode(0o600);
        let mut missing = Vec::new();
        let mut look = |is_good: bool, what| {
            if !is_good {
                missing.push(what);
            }
        };
        look(directory.diff(&directory.observe(machine)?).is_empty(), "directory");
        look(definition.diff(&definition.observe(machine)?).is_empty(), "definition");
        look(unit.diff(&unit.observe(machine)?).is_empty(), "unit");
        let enabled = Unit { enabled: Some(true), ..Unit::new(unit_name(&uuid)) };
        look(enabled.diff(&enabled.observe(machine)?).is_empty(), "start with the host");
        let active = machine.node(&format!("/sys/bus/mdev/devices/{uuid}"))?.is_some();
        look(active, "device");
        Ok(Seen { uuid, directory, definition, unit, missing })
    }
}

/// A UUID of an address, as Ansible makes it: of the SHA-1 of the name space and the name.
fn uuid_of(machine: &Machine, address: &str) -> Result<String, Fault> {
    let bytes = [&NAME_SPACE[..], address.as_bytes()].concat();
    let said = machine.must(&Call::new("sha1sum", [""; 0]).input(bytes))?.stdout;
    let hex: Vec<char> = said.chars().take(32).collect();
    if hex.len() < 32 || !hex.iter().all(char::is_ascii_hexdigit) {
        return Err(
            Fault::new(format!("making a UUID of {address}")).because("sha1sum says nothing")
        );
    }
    let part = |range: std::ops::Range<usize>| hex[range].iter().collect::<String>();
    let variant = hex[16].to_digit(16).unwrap_or_default() & 0x3 | 0x8;
    Ok(format!(
        "{}-{}-5{}-{variant:x}{}-{}",
        part(0..8),
        part(8..12),
        part(13..16),
        part(17..20),
        part(20..32)
    ))
}

fn unit_name(uuid: &str) -> String {
    format!("nvidia-mdev@{uuid}.service")
}

fn unit_file(uuid: &str) -> String {
    format!("/etc/systemd/system/{}", unit_name(uuid))
}

impl Thing for VirtualGpu {
    type Seen = Option<Seen>;

    fn key(&self) -> String {
        format!("virtual-gpu:{}:{}", self.card, self.index)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Seen>, Fault> {
        let Some(address) = self.address(machine)? else { return Ok(None) };
        self.look(machine, &address).map(Some)
    }

    fn diff(&self, seen: &Option<Seen>) -> Vec<Change> {
        let Self { card, index, kind, .. } = self;
        let what = format!("the virtual GPU {index} of {card}, a {kind}");
        match seen {
            None => vec![Change::new(format!("make {what}"))],
            Some(seen) if seen.missing.is_empty() => Vec::new(),
            Some(seen) => vec![Change::new(format!("make {what}: {}", seen.missing.join(", ")))],
        }
    }

    fn perform(&self, machine: &Machine, seen: &Option<Seen>) -> Result<(), Fault> {
        let Some(seen) = seen else {
            return Err(Fault::new(format!(
                "making the virtual GPU {} of {}",
                self.index, self.card
            ))
            .because("the card has no such virtual function")
            .hint(
                "is SR-IOV on in the firmware? See `systemctl status nvidia-sriov-*` on the host",
            ));
        };
        let Seen { uuid, directory, definition, unit, .. } = seen;
        directory.perform(machine, &directory.observe(machine)?)?;
        let before = definition.observe(machine)?;
        let is_other = !definition.diff(&before).is_empty();
        let active = machine.node(&format!("/sys/bus/mdev/devices/{uuid}"))?.is_some();
        if is_other && active {
            // A device keeps the type that it was made with.
            machine.must(&Call::new("mdevctl", ["stop", "--uuid", uuid]))?;
        }
        definition.perform(machine, &before)?;
        unit.perform(machine, &unit.observe(machine)?)?;
        machine.must(&Call::new("systemctl", ["daemon-reload"]))?;
        machine.must(&Call::new("systemctl", ["enable", &unit_name(uuid)]))?;
        if active && !is_other {
            return Ok(());
        }
        machine.must(&Call::new("mdevctl", ["start", "--uuid", uuid])).map(drop)
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Seen>) -> Result<Option<Trace>, Fault> {
        Ok(seen.as_ref().map(|seen| Trace::VirtualGpu {
            uuid: seen.uuid.clone(),
            definition: seen.definition.path.clone(),
        }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

/// What becomes of a virtual GPU that nobody asks for any more.
pub(crate) fn judge(machine: &Machine, uuid: &str, definition: &str) -> Result<Verdict, Fault> {
    let is_there = machine.node(definition)?.is_some() || machine.node(&unit_file(uuid))?.is_some();
    let text = format!("remove the virtual GPU {uuid}");
    Ok(if is_there { Verdict::Remove(Change::new(text)) } else { Verdict::Forget })
}

/// Takes it away. One that a machine uses is not stopped: then this fails, and it stays.
pub(crate) fn take_away(machine: &Machine, uuid: &str, definition: &str) -> Result<(), Fault> {
    if machine.node(&format!("/sys/bus/mdev/devices/{uuid}"))?.is_some() {
        machine.must(&Call::new("mdevctl", ["stop", "--uuid", uuid]))?;
    }
    if machine.node(&unit_file(uuid))?.is_some() {
        machine.must(&Call::new("systemctl", ["disable", &unit_name(uuid)]))?;
        machine.remove(&unit_file(uuid))?;
    }
    machine.remove(definition)
}
