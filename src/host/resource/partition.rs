//! The one partition of a disk, known by its name in the table.

use std::time::Duration;

use serde::Serialize;

use super::{Thing, signature::signature};
use crate::host::{
    change::Change,
    data::{self, Held},
    fault::Fault,
    machine::Machine,
    programs::Call,
    record::Trace,
};

/// What [`signature`] says of a disk with a table of the kind that has names.
const TABLE: &str = "a table of partitions (gpt)";

/// How often, and how long apart, a new partition's device is looked for.
const LOOKS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// A disk whose first partition has this name and is as large as the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    pub disk: String,
    pub name: String,
}

/// What is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Nothing,
    /// A table of partitions with names: these.
    Table(Vec<String>),
    Other(String),
}

impl Thing for Partition {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("partition:{}", self.disk)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        if machine.node(&self.disk)?.is_none() {
            return Ok(Seen::Nothing);
        }
        match signature(machine, &self.disk)?.as_deref() {
            None => Ok(Seen::Nothing),
            Some(TABLE) => {
                // A program that opens the disk to write has udev read its table once more, and its partitions
                // are away for a moment.
                let call = Call::new("partx", ["--pairs", "--output", "NR,NAME", &self.disk]);
                Ok(Seen::Table(names(&machine.must(&call)?.stdout)))
            }
            Some(other) => Ok(Seen::Other(other.to_owned())),
        }
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        match seen {
            Seen::Table(names) if names.first() == Some(&self.name) => Vec::new(),
            _ => vec![Change::new(format!("make the partition {} on {}", self.name, self.disk))],
        }
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let Self { disk, name } = self;
        let refused = |why: String| {
            Err(Fault::new(format!("making the partition {name} on {disk}"))
                .because(why)
                .hint("what holds something is never overwritten: free the disk by hand"))
        };
        let table: &[&str] = match seen {
            Seen::Other(found) => return refused(format!("it holds {found}")),
            Seen::Table(names) => match names.first() {
                Some(other) => return refused(format!("it has the partition {other}")),
                None => &[],
            },
            Seen::Nothing => &["mklabel", "gpt"],
        };
        let call = Call::new("parted", ["--script", "--align", "optimal", disk]);
        machine.must(&call.also(table.iter().copied()).also(["mkpart", name, "0%", "100%"]))?;
        appears(machine, &data::partition(disk, 1))
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::Data { held: Held::Partition { disk: self.disk.clone(), number: 1 } }))
    }
}

/// Waits for the device of a new partition. It may come, go when udev has the table read once more, and come again.
fn appears(machine: &Machine, device: &str) -> Result<(), Fault> {
    let mut seen = 0;
    for _ in 0..LOOKS {
        machine.must(&Call::new("udevadm", ["settle"]))?;
        seen = if machine.path(device).exists() { seen + 1 } else { 0 };
        if seen > 1 {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(Fault::new(format!("waiting for {device}"))
        .because("the partition was made, and its device did not come")
        .hint("see `journalctl --unit systemd-udevd` on the host"))
}

/// The names of partitions in what `partx --pairs` says; `(unnamed)` for one that has none.
fn names(said: &str) -> Vec<String> {
    let rows = said.lines().filter_map(|line| line.split_once(" NAME=\""));
    let name = |(_, name): (&str, &str)| name.trim_end_matches('"').to_owned();
    rows.map(name).map(|name| if name.is_empty() { "(unnamed)".into() } else { name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_have_names() {
        let said = "NR=\"1\" NAME=\"KOLLA_SWIFT_DATA\"\nNR=\"2\" NAME=\"\"\n";
        assert_eq!(names(said), ["KOLLA_SWIFT_DATA", "(unnamed)"]);
        assert_eq!(names(""), [""; 0]);
    }
}
