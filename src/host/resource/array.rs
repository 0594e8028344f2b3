//! A software RAID array of md. Each one is judged by itself.

use serde::Serialize;

use super::{Thing, signature::signature};
use crate::host::{
    change::Change,
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

/// Whether `/proc/mdstat` knows an array of this name; `md1` is not `md10`.
fn is_known(mdstat: &str, name: &str) -> bool {
    let name = name.strip_prefix("md/").unwrap_or(name);
    mdstat.lines().filter_map(|line| line.split_once(" : ")).any(|(known, _)| known == name)
}

fn is_there(machine: &Machine, name: &str) -> Result<bool, Fault> {
    let mdstat = machine.text("/proc/mdstat")?.unwrap_or_default();
    // An array with a name of its own is a link.
    Ok(is_known(&mdstat, name) || machine.node(&format!("/dev/{name}"))?.is_some())
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
        Ok(Some(Trace::Data { kind: "array".into(), name: self.name.clone() }))
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
