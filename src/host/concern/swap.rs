//! Files and devices that the host swaps to.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Fstab, Resource, SwapArea, Swapping},
};

/// `swap`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Swap {
    pub areas: Vec<Area>,
}

/// An item of `swap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// With the command that makes it.
    File {
        path: String,
        made_by: Vec<String>,
    },
    Device(String),
}

impl Topic for Swap {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources = Vec::new();
        for area in &self.areas {
            let (path, made_by) = match area {
                Area::File { path, made_by } => (path.clone(), Some(made_by.clone())),
                Area::Device(path) => (path.clone(), None),
            };
            resources.push(SwapArea { path: path.clone(), made_by }.into());
            let entry = Fstab {
                source: path,
                place: "none".into(),
                kind: "swap".into(),
                options: "defaults".into(),
            };
            resources.push(entry.into());
        }
        if !self.areas.is_empty() {
            resources.push(Swapping.into());
        }
        Ok(resources)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::host::{concern::Concern, programs::Output, stage::Stage};

    const HEADER: &str = "Filename Type Size Used Priority\n";

    fn concern(areas: Vec<Area>) -> Concern {
        Swap { areas }.into()
    }

    fn file() -> Area {
        let words = ["fallocate", "-l", "1MiB", "/swapfile"];
        let made_by = words.iter().map(|word| (*word).to_owned()).collect();
        Area::File { path: "/swapfile".into(), made_by }
    }

    fn stage(files: &[(&str, &str)]) -> Stage {
        let stage = Stage::new(&[("/proc/swaps", HEADER), ("/etc/fstab", "# static\n")]);
        for (path, text) in files {
            stage.put(path, text);
        }
        stage.act("blkid", |_, _| Output { code: 2, ..Output::default() });
        stage.act("mkswap", |root, call| {
            let mut bytes = vec![0; 4096];
            bytes[4086..].copy_from_slice(b"SWAPSPACE2");
            fs::write(root.join(&call.args[0][1..]), bytes).unwrap();
            Output::default()
        });
        stage.act("swapon", |root, _| {
            fs::write(root.join("proc/swaps"), format!("{HEADER}/swapfile file 1 0 -2\n")).unwrap();
            Output::default()
        });
        stage
    }

    #[test]
    fn a_file_is_made_and_removed() {
        let stage = stage(&[]);
        let done = stage.settles(&concern(vec![file()]));
        assert_eq!(
            done,
            [
                "make the swap file /swapfile",
                "make /swapfile swap",
                "change the line of /swapfile in /etc/fstab",
                "swap"
            ]
        );
        let mode = fs::metadata(stage.root.path().join("swapfile")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            stage.text("/etc/fstab").unwrap(),
            "# static\n/swapfile none swap defaults 0 0\n"
        );
        stage.settles(&concern(vec![]));
        assert_eq!(stage.text("/etc/fstab").unwrap(), "# static\n");
        assert!(!stage.root.path().join("swapfile").exists());
        assert!(stage.called().contains(&"swapoff /swapfile".into()));
    }

    /// It was swap before Ymir came, so its mark is nobody's to take; that the host swaps to it is Ymir's doing.
    #[test]
    fn a_device_that_is_dropped_is_swapped_to_no_longer() {
        let mut marked = vec![0; 4096];
        marked[4086..].copy_from_slice(b"SWAPSPACE2");
        let stage = stage(&[("/dev/sdb", "")]);
        fs::write(stage.root.path().join("dev/sdb"), marked).unwrap();
        stage.act("swapon", |root, _| {
            let text = format!("{HEADER}/dev/sdb partition 1 0 -2\n");
            fs::write(root.join("proc/swaps"), text).unwrap();
            Output::default()
        });
        stage.act("swapoff", |root, _| {
            fs::write(root.join("proc/swaps"), HEADER).unwrap();
            Output::default()
        });
        let done = stage.settles(&concern(vec![Area::Device("/dev/sdb".into())]));
        assert_eq!(done, ["change the line of /dev/sdb in /etc/fstab", "swap"]);
        stage.called();
        let done = stage.settles(&concern(vec![]));
        assert_eq!(done, ["remove the line of /dev/sdb from /etc/fstab, and swap to it no longer"]);
        assert!(stage.called().contains(&"swapoff /dev/sdb".into()));
        assert_eq!(stage.text("/etc/fstab").unwrap(), "# static\n");
        assert_eq!(stage.text("/proc/swaps").unwrap(), HEADER);
    }

    #[test]
    fn a_host_that_swaps_is_not_asked_to() {
        let stage = stage(&[("/proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n")]);
        let done = stage.settles(&concern(vec![file()]));
        assert!(!done.contains(&"swap".into()), "{done:?}");
        assert!(!stage.called().iter().any(|line| line.starts_with("swapon")));
    }

    #[test]
    fn what_holds_something_is_not_overwritten() {
        let stage = stage(&[("/dev/sdb", "a file system")]);
        stage.answer("blkid", "TYPE=ext4\n");
        let fault = stage.try_apply(&concern(vec![Area::Device("/dev/sdb".into())])).unwrap_err();
        assert!(fault.to_string().contains("it holds ext4"), "{fault}");
        assert!(!stage.called().iter().any(|line| line.starts_with("mkswap")));
        assert_eq!(stage.text("/dev/sdb").unwrap(), "a file system");
    }

    #[test]
    fn a_file_that_could_not_be_made_is_not_left_behind() {
        let stage = stage(&[]);
        *stage.programs.failing.borrow_mut() = Some("fallocate".into());
        stage.try_apply(&concern(vec![file()])).unwrap_err();
        assert!(!stage.root.path().join("swapfile").exists());
    }
}
