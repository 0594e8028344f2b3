//! What holds data goes only when it is named, and what does not goes only in small numbers.

use crate::{
    disks::{ALL, named, site},
    guest::Guest,
    site::Site,
};

/// A site that asks for no disks any more.
fn without_disks(guest: &Guest) -> Site {
    let site = Site::of(guest);
    site.write("disks.yml", "---\nkolla_enable_swift: true\n");
    site
}

pub(crate) fn too_many_removals_are_refused(guest: &Guest) {
    let site = Site::of(guest);
    let swapless = named(ALL).replace("  - {path: /swapfile, size_mb: 16}\n", "");
    site.write("disks.yml", &swapless);
    let said = site.configure(&["--removal-limit", "0"]);
    assert!(said.stderr.contains("would be removed"), "too many removals are not told");
    assert_ne!(said.code, 0);
    assert!(guest.says("cat /proc/swaps").contains("/swapfile"));
    let said = site.configure(&["--removal-limit", "0", "--check"]);
    assert!(said.stderr.contains("without --check this is refused"), "it is not told in a check");
    said.expect(0);
    site.configure(&[]).expect(0);
    assert!(!guest.says("cat /proc/swaps; cat /etc/fstab").contains("/swapfile"));
    // What was there before is wanted again.
    self::site(guest).configure(&[]).expect(0);
}

pub(crate) fn what_holds_data_stays(guest: &Guest) {
    let site = without_disks(guest);
    for mode in [&[][..], &["--check"]] {
        let said = site.configure(mode);
        for name in [
            "node1:/dev/md0",
            "node1:/srv/array",
            "node1:/dev/mapper/secret-1",
            "node1:/dev/mapper/by-server",
            "node1:/dev/mapper/by-chip",
            "node1:/dev/data/volumes",
            "node1:/dev/data`",
            "node1:/dev/inner/kept",
            "node1:/dev/disk/by-id/virtio-SWIFT1-part1",
        ] {
            let option = format!("`--confirm-removal {name}");
            assert!(said.stderr.contains(&option), "`{option}` is not told");
        }
        said.expect(0);
    }
    for place in ["array", "volumes", "secret"] {
        assert_eq!(guest.says(&format!("cat /srv/{place}/kept")), place);
    }
    let said = site.configure(&["--confirm-removal", "node2:/dev/md0"]);
    assert!(said.stderr.contains("the run has no host `node2`"), "a wrong name is not told");
    assert_eq!(said.code, 2);
}

/// What the site condemns by itself is asked for, too.
fn condemned(guest: &Guest) {
    let site = Site::of(guest);
    let array = "{name: md0, level: 1, devices: [ID-RAID1, ID-RAID2], state: absent}";
    site.write("disks.yml", &named(&format!("---\ncontroller_mdadm_arrays: [{array}]\n")));
    let said = site.configure(&["--skip-tags", "luks,lvm,swap,swift-block-devices"]);
    assert!(said.stderr.contains("Ymir removes no data unasked"), "nobody is asked");
    assert_ne!(said.code, 0);
    assert!(guest.says("cat /proc/mdstat").contains("md0 : active"));
}

pub(crate) fn what_is_named_is_removed(guest: &Guest) {
    condemned(guest);
    let site = without_disks(guest);
    let kept = site.configure_at_terminal(&[], "");
    assert!(kept.stdout.contains("or nothing to keep it all"), "nobody is asked");
    assert!(guest.says("cat /proc/mdstat").contains("md0 : active"));
    site.configure_at_terminal(&[], "node1:/dev/md0").expect(0);
    assert!(!guest.says("cat /proc/mdstat").contains("md0"));
    let name = |name: &'static str| ["--confirm-removal", name];
    let options = [
        name("node1:/dev/data/volumes"),
        name("node1:/dev/data"),
        name("node1:/dev/inner/kept"),
        name("node1:/dev/inner"),
        name("node1:/dev/mapper/secret-1"),
        name("node1:/dev/mapper/by-server"),
        name("node1:/dev/mapper/by-chip"),
        name("node1:/dev/disk/by-id/virtio-SWIFT1-part1"),
    ]
    .concat();
    // What the encrypted device holds goes first, and the device itself in the next run.
    site.configure(&options).expect(0);
    let said = site.configure(&options);
    assert!(said.stderr.contains("remove the encrypted device /dev/mapper/secret-1"), "{said:?}");
    said.expect(0);
    let left = guest.says("lsblk --list --noheadings --output NAME,TYPE,FSTYPE,MOUNTPOINTS");
    for word in ["raid", "crypt", "lvm", "LVM2", "LUKS", "/srv", "xfs"] {
        assert!(!left.contains(word), "{word} is left: {left}");
    }
    let files = "cat /etc/fstab /etc/crypttab /etc/mdadm/mdadm.conf; ls /etc/luks-keys; true";
    let files = guest.says(files);
    for word in ["/srv", "secret-1", "by-server", "by-chip", "ARRAY /dev/md", "LUKS1"] {
        assert!(!files.contains(word), "{word} is left: {files}");
    }
    site.configure(&["--check", "--detailed-exitcode"]).expect(0);
    guest.reboot();
    assert!(!guest.says("cat /proc/mdstat").contains("active"), "an array came back");
}
