//! Which disks of a host may be wiped: decided from what `lsblk` says, and named by serial number.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, Tried},
    machine::Machine,
    programs::Call,
};

/// What `lsblk` must be asked for.
pub const COLUMNS: &str = "NAME,PATH,TYPE,SERIAL,FSTYPE,PTTYPE,PARTTYPENAME,MOUNTPOINTS,SIZE";

/// What a device with this signature is part of, though nothing of it is mounted. The names are those of libblkid.
fn whole(signature: &str) -> Option<&'static str> {
    Some(match signature {
        "LVM1_member" | "LVM2_member" => "LVM",
        "ceph_bluestore" => "Ceph",
        "crypto_LUKS" => "an encrypted volume",
        "zfs_member" => "a ZFS pool",
        "bcache" => "a cache",
        "drbd" => "a replicated device",
        "VMFS_volume_member" => "a VMware datastore",
        raid if raid.ends_with("_raid_member") => "a RAID array",
        _ => return None,
    })
}

/// A device as `lsblk --json` tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    pub name: String,
    pub path: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub serial: Option<String>,
    pub size: Option<String>,
    pub fstype: Option<String>,
    pub pttype: Option<String>,
    pub parttypename: Option<String>,
    pub mountpoint: Option<String>,
    pub mountpoints: Vec<Option<String>>,
    pub children: Vec<Device>,
    /// Nothing but zeros at its beginning and its end; looked at beside what `lsblk` says.
    pub zeros: bool,
}

/// How much is looked at for zeros at the beginning and at the end of a disk, in bytes.
const LOOKED_AT: u64 = 1 << 20;

/// Lists the devices of the host.
pub fn list(machine: &Machine) -> Result<Vec<Device>, Fault> {
    let said = machine.must(&Call::new("lsblk", ["--json", "--output", COLUMNS]))?.stdout;
    let mut devices = read(&said).tried(|| "reading what lsblk says".into())?;
    for disk in devices.iter_mut().filter(|device| device.kind == "disk") {
        // What cannot be read, such as a drive without a medium, is not known to hold nothing.
        disk.zeros = is_zero(machine, &disk.path).unwrap_or(false);
    }
    Ok(devices)
}

fn is_zero(machine: &Machine, path: &str) -> std::io::Result<bool> {
    let mut disk = File::open(machine.path(path))?;
    let size = disk.seek(SeekFrom::End(0))?;
    for start in [0, size.saturating_sub(LOOKED_AT)] {
        disk.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        Read::take(&mut disk, LOOKED_AT).read_to_end(&mut bytes)?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
    }
    Ok(size > 0)
}

impl Device {
    /// Itself and everything on it, what is below first.
    pub fn all(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.children.iter().flat_map(Self::all)))
    }

    /// Whether it holds nothing.
    pub fn is_blank(&self) -> bool {
        self.zeros && self.children.is_empty()
    }

    pub fn has_serial(&self, number: &str) -> bool {
        serial(self) == Some(number)
    }

    /// `vdb (OLD1, 512M): ext4`
    pub fn described(&self) -> String {
        let about = [serial(self), self.size.as_deref()].into_iter().flatten().map(str::trim);
        let about = about.collect::<Vec<_>>().join(", ");
        format!("{} ({about}): {}", self.name, self.contents())
    }

    /// What is on it, in words.
    fn contents(&self) -> String {
        if self.is_blank() {
            return "nothing".into();
        }
        let known = self.all().filter_map(|device| device.fstype.as_deref());
        let mut known: Vec<&str> = known.filter(|kind| !kind.is_empty()).collect();
        known.dedup();
        match (&known[..], &self.pttype) {
            ([], Some(table)) => format!("a table of partitions ({table})"),
            ([], None) => "something of no known kind".into(),
            (kinds, _) => kinds.join(", "),
        }
    }
}

/// What becomes of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing uses it.
    Wipeable,
    /// It stays unless its serial number is named: why.
    OnlyIfNamed(String),
    /// It stays whatever is said: why.
    Kept(String),
}

/// A disk and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub serial: Option<String>,
    /// What there is to say of it.
    pub described: String,
    pub blank: bool,
    pub fate: Fate,
}

