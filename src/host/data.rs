//! What holds data. It is removed only when the operator has named it, whoever put it there.
//!
//! Nothing is forced: what is still mounted, open or part of something else is refused by the programs that are asked to
//! remove it, and stays.

use std::{collections::BTreeSet, fs};

use serde::{Deserialize, Serialize};

use super::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    resource::{
        Engine, array, container_volume, crypttab, fstab, luks, mounted, signature, volume_group,
    },
};

/// Something that holds data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Held {
    /// What is mounted at a place, now or from the next start on.
    Mount { place: String, source: String },
    /// A file system, swap not among them.
    Filesystem { device: String, format: String },
    /// A logical volume of LVM.
    Volume { group: String, name: String },
    /// A volume group of LVM, with no volumes in it any more.
    VolumeGroup { name: String },
    /// A RAID array of md, and the devices that it was made of.
    Array { name: String, devices: Vec<String> },
    /// An encrypted device, opened under a name, and where its key is if that is in a file.
    Luks { name: String, device: String, key: Option<String> },
    /// A partition of a disk.
    Partition { disk: String, number: u32 },
    /// A volume of a container engine's.
    ContainerVolume { engine: Engine, name: String },
}

/// The names of what the operator wants removed on one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confirmed(pub BTreeSet<String>);

impl Confirmed {
    /// Whether it is named, or what it lies on.
    pub fn has(&self, held: &Held) -> bool {
        let below = match held {
            Held::Mount { source, .. } => Some(source),
            _ => None,
        };
        self.0.contains(&held.name()) || below.is_some_and(|source| self.0.contains(source))
    }
}

impl Held {
    /// What the operator types to have it removed: its path.
    pub fn name(&self) -> String {
        match self {
            Self::Mount { place, .. } => place.clone(),
            Self::Filesystem { device, .. } => device.clone(),
            Self::Volume { group, name } => format!("/dev/{group}/{name}"),
            Self::VolumeGroup { name } | Self::Array { name, .. } => format!("/dev/{name}"),
            Self::Luks { name, .. } => format!("/dev/mapper/{name}"),
            Self::Partition { disk, number } => partition(disk, *number),
            Self::ContainerVolume { name, .. } => name.clone(),
        }
    }

    /// `the volume`, before its name.
    pub fn kind(&self) -> String {
        match self {
            Self::Mount { .. } => "the mount".into(),
            Self::Filesystem { format, .. } => format!("the file system ({format}) on"),
            Self::Volume { .. } => "the volume".into(),
            Self::VolumeGroup { .. } => "the volume group".into(),
            Self::Array { .. } => "the array".into(),
            Self::Luks { .. } => "the encrypted device".into(),
            Self::Partition { .. } => "the partition".into(),
            Self::ContainerVolume { .. } => "the container volume".into(),
        }
    }

    /// When it is removed among others: what lies on something else goes before that.
    pub fn turn(&self) -> u8 {
        match self {
            Self::Mount { .. } | Self::ContainerVolume { .. } => 0,
            Self::Filesystem { .. } => 1,
            Self::Volume { .. } => 2,
            Self::VolumeGroup { .. } => 3,
            Self::Luks { .. } => 4,
            Self::Array { .. } | Self::Partition { .. } => 5,
        }
    }

    /// What is said of its removal.
    pub fn removal(&self) -> Change {
        Change::new(format!("remove {} {}", self.kind(), self.name()))
    }

    /// Whether any of it is on the host.
    pub fn is_there(&self, machine: &Machine) -> Result<bool, Fault> {
        match self {
            Self::Mount { place, source } => Ok(mounted::source_at(machine, place)?.is_some()
                || fstab::without(machine, source, place)?.is_some()),
            Self::Filesystem { device, format } => {
                Ok(holds(machine, device)?.as_ref() == Some(format))
            }
            Self::Volume { .. } | Self::Partition { .. } => {
                Ok(machine.node(&self.name())?.is_some())
            }
            Self::VolumeGroup { name } => {
                let known = volume_group::physical_volumes(machine)?;
                Ok(known.iter().any(|volume| volume.vg_name == *name))
            }
            Self::Array { name, devices } => {
                Ok(array::is_there(machine, name)?
                    || !stopped_members(machine, devices)?.is_empty())
            }
            Self::Luks { name, device, .. } => Ok(machine.node(&self.name())?.is_some()
                || crypttab::line(machine, name)?.is_some()
                || holds(machine, device)?.as_deref() == Some(luks::SIGNATURE)),
            Self::ContainerVolume { engine, name } => {
                Ok(engine.inspect(machine, "volume", name)?.is_some())
            }
        }
    }

