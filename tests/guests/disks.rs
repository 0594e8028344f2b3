//! Arrays, encrypted devices, volumes, swap and Swift's partitions on a real kernel's disks.

use crate::{guest::Guest, site::Site, unlocking};

/// All of it; `ID` is where disks are by their serial numbers.
pub(crate) const ALL: &str = r"---
controller_mdadm_arrays:
  - name: md0
    level: '1'
    devices: [ID-RAID1, ID-RAID2]
    filesystem: ext4
    mountpoint: /srv/array
    state: present
controller_luks_devices:
  - name: secret-1
    device: ID-LUKS1
    options: [discard]
  - name: by-server
    device: ID-LUKS2
    mode: tang
    tang_server: 172.24.0.1:7500
    tang_adv: '{{ kayobe_config_path }}/tang.jws'
  - {name: by-chip, device: ID-LUKS3, mode: tpm2}
controller_lvm_groups:
  - vgname: data
    disks: [ID-LVM1]
    create: true
    lvnames:
      - {lvname: volumes, size: 50%VG, create: true, filesystem: xfs, mount: true, mntp: /srv/volumes}
  - vgname: inner
    disks: [/dev/mapper/secret-1]
    create: true
    lvnames:
      - {lvname: kept, size: 100%FREE, create: true, filesystem: ext4, mount: true, mntp: /srv/secret}
controller_swap:
  - {path: /swapfile, size_mb: 16}
  - {device: ID-SWAP1}
kolla_enable_swift: true
swift_block_devices:
  - {device: ID-SWIFT1, fs_label: swift1}
";

/// The beginning of the disks' names.
pub(crate) const ID: &str = "/dev/disk/by-id/virtio";

/// A text of a site with the disks' names in it.
pub(crate) fn named(text: &str) -> String {
    text.replace("ID-", &format!("{ID}-"))
}

/// A site with all kinds of disks.
pub(crate) fn site(guest: &Guest) -> Site {
    let site = Site::of(guest);
    site.write("disks.yml", &named(ALL));
    site
}

pub(crate) fn guest_comes_up(guest: &Guest) {
    assert_eq!(guest.says("id -un; hostname"), "root\nnode1");
    let serials = guest.says("lsblk --nodeps --noheadings --output SERIAL");
    for (serial, _) in crate::guest::DISKS {
        assert!(serials.lines().any(|line| line.trim() == *serial), "{serial}: {serials}");
    }
    guest.says("test -c /dev/tpmrm0");
    guest.says("modprobe dm_mod && modprobe dm_crypt && modprobe raid1 && modprobe bonding && modprobe 8021q");
}

/// Everything on the disks and in the files about them, which a look may not change.
fn fingerprint(guest: &Guest) -> String {
    guest.says(
        "lsblk --list --output NAME,TYPE,FSTYPE,UUID,MOUNTPOINTS; cat /etc/fstab /etc/crypttab /proc/swaps /proc/mdstat \
         /etc/mdadm/mdadm.conf; ls -l --time-style=full-iso /etc/luks-keys /var/lib/ymir/binding-* /srv 2>&1; \
         sha256sum /etc/luks-keys/* 2>&1; for disk in /dev/disk/by-id/virtio-LUKS?; do cryptsetup luksDump $disk; done 2>&1; true",
    )
}

pub(crate) fn check_changes_no_disk(guest: &Guest) {
    let site = site(guest);
    let before = fingerprint(guest);
    let said = site.configure(&["--check", "--diff", "--detailed-exitcode"]);
    for words in [
        "make the array md0 of",
        "encrypt /dev/disk/by-id/virtio-LUKS1 with a new key",
        "make the volume group data of",
        "make the partition KOLLA_SWIFT_DATA on",
    ] {
        assert!(said.stderr.contains(words), "`{words}` is not told");
    }
    said.expect(5);
    assert_eq!(fingerprint(guest), before);
}

