//! Software RAID arrays, and what is on them.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    data::Held,
    facts::Family,
    fault::Fault,
    resource::{
        Array, ArrayLine, Condemned, Filesystem, Fstab, Mounted, Packages, Refresh, Resource, Way,
    },
};

/// `mdadm_arrays`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mdadm {
    pub arrays: Vec<RaidArray>,
}

/// An item of `mdadm_arrays`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaidArray {
    pub name: String,
    pub wanted: bool,
    pub level: String,
    pub devices: Vec<String>,
    pub chunk: String,
    pub metadata: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
    pub filesystem_options: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    pub mount_options: String,
}

impl Topic for Mdadm {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.arrays.is_empty() {
            return Ok(Vec::new());
        }
        let (path, initramfs) = match host.facts.family {
            Family::Debian => ("/etc/mdadm/mdadm.conf", ["update-initramfs", "-u"]),
            Family::RedHat => ("/etc/mdadm.conf", ["dracut", "-f"]),
        };
        let mut lines = Vec::new();
        let mut resources = vec![Packages::installed(["mdadm"]).into()];
        for array in &self.arrays {
            if array.wanted {
                resources.push(array.itself());
                lines.push(ArrayLine { name: array.name.clone(), path: path.into() }.into());
            } else {
                resources.extend(array.condemned());
            }
        }
        // What starts the host must know the arrays, too.
        let words = initramfs.iter().map(|word| (*word).to_owned()).collect();
        let refresh = Refresh::after(initramfs.join(" "), Way::Run(vec![words]), &lines);
        resources.extend(lines);
        resources.push(refresh.into());
        for array in self.arrays.iter().filter(|array| array.wanted) {
            resources.extend(array.contents());
        }
        Ok(resources)
    }
}

impl RaidArray {
    fn itself(&self) -> Resource {
        let Self { name, level, devices, chunk, metadata, .. } = self.clone();
        Array { name, level, devices, chunk, metadata }.into()
    }

    fn condemned(&self) -> Vec<Resource> {
        let Self { name, devices, place, .. } = self.clone();
        let source = format!("/dev/{name}");
        let mount = place.map(|place| Held::Mount { place, source });
        let itself = Held::Array { name, devices };
        mount.into_iter().chain([itself]).map(|held| Condemned { held }.into()).collect()
    }

    fn contents(&self) -> Vec<Resource> {
        let Some(kind) = self.filesystem.clone() else { return Vec::new() };
        let device = format!("/dev/{}", self.name);
        let options = self.filesystem_options.clone();
        let mut resources =
            vec![Filesystem { device: device.clone(), kind: kind.clone(), options }.into()];
        if let Some(place) = &self.place {
            resources.extend(mount(device, place, kind, &self.mount_options));
        }
        resources
    }
}

