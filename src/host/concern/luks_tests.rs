//! LUKS on a directory that plays a host.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;
use crate::host::{concern::Concern, facts::Family, programs::Output, stage::Stage};

const KEY: &str = "/etc/luks-keys/dev-sdb";

fn concern(given: Option<Sealed>) -> Concern {
    let device = Encrypted {
        name: "data".into(),
        device: "/dev/sdb".into(),
        key: KEY.into(),
        given,
        options: vec!["discard".into()],
        opener: None,
    };
    Luks { devices: vec![device] }.into()
}

/// A host whose programs do as cryptsetup and systemd do.
fn stage() -> Stage {
    let stage = Stage::new(&[
        ("/dev/sdb", ""),
        ("/dev/urandom", &"r".repeat(4096)),
        ("/var/lib/dpkg/status", "Package: cryptsetup\nStatus: install ok installed\n"),
    ]);
    stage.act("blkid", |root, call| {
        let stdout = fs::read_to_string(root.join(&call.args[3][1..])).unwrap_or_default();
        Output { code: if stdout.is_empty() { 2 } else { 0 }, stdout, ..Output::default() }
    });
    stage.act("cryptsetup luksFormat", |root, call| {
        assert!(root.join(&call.args[3][1..]).exists(), "the key comes first");
        fs::write(root.join(&call.args[4][1..]), "TYPE=crypto_LUKS\n").unwrap();
        Output::default()
    });
    stage.answer("systemd-escape", "systemd-cryptsetup@data.service\n");
    stage.act("systemctl start systemd-cryptsetup@data.service", |root, _| {
        fs::create_dir_all(root.join("dev/mapper")).unwrap();
        fs::write(root.join("dev/mapper/data"), "").unwrap();
        Output::default()
    });
    stage.act("cryptsetup close data", |root, _| {
        fs::remove_file(root.join("dev/mapper/data")).unwrap();
        Output::default()
    });
    stage.act("wipefs --all /dev/sdb", |root, _| {
        fs::write(root.join("dev/sdb"), "").unwrap();
        Output::default()
    });
    stage
}

#[test]
fn an_empty_device_is_encrypted_and_opened() {
    let stage = stage();
    let done = stage.settles(&concern(None));
    assert_eq!(
        done,
        [
            "encrypt /dev/sdb with a new key, in /etc/luks-keys/dev-sdb",
            "change the line of data in /etc/crypttab",
            "open /dev/mapper/data",
        ]
    );
    assert_eq!(stage.text(KEY).unwrap(), "r".repeat(2048));
    let mode = fs::metadata(stage.root.path().join(&KEY[1..])).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        stage.text("/etc/crypttab").unwrap(),
        "data /dev/sdb /etc/luks-keys/dev-sdb discard\n"
    );
    assert!(!stage.text("/var/lib/ymir/record.json").unwrap().contains("rrrr"));
}

#[test]
fn the_key_of_the_site_is_used_and_never_told() {
    let mut stage = stage();
    stage.facts.family = Family::RedHat;
    stage.answer("rpm", "cryptsetup\n");
    let concern = concern(Some(Sealed::Open("73657361".into())));
    let told = format!("{concern:?}");
    assert!(!told.contains("7365"), "{told}");
    let done = stage.apply(&concern);
    assert!(done.iter().any(|change| change.contains("with the site's key")), "{done:?}");
    assert_eq!(stage.text(KEY).unwrap(), "sesa");
    assert!(!stage.called().iter().any(|line| line.contains("sesa") || line.contains("7365")));
    assert_eq!(stage.look(&concern), [""; 0]);
}

#[test]
fn what_holds_something_is_not_encrypted() {
    let stage = stage();
    stage.put("/dev/sdb", "TYPE=ext4\n");
    let fault = stage.try_apply(&concern(None)).unwrap_err();
    assert!(fault.to_string().contains("it holds ext4"), "{fault}");
    assert!(!stage.called().iter().any(|line| line.contains("luksFormat")));
}

#[test]
fn a_device_that_was_taken_over_keeps_its_key_and_is_never_removed() {
    let stage = stage();
    stage.put("/dev/sdb", "TYPE=crypto_LUKS\n");
    stage.put(KEY, "kayobe's");
    stage.put("/etc/crypttab", "data /dev/sdb /etc/luks-keys/dev-sdb discard\n");
    stage.put("/dev/mapper/data", "");
    assert_eq!(stage.settles(&concern(None)), [""; 0]);
    stage.confirm(&["/dev/mapper/data"]);
    assert_eq!(stage.settles(&Luks { devices: vec![] }.into()), [""; 0]);
    assert_eq!(stage.text(KEY).unwrap(), "kayobe's");
}

#[test]
fn it_stays_with_its_key_until_it_is_named() {
    let stage = stage();
    stage.settles(&concern(None));
    let nothing: Concern = Luks { devices: vec![] }.into();
    assert_eq!(stage.settles(&nothing), [""; 0]);
    assert!(stage.text(KEY).is_some() && stage.text("/etc/crypttab").unwrap().contains("data"));
    // Something that is made of it goes first.
    stage.confirm(&["/dev/mapper/data"]);
    stage.put("/sys/class/block/data/holders/dm-1", "");
    assert_eq!(stage.settles(&nothing), [""; 0]);
    fs::remove_file(stage.root.path().join("sys/class/block/data/holders/dm-1")).unwrap();
    assert_eq!(stage.settles(&nothing), ["remove the encrypted device /dev/mapper/data"]);
    assert_eq!((stage.text(KEY), stage.text("/etc/crypttab").as_deref()), (None, Some("")));
    assert!(stage.called().contains(&"cryptsetup erase --batch-mode /dev/sdb".into()));
}
