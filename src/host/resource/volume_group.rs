//! A volume group of LVM: the disks that it is made of. It grows and never shrinks.

use std::fs;

use serde::{Deserialize, Serialize};

use super::{Thing, signature::signature};
use crate::host::{
    change::Change,
    data::Held,
    fault::{Fault, Tried},
    machine::Machine,
    programs::Call,
    record::Trace,
};

/// A group that has at least these disks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VolumeGroup {
    pub name: String,
    pub disks: Vec<String>,
}

/// A disk that LVM knows, and the group that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::host) struct PhysicalVolume {
    pub pv_name: String,
    pub vg_name: String,
}

/// What `pvs` tells, and the group of each wanted disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    exists: bool,
    /// In the order of the wanted disks; empty for a disk of LVM's that is in no group, `None` for one that LVM does not know.
    groups: Vec<Option<String>>,
}

impl VolumeGroup {
    fn missing<'s>(&'s self, seen: &'s Seen) -> impl Iterator<Item = (&'s str, Option<&'s str>)> {
        let disks = self.disks.iter().map(String::as_str);
        disks
            .zip(seen.groups.iter().map(Option::as_deref))
            .filter(|(_, group)| *group != Some(self.name.as_str()))
    }
}

/// Why a disk may not be taken.
fn objection(machine: &Machine, disk: &str, group: Option<&str>) -> Result<Option<String>, Fault> {
    Ok(match group {
        Some("") => None,
        Some(other) => Some(format!("{disk} is in the volume group {other}")),
        None if machine.node(disk)?.is_none() => Some(format!("there is no {disk}")),
        None => signature(machine, disk)?.map(|found| format!("{disk} holds {found}")),
    })
}

impl Thing for VolumeGroup {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("volume-group:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let known = physical_volumes(machine)?;
        let real = |path: &str| {
            fs::canonicalize(machine.path(path)).unwrap_or_else(|_| machine.path(path))
        };
        let group = |disk: &String| {
            let volume = known.iter().find(|volume| real(&volume.pv_name) == real(disk));
            volume.map(|volume| volume.vg_name.clone())
        };
        Ok(Seen {
            exists: known.iter().any(|volume| volume.vg_name == self.name),
            groups: self.disks.iter().map(group).collect(),
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let disks: Vec<&str> = self.missing(seen).map(|(disk, _)| disk).collect();
        let (name, disks) = (&self.name, disks.join(" "));
        match (seen.exists, disks.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => vec![Change::new(format!("add {disks} to the volume group {name}"))],
            (false, _) => vec![Change::new(format!("make the volume group {name} of {disks}"))],
        }
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        for (disk, group) in self.missing(seen) {
            if let Some(why) = objection(machine, disk, group)? {
                return Err(Fault::new(format!("taking {disk} for the volume group {}", self.name))
                    .because(why)
                    .hint("Ymir never overwrites what holds something; see `disks` in `lvm_groups`, or free the disk by hand"));
            }
        }
        let verb = if seen.exists { "vgextend" } else { "vgcreate" };
        let disks = self.missing(seen).map(|(disk, _)| disk);
        machine.must(&Call::new(verb, [self.name.as_str()]).also(disks)).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::Data { held: Held::VolumeGroup { name: self.name.clone() } }))
    }
}

/// What LVM's programs report of one kind of thing.
pub(super) fn report<T: for<'de> Deserialize<'de>>(
    machine: &Machine,
    program: &str,
    kind: &str,
    columns: &str,
) -> Result<Vec<T>, Fault> {
    let places = ["/usr/sbin", "/sbin"];
    if !places.iter().any(|place| machine.path(&format!("{place}/{program}")).exists()) {
        // Not installed yet: then there is nothing of its kind.
        return Ok(Vec::new());
    }
    let options = ["--reportformat", "json", "--units", "b", "--nosuffix", "--options", columns];
    let said = machine.must(&Call::new(program, options))?.stdout;
    read(&said, kind).tried(|| format!("reading what {program} reports"))
}

fn read<T: for<'de> Deserialize<'de>>(said: &str, kind: &str) -> Result<Vec<T>, serde_json::Error> {
    let mut said: serde_json::Value = serde_json::from_str(said)?;
    serde_json::from_value(said["report"][0][kind].take())
}

/// The disks that LVM knows.
pub(in crate::host) fn physical_volumes(machine: &Machine) -> Result<Vec<PhysicalVolume>, Fault> {
    report(machine, "pvs", "pv", "pv_name,vg_name")
}
