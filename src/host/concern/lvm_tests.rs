//! LVM on a directory that plays a host. Reports are as LVM's programs print them.

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const PVS: &str = r#"{"report":[{"pv":[{"pv_name":"/dev/sdx","vg_name":"other"}]}]}"#;
const PVS_AFTER: &str = r#"{"report":[{"pv":[{"pv_name":"/dev/sdx","vg_name":"other"},{"pv_name":"/dev/sdb","vg_name":"data"}]}]}"#;
const NO_VGS: &str = r#"{"report":[{"vg":[]}]}"#;
const VGS: &str = r#"{"report":[{"vg":[{"vg_name":"data","vg_size":"1048576000","vg_free":"262144000","vg_extent_size":"4194304"}]}]}"#;
const NO_LVS: &str = r#"{"report":[{"lv":[]}],"log":[]}"#;
const LVS: &str = r#"{"report":[{"lv":[{"vg_name":"data","lv_name":"docker-volumes","lv_size":"786432000"}]}],"log":[]}"#;

fn concern(size: &str, disks: &[&str]) -> Concern {
    let volume = Volume {
        name: "docker-volumes".into(),
        size: Size::read(size).unwrap(),
        options: Vec::new(),
        wanted: Some(true),
        filesystem: Some("ext4".into()),
        filesystem_options: Vec::new(),
        place: Some("/var/lib/docker/volumes".into()),
        mount_options: "defaults".into(),
    };
    let group = GroupOfVolumes {
        name: "data".into(),
        disks: disks.iter().map(|disk| (*disk).to_owned()).collect(),
        wanted: Some(true),
        volumes: vec![volume],
    };
    Lvm { groups: vec![group] }.into()
}

/// A host whose programs do as LVM's do, for the disk `/dev/sdb` and one volume.
fn stage() -> Stage {
    let stage = Stage::new(&[
        ("/usr/sbin/pvs", ""),
        ("/usr/sbin/vgs", ""),
        ("/usr/sbin/lvs", ""),
        ("/dev/sdb", ""),
        ("/dev/sdx", "TYPE=LVM2_member\n"),
        ("/proc/self/mounts", ""),
        ("/var/lib/dpkg/status", "Package: lvm2\nStatus: install ok installed\n"),
    ]);
    for (program, before, after) in
        [("pvs", PVS, PVS_AFTER), ("vgs", NO_VGS, VGS), ("lvs", NO_LVS, LVS)]
    {
        stage.act(&format!("{program} "), move |root, _| {
            let made = if program == "lvs" { "dev/data/docker-volumes" } else { "made" };
            let said = if root.join(made).exists() { after } else { before };
            Output { stdout: said.into(), ..Output::default() }
        });
    }
    stage.act("vgcreate", |root, _| {
        std::fs::write(root.join("made"), "").unwrap();
        Output::default()
    });
    stage.act("lvcreate", |root, _| {
        std::fs::create_dir_all(root.join("dev/data")).unwrap();
        std::fs::write(root.join("dev/data/docker-volumes"), "").unwrap();
        Output::default()
    });
    stage.act("blkid", |root, call| {
        let stdout = std::fs::read_to_string(root.join(&call.args[3][1..])).unwrap_or_default();
        Output { code: if stdout.is_empty() { 2 } else { 0 }, stdout, ..Output::default() }
    });
    stage.act("mkfs", |root, call| {
        std::fs::write(root.join(&call.args[2][1..]), "TYPE=ext4\n").unwrap();
        Output::default()
    });
    stage.act("mount /var", |root, _| {
        let mounts = "/dev/data/docker-volumes /var/lib/docker/volumes ext4 rw 0 0\n";
        std::fs::write(root.join("proc/self/mounts"), mounts).unwrap();
        Output::default()
    });
    stage
}

#[test]
fn a_disk_becomes_a_mounted_file_system() {
    let stage = stage();
    stage.settles(&concern("75%VG", &["/dev/sdb"]));
    let called = stage.called();
    let acts = [
        "vgcreate data /dev/sdb",
        "lvcreate --yes --name docker-volumes --extents 75%VG data",
        "mkfs -t ext4 /dev/data/docker-volumes",
        "mount /var/lib/docker/volumes",
    ];
    let made: Vec<_> = called.iter().filter(|line| acts.contains(&line.as_str())).collect();
    assert_eq!(made, acts);
    assert_eq!(
        stage.text("/etc/fstab").unwrap(),
        "/dev/data/docker-volumes /var/lib/docker/volumes ext4 defaults 0 0\n"
    );
    // Smaller is no reason to do anything, and nothing that holds data goes.
    assert_eq!(stage.look(&concern("10%VG", &["/dev/sdb"])), [""; 0]);
    assert_eq!(stage.apply(&Lvm { groups: vec![] }.into()), [""; 0]);
    assert!(stage.text("/etc/fstab").unwrap().contains("docker-volumes"));
}

