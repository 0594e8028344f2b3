//! A logical volume of LVM. It is made and grows, and never shrinks.

use serde::{Deserialize, Serialize};

use super::{Thing, signature::signature, volume_group::report};
use crate::host::{
    change::Change, data::Held, fault::Fault, machine::Machine, programs::Call, record::Trace,
};

/// File systems that LVM's tools can make as large as their volume.
const GROWABLE: [&str; 4] = ["ext2", "ext3", "ext4", "xfs"];

/// A volume that is at least so large.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogicalVolume {
    pub group: String,
    pub name: String,
    pub size: Size,
    /// Further options of `lvcreate`.
    pub options: Vec<String>,
}

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    Bytes(u64),
    /// Of the whole group.
    OfGroup(u64),
    /// Of what is free when it is made; it does not grow later.
    OfFree(u64),
}

impl Size {
    /// As `lvcreate` reads sizes; a number alone is mebibytes.
    pub fn read(text: &str) -> Option<Self> {
        // A sign would mean more than there is now, which never settles.
        let text =
            Some(text.trim()).filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))?;
        if let Some((percent, of)) = text.split_once('%') {
            let percent = percent.parse().ok().filter(|percent| (1..=100).contains(percent))?;
            return match of.to_uppercase().as_str() {
                "VG" | "PVS" => Some(Self::OfGroup(percent)),
                "FREE" => Some(Self::OfFree(percent)),
                _ => None,
            };
        }
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit: u64 = match text[digits.len()..].to_lowercase().as_str() {
            "b" => 1,
            "s" => 512,
            "k" | "kib" | "kb" => 1 << 10,
            "" | "m" | "mib" | "mb" => 1 << 20,
            "g" | "gib" | "gb" => 1 << 30,
            "t" | "tib" | "tb" => 1 << 40,
            _ => return None,
        };
        let bytes = match digits.split_once('.') {
            None => digits.parse::<u64>().ok()?.checked_mul(unit)?,
            Some((whole, part)) => {
                let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
                let scale = 10_u64.checked_pow(part.len().try_into().ok()?)?;
                whole.checked_add(part.parse::<u64>().ok()?.checked_mul(unit)? / scale)?
            }
        };
        (bytes > 0).then_some(Self::Bytes(bytes))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are the columns of `vgs`")]
struct Group {
    vg_name: String,
    vg_size: String,
    vg_free: String,
    vg_extent_size: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Volume {
    vg_name: String,
    lv_name: String,
    lv_size: String,
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of the volume; `None` if there is none.
    volume: Option<u64>,
    group: u64,
    free: u64,
    extent: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Make,
    /// To so many bytes.
    Grow(u64),
}

fn step(size: Size, seen: &Seen) -> Step {
    let Some(now) = seen.volume else { return Step::Make };
    let wanted = match size {
        Size::Bytes(bytes) => bytes,
        Size::OfGroup(percent) => seen.group / 100 * percent,
        Size::OfFree(_) => return Step::Nothing,
    };
    let extent = seen.extent.max(1);
    // `lvcreate` rounds sizes up and shares of a group down; neither is a reason to grow.
    let wanted = wanted / extent * extent;
    if wanted > now { Step::Grow(wanted) } else { Step::Nothing }
}

impl LogicalVolume {
    fn device(&self) -> String {
        format!("/dev/{}/{}", self.group, self.name)
    }

    fn make(&self, machine: &Machine) -> Result<(), Fault> {
        let (option, size) = match self.size {
            Size::Bytes(bytes) => ("--size", format!("{bytes}b")),
            Size::OfGroup(percent) => ("--extents", format!("{percent}%VG")),
            Size::OfFree(percent) => ("--extents", format!("{percent}%FREE")),
        };
        let call = Call::new("lvcreate", ["--yes", "--name", self.name.as_str(), option, &size]);
        let call = call.also(self.options.iter().cloned()).also([self.group.clone()]);
        machine.must(&call).map(drop)
    }

