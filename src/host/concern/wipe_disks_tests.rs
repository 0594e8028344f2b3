//! Wiping on a directory that plays a host, whose disks are files.

use std::fs;

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

/// One group of volumes on two disks, and a disk with an old file system.
const LISTING: &str = r#"{"blockdevices": [
    {"name":"sda","path":"/dev/sda","type":"disk","serial":"ROOT","fstype":"ext4","mountpoints":["/"]},
    {"name":"sdb","path":"/dev/sdb","type":"disk","serial":"OLD","size":"1G","fstype":null,"mountpoints":[null]SDB},
    {"name":"sdc","path":"/dev/sdc","type":"disk","serial":"PV1","size":"1G","fstype":"LVM2_member","mountpoints":[null]},
    {"name":"sdd","path":"/dev/sdd","type":"disk","serial":"PV2","size":"1G","fstype":"LVM2_member","mountpoints":[null]}]}"#;

const PART: &str = r#","children":[{"name":"sdb1","path":"/dev/sdb1","type":"part","fstype":"xfs","mountpoints":[null]}]"#;

const PVS: &str = r#"{"report":[{"pv":[{"pv_name":"/dev/sdc","vg_name":"two"},{"pv_name":"/dev/sdd","vg_name":"two"}]}]}"#;
const NO_PVS: &str = r#"{"report":[{"pv":[]}]}"#;

fn stage() -> Stage {
    let data = "data".repeat(1000);
    let disks = ["sda", "sdb", "sdc", "sdd"].map(|name| format!("/dev/{name}"));
    let stage = Stage::new(&[("/usr/sbin/pvs", ""), ("/dev/sdb1", &data)]);
    for disk in &disks {
        stage.put(disk, &data);
    }
    stage.act("lsblk --json", |root, _| {
        let part = if root.join("dev/sdb1").exists() { PART } else { "" };
        Output { stdout: LISTING.replace("SDB", part), ..Output::default() }
    });
    stage.act("pvs", |root, _| {
        let stdout = if root.join("removed").exists() { NO_PVS } else { PVS };
        Output { stdout: stdout.into(), ..Output::default() }
    });
    stage.act("vgremove", |root, _| {
        fs::write(root.join("removed"), "").unwrap();
        Output::default()
    });
    stage.act("blockdev --rereadpt /dev/sdb", |root, _| {
        fs::remove_file(root.join("dev/sdb1")).unwrap();
        Output::default()
    });
    stage
}

fn concern(serials: &[&str], named: bool) -> Concern {
    let serials = serials.iter().map(|serial| (*serial).to_owned()).collect();
    WipeDisks { serials, named }.into()
}

fn is_zero(stage: &Stage, disk: &str) -> bool {
    stage.text(disk).unwrap().bytes().all(|byte| byte == 0)
}

#[test]
fn a_disk_that_nothing_uses_is_overwritten() {
    let stage = stage();
    assert_eq!(stage.settles(&concern(&["OLD"], false)), ["wipe sdb (OLD, 1G): xfs"]);
    assert!(is_zero(&stage, "/dev/sdb") && !is_zero(&stage, "/dev/sdc"));
    assert!(stage.called().contains(&"wipefs --all /dev/sdb1".into()));
    assert!(!stage.text("/var/lib/ymir/record.json").unwrap_or_default().contains("sdb"));
}

#[test]
fn a_group_goes_when_all_of_its_disks_are_named() {
    let stage = stage();
    stage.settles(&concern(&["PV1", "PV2"], true));
    assert!(is_zero(&stage, "/dev/sdc") && is_zero(&stage, "/dev/sdd"));
    let called = stage.called();
    assert_eq!(called.iter().filter(|line| *line == "vgremove --force --yes two").count(), 1);
}

#[test]
fn what_is_in_use_stays() {
    for (serials, named, expected) in [
        (["PV1"], false, "sdc is part of LVM"),
        (["PV1"], true, "two is on sdd (PV2, 1G): LVM2_member, too, which was not named"),
        (["ROOT"], true, "is mounted at /"),
        (["GONE"], true, "the host has no such disk any more"),
    ] {
        let stage = stage();
        let fault = stage.try_apply(&concern(&serials, named)).unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
        let wrote = |line: &String| line.starts_with("wipefs") || line.starts_with("vgremove");
        assert!(!stage.called().iter().any(wrote));
        assert!(!is_zero(&stage, "/dev/sdc") && !is_zero(&stage, "/dev/sda"));
    }
}