#[test]
fn disks_of_others_are_not_taken() {
    let table = [
        ("/dev/sdx", "is in the volume group other"),
        ("/dev/sdz", "there is no /dev/sdz"),
        ("/dev/sdc", "holds ext4"),
    ];
    for (disk, expected) in table {
        let stage = stage();
        stage.put("/dev/sdc", "TYPE=ext4\n");
        let fault = stage.try_apply(&concern("75%VG", &[disk])).unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
        assert!(!stage.called().iter().any(|line| line.starts_with("vgcreate")));
    }
}

#[test]
fn a_disk_is_known_by_all_of_its_names() {
    let stage = stage();
    stage.settles(&concern("75%VG", &["/dev/sdb"]));
    let by_id = stage.root.path().join("dev/disk/by-id");
    std::fs::create_dir_all(&by_id).unwrap();
    std::os::unix::fs::symlink("../../sdb", by_id.join("wwn-1")).unwrap();
    assert_eq!(stage.look(&concern("75%VG", &["/dev/disk/by-id/wwn-1"])), [""; 0]);
}

#[test]
fn what_a_volume_holds_is_not_overwritten() {
    let stage = stage();
    stage.settles(&concern("75%VG", &["/dev/sdb"]));
    stage.put("/dev/data/docker-volumes", "TYPE=xfs\n");
    let fault = stage.try_apply(&concern("75%VG", &["/dev/sdb"])).unwrap_err();
    assert!(fault.to_string().contains("it holds xfs"), "{fault}");
}

/// Programs that take apart what the others have put together.
fn taking_apart(stage: &Stage) {
    stage.act("umount", |root, _| {
        std::fs::write(root.join("proc/self/mounts"), "").unwrap();
        Output::default()
    });
    stage.act("wipefs --all", |root, call| {
        std::fs::write(root.join(&call.args[1][1..]), "").unwrap();
        Output::default()
    });
    stage.act("lvremove", |root, _| {
        std::fs::remove_file(root.join("dev/data/docker-volumes")).unwrap();
        Output::default()
    });
    stage.act("vgremove", |root, _| {
        std::fs::remove_file(root.join("made")).unwrap();
        Output::default()
    });
}

#[test]
fn what_is_named_is_removed_and_the_rest_stays() {
    let stage = stage();
    stage.settles(&concern("75%VG", &["/dev/sdb"]));
    taking_apart(&stage);
    let nothing: Concern = Lvm { groups: vec![] }.into();
    assert_eq!(stage.settles(&nothing), [""; 0]);
    // The volume stands for what is on it and where that is mounted, and not for its group.
    stage.confirm(&["/dev/data/docker-volumes"]);
    assert_eq!(
        stage.settles(&nothing),
        [
            "remove the mount /var/lib/docker/volumes",
            "remove the file system (ext4) on /dev/data/docker-volumes",
            "remove the volume /dev/data/docker-volumes",
        ]
    );
    assert_eq!(stage.text("/etc/fstab").unwrap(), "");
    stage.confirm(&["/dev/data"]);
    assert_eq!(stage.settles(&nothing), ["remove the volume group /dev/data"]);
    assert!(stage.called().contains(&"pvremove /dev/sdb".into()));
}

#[test]
fn programs_stay_as_long_as_what_they_serve() {
    let stage = stage();
    stage.put("/var/lib/dpkg/status", "");
    stage.act("apt-get", |root, _| {
        let status = "Package: lvm2\nStatus: install ok installed\n";
        std::fs::write(root.join("var/lib/dpkg/status"), status).unwrap();
        Output::default()
    });
    stage.apply(&concern("75%VG", &["/dev/sdb"]));
    assert!(stage.text("/var/lib/ymir/record.json").unwrap().contains("package:lvm2"));
    assert_eq!(stage.settles(&Lvm { groups: vec![] }.into()), [""; 0]);
}

#[test]
fn what_the_site_condemns_goes_when_it_is_named() {
    let stage = stage();
    stage.settles(&concern("75%VG", &["/dev/sdb"]));
    taking_apart(&stage);
    let Concern::Lvm(mut lvm) = concern("75%VG", &["/dev/sdb"]) else { unreachable!() };
    lvm.groups[0].volumes[0].wanted = Some(false);
    let concern: Concern = lvm.into();
    let fault = stage.try_apply(&concern).unwrap_err();
    assert!(fault.to_string().contains("Ymir removes no data unasked"), "{fault}");
    let hint = fault.hint.unwrap_or_default();
    assert!(hint.contains("`--confirm-removal HOST:/var/lib/docker/volumes`"), "{hint}");
    stage.confirm(&["/dev/data/docker-volumes"]);
    stage.apply(&concern);
    assert_eq!(stage.look(&concern), [""; 0]);
    assert!(stage.text("/dev/data/docker-volumes").is_none());
}