    fn grow(&self, machine: &Machine, bytes: u64, seen: &Seen) -> Result<(), Fault> {
        let more = bytes - seen.volume.unwrap_or_default();
        if more > seen.free {
            return Err(Fault::new(format!("growing {}", self.device()))
                .because(format!(
                    "it needs {more} bytes more, and {} has {} free",
                    self.group, seen.free
                ))
                .hint(
                    "give the group another disk, or the volume a smaller size, in `lvm_groups`",
                ));
        }
        let device = self.device();
        let mut call = Call::new("lvextend", ["--size".to_owned(), format!("{bytes}b")]);
        if signature(machine, &device)?.is_some_and(|kind| GROWABLE.contains(&kind.as_str())) {
            call = call.also(["--resizefs"]);
        }
        machine.must(&call.also([device])).map(drop)
    }
}

impl Thing for LogicalVolume {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("volume:{}/{}", self.group, self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let columns = "vg_name,vg_size,vg_free,vg_extent_size";
        let groups: Vec<Group> = report(machine, "vgs", "vg", columns)?;
        let Some(group) = groups.into_iter().find(|group| group.vg_name == self.group) else {
            return Ok(Seen::default());
        };
        let volumes: Vec<Volume> = report(machine, "lvs", "lv", "vg_name,lv_name,lv_size")?;
        let is = |volume: &&Volume| volume.vg_name == self.group && volume.lv_name == self.name;
        let bytes = |text: &str| text.trim().parse().unwrap_or_default();
        Ok(Seen {
            volume: volumes.iter().find(is).map(|volume| bytes(&volume.lv_size)),
            group: bytes(&group.vg_size),
            free: bytes(&group.vg_free),
            extent: bytes(&group.vg_extent_size),
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        match step(self.size, seen) {
            Step::Nothing => Vec::new(),
            Step::Make => vec![Change::new(format!("make the volume {}", self.device()))],
            Step::Grow(to) => {
                let from = seen.volume.unwrap_or_default();
                vec![Change::new(format!("grow {} from {from} to {to} bytes", self.device()))]
            }
        }
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        match step(self.size, seen) {
            Step::Nothing => Ok(()),
            Step::Make => self.make(machine),
            Step::Grow(bytes) => self.grow(machine, bytes, seen),
        }
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        let (group, name) = (self.group.clone(), self.name.clone());
        Ok(Some(Trace::Data { held: Held::Volume { group, name } }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn sizes_as_lvm_reads_them() {
        let table = [
            ("1024", Some(Size::Bytes(1024 * MIB))),
            ("5g", Some(Size::Bytes(5120 * MIB))),
            ("1.5G", Some(Size::Bytes(1536 * MIB))),
            ("75%VG", Some(Size::OfGroup(75))),
            ("100%free", Some(Size::OfFree(100))),
            ("0", None),
            ("110%VG", None),
            ("50%ORIGIN", None),
            ("+5g", None),
            ("much", None),
            ("99999999999999999999t", None),
        ];
        for (text, expected) in table {
            assert_eq!(Size::read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_volume_is_made_and_grows_and_never_shrinks() {
        let seen = |volume| Seen { volume, group: 1000 * MIB, free: 100 * MIB, extent: 4 * MIB };
        let table = [
            (Size::OfGroup(75), None, Step::Make),
            (Size::OfGroup(75), Some(748 * MIB), Step::Nothing),
            (Size::OfGroup(75), Some(500 * MIB), Step::Grow(748 * MIB)),
            (Size::OfGroup(10), Some(748 * MIB), Step::Nothing),
            (Size::OfFree(100), Some(4 * MIB), Step::Nothing),
            (Size::Bytes(10 * MIB), Some(12 * MIB), Step::Nothing),
            (Size::Bytes(20 * MIB), Some(12 * MIB), Step::Grow(20 * MIB)),
        ];
        for (size, volume, expected) in table {
            assert_eq!(step(size, &seen(volume)), expected, "{size:?} {volume:?}");
        }
    }
}