    /// What else is made of it: as long as that is there, this stays.
    pub fn holder(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        match self {
            Self::Luks { .. } | Self::Array { .. } => {
                let Ok(device) = fs::canonicalize(machine.path(&self.name())) else {
                    return Ok(None);
                };
                let own = device.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let holders = machine.names(&format!("/sys/class/block/{own}/holders"))?;
                Ok(holders.first().map(|holder| format!("{holder} is made of it")))
            }
            Self::ContainerVolume { engine, name } => {
                let users = container_volume::users(machine, *engine, name)?;
                Ok(users.first().map(|user| format!("the container {user} uses it")))
            }
            _ => Ok(None),
        }
    }

    /// Removes it and what it holds.
    pub fn take_away(&self, machine: &Machine) -> Result<(), Fault> {
        let run = |program: &str, args: &[&str]| {
            machine.must(&Call::new(program, args.iter().copied())).map(drop)
        };
        match self {
            Self::Mount { place, source } => {
                if mounted::source_at(machine, place)?.is_some() {
                    run("umount", &[place])?;
                }
                match fstab::without(machine, source, place)? {
                    Some(text) => machine.write(fstab::PATH, text.as_bytes(), &Access::default()),
                    None => Ok(()),
                }
            }
            Self::Filesystem { device, .. } => run("wipefs", &["--all", device]),
            Self::Volume { group, name } => run("lvremove", &["--yes", &format!("{group}/{name}")]),
            Self::VolumeGroup { name } => {
                let known = volume_group::physical_volumes(machine)?;
                let own = known.iter().filter(|volume| volume.vg_name == *name);
                let disks: Vec<&str> = own.map(|volume| volume.pv_name.as_str()).collect();
                run("vgremove", &[name])?;
                run("pvremove", &disks)
            }
            Self::Array { name, devices } => array::take_away(machine, name, devices),
            Self::Luks { name, device, key } => {
                luks::take_away(machine, name, device, key.as_deref())
            }
            Self::Partition { disk, number } => {
                run("parted", &["--script", disk, "rm", &number.to_string()])
            }
            Self::ContainerVolume { engine, name } => {
                container_volume::take_away(machine, *engine, name)
            }
        }
    }
}

/// What is recognised on a device; nothing where there is no device.
fn holds(machine: &Machine, device: &str) -> Result<Option<String>, Fault> {
    if machine.node(device)?.is_none() {
        return Ok(None);
    }
    signature(machine, device)
}

/// Devices that still say they are part of an array, though none runs with them: an array's removal was cut short.
pub(super) fn stopped_members(machine: &Machine, devices: &[String]) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    for device in devices {
        if holds(machine, device)?.as_deref() == Some(array::SIGNATURE)
            && !array::is_member(machine, device)?
        {
            found.push(device.clone());
        }
    }
    Ok(found)
}

/// The path of a partition, as udev makes it for disks by their names, their ids and their paths.
pub fn partition(disk: &str, number: u32) -> String {
    let by_link = disk.starts_with("/dev/disk/") || disk.starts_with("/dev/mapper/");
    let ends_in_digit = disk.ends_with(|c: char| c.is_ascii_digit());
    match (by_link, ends_in_digit) {
        (true, _) => format!("{disk}-part{number}"),
        (false, true) => format!("{disk}p{number}"),
        (false, false) => format!("{disk}{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_have_their_disks_names() {
        let table = [
            ("/dev/sdb", "/dev/sdb1"),
            ("/dev/nvme0n1", "/dev/nvme0n1p1"),
            ("/dev/loop0", "/dev/loop0p1"),
            ("/dev/disk/by-id/virtio-A1", "/dev/disk/by-id/virtio-A1-part1"),
            ("/dev/mapper/mpatha", "/dev/mapper/mpatha-part1"),
        ];
        for (disk, expected) in table {
            assert_eq!(partition(disk, 1), expected);
        }
    }

    #[test]
    fn what_lies_on_something_is_named_by_it() {
        let named = |name: &str| Confirmed(BTreeSet::from([name.to_owned()]));
        let mount = Held::Mount { place: "/srv".into(), source: "/dev/data/srv".into() };
        let volume = Held::Volume { group: "data".into(), name: "srv".into() };
        assert!(named("/dev/data/srv").has(&mount) && named("/dev/data/srv").has(&volume));
        assert!(named("/srv").has(&mount) && !named("/srv").has(&volume));
        assert!(!named("/dev/data").has(&volume) && !Confirmed::default().has(&mount));
    }
}