#[derive(Deserialize)]
struct Listing {
    blockdevices: Vec<Device>,
}

/// The disks in the output of `lsblk --json`.
pub fn read(said: &str) -> Result<Vec<Device>, serde_json::Error> {
    serde_json::from_str::<Listing>(said).map(|listing| listing.blockdevices)
}

/// What becomes of each disk, given the serial numbers that the operator named.
pub fn candidates(devices: &[Device], named: &BTreeSet<String>) -> Vec<Candidate> {
    let disks = devices.iter().filter(|device| device.kind == "disk");
    disks
        .map(|disk| Candidate {
            name: disk.name.clone(),
            serial: serial(disk).map(str::to_owned),
            described: disk.described(),
            blank: disk.is_blank(),
            fate: fate(disk, devices, named),
        })
        .collect()
}

fn serial(disk: &Device) -> Option<&str> {
    disk.serial.as_deref().map(str::trim).filter(|serial| !serial.is_empty())
}

/// What becomes of one disk among all devices.
pub fn fate(disk: &Device, all: &[Device], named: &BTreeSet<String>) -> Fate {
    if let Some(place) = mounted(disk) {
        let how =
            if place == "[SWAP]" { "swapped to".into() } else { format!("mounted at {place}") };
        return Fate::Kept(format!("it, or something on it, is {how}"));
    }
    let Some(serial) = serial(disk) else {
        return Fate::Kept("it has no serial number to name it by".into());
    };
    let twins = all.iter().filter(|other| self::serial(other) == Some(serial)).count();
    if twins > 1 {
        return Fate::Kept(format!(
            "{twins} devices have its serial number: paths to one disk, or a fault of theirs"
        ));
    }
    match use_of(disk) {
        Some(why) if !named.contains(serial) => Fate::OnlyIfNamed(why),
        _ => Fate::Wipeable,
    }
}

/// Where a device or anything on it is mounted; all mount points count.
fn mounted(device: &Device) -> Option<&str> {
    let own = device.mountpoint.iter().chain(device.mountpoints.iter().flatten());
    let own = own.map(String::as_str).find(|place| !place.is_empty());
    own.or_else(|| device.children.iter().find_map(mounted))
}