/// A file system that is mounted, now and from the next start on.
pub(super) fn mount(source: String, place: &str, kind: String, options: &str) -> Vec<Resource> {
    let entry =
        Fstab { source: source.clone(), place: place.into(), kind, options: options.into() };
    let entry = Resource::from(entry);
    let again = ["mount", "-o", "remount", place].map(str::to_owned).to_vec();
    let refresh = Refresh::after(
        format!("mount {place} anew"),
        Way::Run(vec![again]),
        std::slice::from_ref(&entry),
    );
    let mounted = Mounted { source, place: place.into() };
    vec![entry, mounted.into(), refresh.into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{concern::Concern, programs::Output, stage::Stage};

    const MDSTAT: &str =
        "Personalities : [raid1]\nmd10 : active raid1 sdx[0] sdy[1]\n\nunused devices: <none>\n";

    fn array(name: &str, wanted: bool) -> RaidArray {
        RaidArray {
            name: name.into(),
            wanted,
            level: "1".into(),
            devices: vec!["/dev/sdb".into(), "/dev/sdc".into()],
            chunk: "512K".into(),
            metadata: "1.2".into(),
            filesystem: Some("ext4".into()),
            filesystem_options: Vec::new(),
            place: Some("/mnt/data".into()),
            mount_options: "noatime".into(),
        }
    }

    /// A host with one array already, and programs that do as mdadm, mkfs and mount do.
    fn stage() -> Stage {
        let stage = Stage::new(&[
            ("/proc/mdstat", MDSTAT),
            ("/proc/self/mounts", ""),
            ("/dev/sdb", ""),
            ("/dev/sdc", ""),
            ("/var/lib/dpkg/status", "Package: mdadm\nStatus: install ok installed\n"),
        ]);
        stage.act("blkid", |root, call| {
            let stdout = std::fs::read_to_string(root.join(&call.args[3][1..])).unwrap_or_default();
            Output { code: if stdout.is_empty() { 2 } else { 0 }, stdout, ..Output::default() }
        });
        stage.act("mdadm --create", |root, call| {
            std::fs::write(root.join(&call.args[1][1..]), "").unwrap();
            Output::default()
        });
        stage.act("mdadm --detail", |_, call| {
            let stdout = format!("ARRAY {} metadata=1.2 UUID=1:{}\n", call.args[2], call.args[2]);
            Output { stdout, ..Output::default() }
        });
        stage.act("mkfs", |root, call| {
            std::fs::write(root.join(&call.args[2][1..]), "TYPE=ext4\n").unwrap();
            Output::default()
        });
        stage.act("mount /mnt/data", |root, _| {
            let mounts = "/dev/md1 /mnt/data ext4 rw 0 0\n";
            std::fs::write(root.join("proc/self/mounts"), mounts).unwrap();
            Output::default()
        });
        stage
    }

    #[test]
    fn an_array_beside_another_is_made() {
        let stage = stage();
        let concern: Concern = Mdadm { arrays: vec![array("md1", true)] }.into();
        stage.settles(&concern);
        let called = stage.called();
        let made = "mdadm --create /dev/md1 --run --level=1 --metadata=1.2 --raid-devices=2 /dev/sdb /dev/sdc";
        assert_eq!(called.iter().filter(|line| *line == made).count(), 1, "{called:?}");
        assert!(called.contains(&"update-initramfs -u".into()));
        let conf = stage.text("/etc/mdadm/mdadm.conf").unwrap();
        assert_eq!(conf, "ARRAY /dev/md1 metadata=1.2 UUID=1:/dev/md1\n");
        assert_eq!(stage.text("/etc/fstab").unwrap(), "/dev/md1 /mnt/data ext4 noatime 0 0\n");
        // What holds data stays when nobody asks for it any more.
        assert_eq!(stage.apply(&Mdadm { arrays: vec![] }.into()), [""; 0]);
        assert!(stage.text("/dev/md1").is_some());
        assert!(stage.text("/etc/fstab").unwrap().contains("md1"));
    }

    #[test]
    fn disks_that_hold_something_are_not_taken() {
        let stage = stage();
        stage.put("/dev/sdc", "TYPE=xfs\n");
        let concern: Concern = Mdadm { arrays: vec![array("md1", true)] }.into();
        let fault = stage.try_apply(&concern).unwrap_err();
        assert!(fault.to_string().contains("/dev/sdc holds xfs"), "{fault}");
        assert!(!stage.called().iter().any(|line| line.starts_with("mdadm --create")));
    }

    #[test]
    fn an_array_is_never_removed_unasked() {
        let stage = stage();
        let concern: Concern = Mdadm { arrays: vec![array("md7", false)] }.into();
        assert_eq!(stage.settles(&concern), [""; 0]);
        stage.put("/dev/md7", "TYPE=ext4\n");
        let fault = stage.try_apply(&concern).unwrap_err();
        assert!(fault.to_string().contains("removes no data unasked"), "{fault}");
        assert!(!stage.called().iter().any(|line| line.contains("--stop")));
    }

    #[test]
    fn an_array_that_is_named_is_removed_for_good() {
        let stage = stage();
        let concern: Concern = Mdadm { arrays: vec![array("md1", true)] }.into();
        stage.settles(&concern);
        let marks = |root: &std::path::Path, text: &str| {
            for disk in ["dev/sdb", "dev/sdc"] {
                std::fs::write(root.join(disk), text).unwrap();
            }
        };
        marks(stage.root.path(), "TYPE=linux_raid_member\n");
        stage.act("mdadm --detail --brief --verbose", |_, _| {
            let stdout =
                "ARRAY /dev/md1 level=raid1 UUID=1:/dev/md1\n   devices=/dev/sdb,/dev/sdc\n";
            Output { stdout: stdout.into(), ..Output::default() }
        });
        stage.act("umount", |root, _| {
            std::fs::write(root.join("proc/self/mounts"), "").unwrap();
            Output::default()
        });
        stage.act("wipefs", |root, _| {
            std::fs::write(root.join("dev/md1"), "").unwrap();
            Output::default()
        });
        stage.act("mdadm --stop", |root, _| {
            std::fs::remove_file(root.join("dev/md1")).unwrap();
            Output::default()
        });
        stage.act("mdadm --zero-superblock /dev/sdb /dev/sdc", move |root, _| {
            marks(root, "");
            Output::default()
        });
        stage.confirm(&["/dev/md1"]);
        let nothing: Concern = Mdadm { arrays: vec![] }.into();
        // Cut short behind the stop, it is still known what the disks were part of.
        *stage.programs.failing.borrow_mut() = Some("--zero-superblock".into());
        stage.try_apply(&nothing).unwrap_err();
        *stage.programs.failing.borrow_mut() = None;
        assert_eq!(stage.settles(&nothing), ["remove the array /dev/md1"]);
        assert_eq!(stage.text("/etc/mdadm/mdadm.conf").unwrap(), "");
        assert_eq!(stage.text("/dev/sdb").unwrap(), "");
    }
}
