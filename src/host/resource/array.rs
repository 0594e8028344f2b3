//! A software RAID array of md. Each one is judged by itself.

use std::fs;

use serde::Serialize;

use super::{Thing, signature::signature};
use crate::host::{
    change::Change,
    data::{Held, stopped_members},
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::Trace,
};

/// An array that is there; what it is made of is decided when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Array {
    /// `md0`
    pub name: String,
    pub level: String,
    pub devices: Vec<String>,
    pub chunk: String,
    pub metadata: String,
}

/// The line by which an array is assembled at the next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrayLine {
    pub name: String,
    /// `mdadm.conf`
    pub path: String,
}

/// What `blkid` says of a device that is part of an array.
pub(in crate::host) const SIGNATURE: &str = "linux_raid_member";

/// Where arrays have their lines, on Debian's and on Red Hat's family.
const FILES: [&str; 2] = ["/etc/mdadm/mdadm.conf", "/etc/mdadm.conf"];

/// Whether `/proc/mdstat` knows an array of this name; `md1` is not `md10`.
fn is_known(mdstat: &str, name: &str) -> bool {
    let name = name.strip_prefix("md/").unwrap_or(name);
    mdstat.lines().filter_map(|line| line.split_once(" : ")).any(|(known, _)| known == name)
}

/// Whether there is an array of this name.
pub(in crate::host) fn is_there(machine: &Machine, name: &str) -> Result<bool, Fault> {
    let mdstat = machine.text("/proc/mdstat")?.unwrap_or_default();
    // An array with a name of its own is a link.
    Ok(is_known(&mdstat, name) || machine.node(&format!("/dev/{name}"))?.is_some())
}

/// Whether a device is part of an array that runs.
pub(in crate::host) fn is_member(machine: &Machine, device: &str) -> Result<bool, Fault> {
    let mdstat = machine.text("/proc/mdstat")?.unwrap_or_default();
    // The kernel knows a device by its own name.
    let real = fs::canonicalize(machine.path(device)).unwrap_or_else(|_| machine.path(device));
    let own = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arrays = mdstat.lines().filter_map(|line| line.split_once(" : "));
    let mut members = arrays.flat_map(|(_, of)| of.split_whitespace());
    Ok(members.any(|word| word.split_once('[').is_some_and(|(known, _)| known == own)))
}

/// Stops an array and takes the marks off what it is made of, so that it does not come back.
pub(in crate::host) fn take_away(
    machine: &Machine,
    name: &str,
    devices: &[String],
) -> Result<(), Fault> {
    if is_there(machine, name)? {
        let device = format!("/dev/{name}");
        let told = ["--detail", "--brief", "--verbose", &device];
        let said = machine.must(&Call::new("mdadm", told))?.stdout;
        for path in FILES {
            forget(machine, path, &said)?;
        }
        machine.must(&Call::new("mdadm", ["--stop", &device]))?;
        machine.must(&Call::new("mdadm", ["--zero-superblock"]).also(members(&said)))?;
    }
    let rest = stopped_members(machine, devices)?;
    if rest.is_empty() {
        return Ok(());
    }
    machine.must(&Call::new("mdadm", ["--zero-superblock"]).also(rest)).map(drop)
}

/// The devices that `mdadm --detail --brief --verbose` names.
fn members(said: &str) -> Vec<String> {
    let list = said.lines().find_map(|line| line.trim().strip_prefix("devices="));
    list.iter().flat_map(|list| list.split(',')).map(str::to_owned).collect()
}

/// Takes the array's line out of a file of mdadm's.
fn forget(machine: &Machine, path: &str, said: &str) -> Result<(), Fault> {
    let (Some(text), Some(own)) = (machine.text(path)?, said.split_whitespace().find_map(uuid))
    else {
        return Ok(());
    };
    let is_own = |line: &&str| line.starts_with("ARRAY ") && uuid(line) == Some(own);
    let kept: String = text.split_inclusive('\n').filter(|line| !is_own(line)).collect();
    if kept == text { Ok(()) } else { machine.write(path, kept.as_bytes(), &Access::default()) }
}

impl Thing for Array {
    /// Whether it is there.
    type Seen = bool;

    fn key(&self) -> String {
        format!("array:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        is_there(machine, &self.name)
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen {
            return Vec::new();
        }
        let devices = self.devices.join(" ");
        vec![Change::new(format!("make the array {} of {devices}", self.name))]
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        for device in &self.devices {
            if let Some(found) = signature(machine, device)? {
                return Err(Fault::new(format!("making the array {}", self.name))
                    .because(format!("{device} holds {found}, and what holds something is never overwritten"))
                    .hint("an array that was stopped comes back by `mdadm --assemble --scan`; else free the device by hand"));
            }
        }
        let mut args = vec![
            "--create".to_owned(),
            format!("/dev/{}", self.name),
            "--run".to_owned(),
            format!("--level={}", self.level),
        ];
        if self.level != "1" && self.level != "raid1" {
            args.push(format!("--chunk={}", self.chunk));
        }
        args.push(format!("--metadata={}", self.metadata));
        args.push(format!("--raid-devices={}", self.devices.len()));
        machine.must(&Call::new("mdadm", args).also(self.devices.iter().cloned())).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &bool) -> Result<Option<Trace>, Fault> {
        let (name, devices) = (self.name.clone(), self.devices.clone());
        Ok(Some(Trace::Data { held: Held::Array { name, devices } }))
    }
}

impl ArrayLine {
    fn wanted(&self, machine: &Machine) -> Result<String, Fault> {
        let device = format!("/dev/{}", self.name);
        let said = machine.must(&Call::new("mdadm", ["--detail", "--brief", &device]))?.stdout;
        let line = said.lines().find(|line| line.starts_with("ARRAY ")).map(str::trim_end);
        line.map(str::to_owned).ok_or_else(|| {
            Fault::new(format!("asking mdadm for {device}")).because("it tells of no array")
        })
    }
}

fn uuid(line: &str) -> Option<&str> {
    line.split_whitespace().find(|word| word.starts_with("UUID="))
}

impl Thing for ArrayLine {
    /// Whether the file has it.
    type Seen = bool;

    fn key(&self) -> String {
        format!("array-line:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        if !is_there(machine, &self.name)? {
            return Ok(false);
        }
        let wanted = self.wanted(machine)?;
        let text = machine.text(&self.path)?.unwrap_or_default();
        let mut lines = text.lines().filter(|line| line.starts_with("ARRAY "));
        Ok(lines
            .any(|line| line == wanted || (uuid(line).is_some() && uuid(line) == uuid(&wanted))))
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen {
            Vec::new()
        } else {
            vec![Change::new(format!("add {} to {}", self.name, self.path))]
        }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        let text = machine.text(&self.path)?.unwrap_or_default();
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{text}{gap}{}\n", self.wanted(machine)?);
        machine.write(&self.path, text.as_bytes(), &Access::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_known_by_their_whole_name() {
        let mdstat = "Personalities : [raid1]\nmd10 : active raid1 sdb[0] sdc[1]\n      1 blocks\n\nunused devices: <none>\n";
        for (name, expected) in [("md10", true), ("md1", false), ("md", false), ("sdb", false)] {
            assert_eq!(is_known(mdstat, name), expected, "{name}");
        }
        assert_eq!(uuid("ARRAY /dev/md0 metadata=1.2 UUID=a:b"), Some("UUID=a:b"));
    }
}