/// What a device is used for by something that is no mount.
fn use_of(device: &Device) -> Option<String> {
    let signature = device.fstype.as_deref().unwrap_or_default();
    let partition = device.parttypename.as_deref().unwrap_or_default();
    let on = &device.name;
    if let Some(what) = whole(signature) {
        return Some(format!("{on} is part of {what}"));
    }
    if partition.to_lowercase().starts_with("ceph") {
        return Some(format!("{on} is part of Ceph"));
    }
    // A partition alone holds nothing; whatever else stands on a disk does.
    if let Some(holder) = device.children.iter().find(|child| child.kind != "part") {
        return Some(format!("{on} is held by {} ({})", holder.name, holder.kind));
    }
    device.children.iter().find_map(use_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"{"blockdevices": [
        {"name":"sda","type":"disk","serial":"ROOT","fstype":null,"mountpoints":[null],"children":[
            {"name":"sda1","type":"part","serial":null,"fstype":"vfat","mountpoints":[null]},
            {"name":"sda2","type":"part","serial":null,"fstype":"ext4","mountpoints":[null,"/"]}]},
        {"name":"sdb","type":"disk","serial":"EMPTY","fstype":null,"mountpoints":[null]},
        {"name":"sdc","type":"disk","serial":"OLD","fstype":null,"mountpoints":[null],"children":[
            {"name":"sdc1","type":"part","serial":null,"fstype":"xfs","mountpoints":[null]}]},
        {"name":"sdd","type":"disk","serial":"PV","fstype":"LVM2_member","mountpoints":[null],"children":[
            {"name":"vg-data","type":"lvm","serial":null,"fstype":"ext4","mountpoints":[null]}]},
        {"name":"sde","type":"disk","serial":"MD","fstype":null,"mountpoints":[null],"children":[
            {"name":"sde1","type":"part","fstype":"linux_raid_member","mountpoints":[null],"children":[
                {"name":"md0","type":"raid1","fstype":null,"mountpoints":[null]}]}]},
        {"name":"sdf","type":"disk","serial":"OSD","fstype":"ceph_bluestore","mountpoints":[null]},
        {"name":"sdg","type":"disk","serial":"JOURNAL","fstype":null,"mountpoints":[null],"children":[
            {"name":"sdg1","type":"part","parttypename":"Ceph Journal","mountpoints":[null]}]},
        {"name":"sdh","type":"disk","serial":"MP","fstype":null,"mountpoints":[null],"children":[
            {"name":"mpatha","type":"mpath","fstype":null,"mountpoints":[null]}]},
        {"name":"sdi","type":"disk","serial":"SWAP","fstype":"swap","mountpoints":["[SWAP]"]},
        {"name":"sdj","type":"disk","serial":" ","fstype":null,"mountpoints":[null]},
        {"name":"sdk","type":"disk","serial":"TWIN","fstype":null,"mountpoints":[null]},
        {"name":"sdl","type":"disk","serial":"TWIN","fstype":null,"mountpoints":[null]},
        {"name":"sdm","type":"disk","serial":"OLDER","fstype":"ext4","mountpoint":"/srv"},
        {"name":"sdn","type":"disk","serial":"POOL","fstype":"zfs_member","mountpoints":[null]},
        {"name":"sdo","type":"disk","serial":"FAKERAID","fstype":"nvidia_raid_member","mountpoints":[null]},
        {"name":"loop0","type":"loop","serial":null,"fstype":null,"mountpoints":[null]}
    ]}"#;

    fn fates(named: &[&str]) -> Vec<(String, &'static str)> {
        let named = named.iter().map(|serial| (*serial).to_owned()).collect();
        let word = |fate| match fate {
            Fate::Wipeable => "wiped",
            Fate::OnlyIfNamed(_) => "only if named",
            Fate::Kept(_) => "kept",
        };
        let found = candidates(&read(LISTING).unwrap(), &named).into_iter();
        found.map(|candidate| (candidate.name, word(candidate.fate))).collect()
    }

    #[test]
    fn only_what_nothing_uses_is_wiped_unnamed() {
        let expected = [
            ("sda", "kept"),
            ("sdb", "wiped"),
            ("sdc", "wiped"),
            ("sdd", "only if named"),
            ("sde", "only if named"),
            ("sdf", "only if named"),
            ("sdg", "only if named"),
            ("sdh", "only if named"),
            ("sdi", "kept"),
            ("sdj", "kept"),
            ("sdk", "kept"),
            ("sdl", "kept"),
            ("sdm", "kept"),
            ("sdn", "only if named"),
            ("sdo", "only if named"),
        ];
        let expected = expected.map(|(name, fate)| (name.to_owned(), fate));
        assert_eq!(fates(&[]), expected);
    }

    #[test]
    fn a_named_disk_is_wiped_unless_it_is_mounted_or_not_the_only_one() {
        let all = ["ROOT", "PV", "MD", "OSD", "JOURNAL", "MP", "SWAP", "TWIN", "OLDER"];
        let wiped: Vec<_> = fates(&all)
            .into_iter()
            .filter(|(_, fate)| *fate == "wiped")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(wiped, ["sdb", "sdc", "sdd", "sde", "sdf", "sdg", "sdh"]);
    }

    #[test]
    fn what_is_said_of_a_disk_that_stays() {
        let found = candidates(&read(LISTING).unwrap(), &BTreeSet::new());
        let why = |name: &str| match &found.iter().find(|disk| disk.name == name).unwrap().fate {
            Fate::Wipeable => String::new(),
            Fate::OnlyIfNamed(why) | Fate::Kept(why) => why.clone(),
        };
        assert_eq!(why("sda"), "it, or something on it, is mounted at /");
        assert_eq!(why("sde"), "sde1 is part of a RAID array");
        assert_eq!(why("sdo"), "sdo is part of a RAID array");
        assert_eq!(why("sdh"), "sdh is held by mpatha (mpath)");
        assert!(read("{}").is_err());
    }
}
