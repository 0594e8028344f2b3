//! Disks for Swift: one partition with Kolla's name, and XFS on it.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    data,
    fault::Fault,
    resource::{Filesystem, Packages, Partition, Resource},
};

/// The name by which Kolla's Swift finds its partitions.
const NAME: &str = "KOLLA_SWIFT_DATA";

/// `swift_block_devices`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Swift {
    pub disks: Vec<SwiftDisk>,
}

/// An item of `swift_block_devices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwiftDisk {
    pub device: String,
    /// Of the file system.
    pub label: String,
}

impl Topic for Swift {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.disks.is_empty() {
            return Ok(Vec::new());
        }
        let mut resources = vec![Packages::installed(["parted", "xfsprogs"]).into()];
        for SwiftDisk { device, label } in self.disks.clone() {
            let filesystem = Filesystem {
                device: data::partition(&device, 1),
                kind: "xfs".into(),
                options: vec!["-L".into(), label],
            };
            resources.push(Partition { disk: device, name: NAME.into() }.into());
            resources.push(filesystem.into());
        }
        Ok(resources)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::host::{concern::Concern, programs::Output, stage::Stage};

    fn concern() -> Concern {
        let disk = SwiftDisk { device: "/dev/sdb".into(), label: "sdb".into() };
        Swift { disks: vec![disk] }.into()
    }

    /// A host whose programs do as parted and mkfs do; a played disk holds what `blkid` says of it.
    fn stage() -> Stage {
        let installed = ["parted", "xfsprogs"]
            .map(|name| format!("Package: {name}\nStatus: install ok installed\n\n"))
            .concat();
        let stage = Stage::new(&[("/dev/sdb", ""), ("/var/lib/dpkg/status", &installed)]);
        stage.act("blkid", |root, call| {
            let stdout = fs::read_to_string(root.join(&call.args[3][1..])).unwrap_or_default();
            Output { code: if stdout.is_empty() { 2 } else { 0 }, stdout, ..Output::default() }
        });
        stage.act("partx --pairs --output NR,NAME /dev/sdb", |root, _| {
            let name = fs::read_to_string(root.join("name")).unwrap_or_default();
            let row = format!("NR=\"1\" NAME=\"{name}\"\n");
            let stdout = if name.is_empty() { String::new() } else { row };
            Output { stdout, ..Output::default() }
        });
        stage.act("parted --script", |root, call| {
            assert!(call.line().ends_with("mkpart KOLLA_SWIFT_DATA 0% 100%"), "{}", call.line());
            fs::write(root.join("dev/sdb"), "PTTYPE=gpt\n").unwrap();
            fs::write(root.join("dev/sdb1"), "").unwrap();
            fs::write(root.join("name"), "KOLLA_SWIFT_DATA").unwrap();
            Output::default()
        });
        stage.act("mkfs -t xfs -L sdb /dev/sdb1", |root, _| {
            fs::write(root.join("dev/sdb1"), "TYPE=xfs\n").unwrap();
            Output::default()
        });
        stage
    }

    #[test]
    fn an_empty_disk_gets_one_partition_with_a_file_system() {
        let stage = stage();
        assert_eq!(
            stage.settles(&concern()),
            ["make the partition KOLLA_SWIFT_DATA on /dev/sdb", "make xfs on /dev/sdb1"]
        );
        assert!(stage.called().iter().any(|line| line.contains("mklabel gpt mkpart")));
        assert_eq!(stage.settles(&Swift { disks: vec![] }.into()), [""; 0]);
    }

    #[test]
    fn an_empty_table_gets_the_partition_and_another_partition_stays() {
        let stage = stage();
        stage.put("/dev/sdb", "PTTYPE=gpt\n");
        stage.apply(&concern());
        assert!(!stage.called().iter().any(|line| line.contains("mklabel")));
        for (file, text, expected) in [
            ("/name", "EFI", "it has the partition EFI"),
            ("/dev/sdb", "TYPE=ext4\n", "it holds ext4"),
            ("/dev/sdb", "PTTYPE=dos\n", "it holds a table of partitions (dos)"),
        ] {
            stage.put(file, text);
            let fault = stage.try_apply(&concern()).unwrap_err();
            assert!(fault.to_string().contains(expected), "{fault}");
        }
    }
}