pub(crate) fn disks_are_set_up(guest: &Guest) {
    site(guest).configure(&[]).expect(0);
    are_there(guest);
    for (place, kind) in [("array", "ext4"), ("volumes", "xfs"), ("secret", "ext4")] {
        guest.says(&format!("echo {place} >/srv/{place}/kept"));
        assert_eq!(guest.says(&format!("findmnt --noheadings --output FSTYPE /srv/{place}")), kind);
    }
    let key = "/etc/luks-keys/dev-disk-by-id-virtio-LUKS1";
    assert_eq!(guest.says(&format!("stat --format '%s %a %U' {key}")), "2048 600 root");
    guest.says(&format!("cryptsetup open --test-passphrase --key-file {key} {ID}-LUKS1"));
    assert_eq!(
        guest.says("cat /etc/crypttab | grep -v '^#'"),
        format!(
            "secret-1 {ID}-LUKS1 {key} discard\nby-server {ID}-LUKS2 none _netdev\nby-chip {ID}-LUKS3 none"
        )
    );
    unlocking::only_clevis_opens(guest);
    let name = guest.says(&format!("parted --machine --script {ID}-SWIFT1 print | tail -1"));
    assert!(name.contains(":KOLLA_SWIFT_DATA:"), "{name}");
    assert_eq!(guest.says(&format!("blkid -o value -s LABEL {ID}-SWIFT1-part1")), "swift1");
    assert_eq!(guest.says(&format!("blkid -o value -s TYPE {ID}-SWIFT1-part1")), "xfs");
}

/// Whether all of it is in use.
fn are_there(guest: &Guest) {
    let mounts = guest.says("findmnt --noheadings --list --output TARGET,SOURCE");
    for source in ["/dev/md0", "/dev/mapper/data-volumes", "/dev/mapper/inner-kept"] {
        assert!(mounts.contains(source), "{source} is not mounted: {mounts}");
    }
    assert!(guest.says("cat /proc/mdstat").contains("md0 : active"));
    assert!(guest.says("cat /proc/swaps").contains("/swapfile"));
    assert!(guest.says("dmsetup table secret-1").contains("allow_discards"));
    for name in ["by-server", "by-chip"] {
        guest.says(&format!("test -b /dev/mapper/{name}"));
    }
}

pub(crate) fn second_run_changes_nothing(guest: &Guest) {
    let before = fingerprint(guest);
    site(guest).configure(&["--check", "--detailed-exitcode"]).expect(0);
    let said = site(guest).configure(&[]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(fingerprint(guest), before);
}

pub(crate) fn reboot_keeps_the_disks(guest: &Guest) {
    guest.reboot();
    are_there(guest);
    for place in ["array", "volumes", "secret"] {
        assert_eq!(guest.says(&format!("cat /srv/{place}/kept")), place);
    }
    site(guest).configure(&["--check", "--detailed-exitcode"]).expect(0);
}

pub(crate) fn disks_of_others_are_not_taken(guest: &Guest) {
    guest.says(&format!("mkfs.ext4 -q {ID}-OLD1"));
    let table = [
        ("controller_luks_devices: [{name: two, device: ID-OLD1}]", "it holds ext4"),
        (
            "controller_lvm_groups: [{vgname: two, disks: [ID-OLD1], create: true, lvnames: []}]",
            "holds ext4",
        ),
        (
            "controller_lvm_groups: [{vgname: two, disks: [ID-RAID1], create: true, lvnames: []}]",
            "holds linux_raid_member",
        ),
        (
            "{kolla_enable_swift: true, swift_block_devices: [{device: ID-OLD1, fs_label: old1}]}",
            "it holds ext4",
        ),
        (
            "{kolla_enable_swift: true, swift_block_devices: [{device: ID-LVM1, fs_label: lvm1}]}",
            "it holds LVM2_member",
        ),
    ];
    // These sites ask for no swap, which holds nothing and goes.
    let data = "lsblk --list --output NAME,TYPE,FSTYPE,UUID; cat /proc/mdstat /etc/crypttab; ls -l /etc/luks-keys";
    let before = guest.says(data);
    for (text, expected) in table {
        let site = Site::of(guest);
        site.write("disks.yml", &format!("---\n{}\n", named(text)));
        let said = site.configure(&[]);
        assert_ne!(said.code, 0, "{text} is done");
        assert!(said.stderr.contains(expected), "`{expected}` is not told");
    }
    assert_eq!(guest.says(data), before);
    site(guest).configure(&[]).expect(0);
}
