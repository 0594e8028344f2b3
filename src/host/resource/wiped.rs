//! A disk that holds nothing. Everything that is made of it is taken apart first; what is mounted never is.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::{Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
};

use rustix::fs::OFlags;
use serde::Serialize;

use super::{Thing, array, luks, volume_group::physical_volumes};
use crate::host::{
    change::Change,
    fault::{Fault, Tried},
    machine::Machine,
    programs::Call,
    wipe::{self, Device, Fate},
};

/// How much is overwritten at the beginning and at the end of a disk, in bytes: as much as Kayobe does at the beginning.
const OVERWRITTEN: u64 = 100 << 20;

/// The disk with this serial number holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wiped {
    pub serial: String,
    /// The serial numbers that the operator named; empty if nobody named any.
    pub named: Vec<String>,
}

impl Thing for Wiped {
    /// All devices of the host.
    type Seen = Vec<Device>;

    fn key(&self) -> String {
        format!("wiped:{}", self.serial)
    }

    fn observe(&self, machine: &Machine) -> Result<Vec<Device>, Fault> {
        wipe::list(machine)
    }

    fn diff(&self, seen: &Vec<Device>) -> Vec<Change> {
        match seen.iter().find(|device| device.has_serial(&self.serial)) {
            Some(disk) if disk.is_blank() => Vec::new(),
            Some(disk) => vec![Change::new(format!("wipe {}", disk.described()))],
            None => vec![Change::new(format!("wipe the disk {}", self.serial))],
        }
    }

    fn perform(&self, machine: &Machine, seen: &Vec<Device>) -> Result<(), Fault> {
        let tried = || Fault::new(format!("wiping the disk {}", self.serial));
        let Some(disk) = seen.iter().find(|device| device.has_serial(&self.serial)) else {
            return Err(tried().because("the host has no such disk any more"));
        };
        let named = self.named.iter().cloned().collect();
        match wipe::fate(disk, seen, &named) {
            Fate::Wipeable => {}
            Fate::OnlyIfNamed(why) | Fate::Kept(why) => {
                return Err(tried()
                    .because(why)
                    .hint("nothing on it was changed; list the disks again"));
            }
        }
        self.take_apart(machine, disk, seen)?;
        for device in disk.all().filter(|device| device.kind == "part") {
            machine.must(&Call::new("wipefs", ["--all", &device.path]))?;
        }
        machine.must(&Call::new("wipefs", ["--all", &disk.path]))?;
        overwrite(machine, &disk.path).tried(|| format!("overwriting {}", disk.path))?;
        machine.must(&Call::new("blockdev", ["--rereadpt", &disk.path]))?;
        machine.must(&Call::new("udevadm", ["settle"])).map(drop)
    }
}

impl Wiped {
    /// Takes apart what is made of the disk: what lies above goes first.
    fn take_apart(&self, machine: &Machine, disk: &Device, all: &[Device]) -> Result<(), Fault> {
        self.remove_groups(machine, disk, all)?;
        let mut above: Vec<&Device> = disk.all().collect();
        above.reverse();
        for device in above {
            match device.kind.as_str() {
                "crypt" => {
                    let below = disk.all().find(|below| below.children.contains(device));
                    let below = below.map_or(&disk.path, |below| &below.path);
                    luks::take_away(machine, &device.name, below, None)?;
                }
                kind if kind.starts_with("raid") || kind == "linear" => {
                    self.whole(&device.name, &above_which(all, |one| one.name == device.name))?;
                    array::take_away(machine, &device.name, &[])?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the volume groups that the disk is part of, with their volumes.
    fn remove_groups(&self, machine: &Machine, disk: &Device, all: &[Device]) -> Result<(), Fault> {
        let known = physical_volumes(machine)?;
        let is_on = |disk: &Device, path: &str| disk.all().any(|device| device.path == path);
        let own = known.iter().filter(|volume| is_on(disk, &volume.pv_name));
        let groups: BTreeSet<&str> = own.map(|volume| volume.vg_name.as_str()).collect();
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            let parts = known.iter().filter(|volume| volume.vg_name == group);
            let paths: Vec<&str> = parts.map(|volume| volume.pv_name.as_str()).collect();
            self.whole(group, &above_which(all, |one| paths.contains(&one.path.as_str())))?;
            machine.must(&Call::new("vgremove", ["--force", "--yes", group]))?;
        }
        Ok(())
    }

    /// Refuses to break something of which not all disks were named.
    fn whole(&self, what: &str, disks: &[&Device]) -> Result<(), Fault> {
        let is_named = |disk: &&Device| self.named.iter().any(|serial| disk.has_serial(serial));
        match disks.iter().find(|disk| !is_named(disk)) {
            None => Ok(()),
            Some(other) => Err(Fault::new(format!("wiping the disk {}", self.serial))
                .because(format!("{what} is on {}, too, which was not named", other.described()))
                .hint("name all of its disks, or none")),
        }
    }
}

/// The disks below any device that is meant.
fn above_which(all: &[Device], is_meant: impl Fn(&Device) -> bool) -> Vec<&Device> {
    all.iter().filter(|disk| disk.all().any(&is_meant)).collect()
}

/// Zeros at the beginning and at the end, where signatures are. Nothing else may have the disk open as its own.
fn overwrite(machine: &Machine, path: &str) -> std::io::Result<()> {
    let exclusive = i32::try_from(OFlags::EXCL.bits()).unwrap_or_default();
    let mut disk =
        OpenOptions::new().write(true).custom_flags(exclusive).open(machine.path(path))?;
    let size = disk.seek(SeekFrom::End(0))?;
    let zeros = vec![0; 1 << 20];
    for start in [0, size.saturating_sub(OVERWRITTEN)] {
        let end = size.min(start + OVERWRITTEN);
        let mut at = disk.seek(SeekFrom::Start(start))?;
        while at < end {
            let length = usize::try_from((end - at).min(1 << 20)).unwrap_or(1 << 20);
            disk.write_all(&zeros[..length])?;
            at += length as u64;
        }
    }
    disk.sync_all()
}
