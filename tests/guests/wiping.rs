//! `--wipe-disks` on real disks: what is listed, what is refused, what is wiped.

use crate::{guest::Guest, site::Site};

const WIPE: &str = "--wipe-disks";

/// Where disks are by their serial numbers.
const ID: &str = "/dev/disk/by-id/virtio";

/// A site that asks for no disks.
fn site(guest: &Guest) -> Site {
    Site::of(guest)
}

/// What the first bytes and the last ones of a disk are made of.
fn ends(guest: &Guest, serial: &str) -> String {
    guest.says(&format!("(head -c 1M {ID}-{serial}; tail -c 1M {ID}-{serial}) | sha256sum"))
}

fn is_empty(guest: &Guest, serial: &str) -> bool {
    guest.says(&format!(
        "(head -c 1M {ID}-{serial}; tail -c 1M {ID}-{serial}) | tr -d '\\0' | wc -c"
    )) == "0"
        && guest.says(&format!("lsblk --noheadings {ID}-{serial} | wc -l")) == "1"
}

pub(crate) fn disks_to_wipe_are_listed(guest: &Guest) {
    guest.says(&format!(
        "parted --script {ID}-OLD1 mklabel gpt mkpart old 0% 100% && udevadm settle && mkfs.xfs -q -f {ID}-OLD1-part1"
    ));
    guest.says(&format!("mkfs.ext4 -q {ID}-EMPTY1 && mount {ID}-EMPTY1 /mnt"));
    guest.says(&format!(
        "vgcreate --quiet two {ID}-OTHER1 {ID}-OTHER2 && lvcreate --quiet -l 100%VG -n all two"
    ));
    let before = ["OLD1", "OTHER1"].map(|serial| ends(guest, serial));
    for options in [&[WIPE, "--check"][..], &[WIPE]] {
        let said = site(guest).configure(options);
        for words in [
            "(OLD1, 512M): xfs; can be wiped",
            "(EMPTY1, 128M): ext4; stays: it, or something on it, is mounted at /mnt",
            "is part of LVM; only `--confirm-wipe node1:OTHER1` wipes it",
            "stays: it, or something on it, is mounted at /",
            "(LVM2, 256M): nothing; nothing to wipe",
        ] {
            assert!(said.stderr.contains(words), "`{words}` is not told");
        }
        let is_check = options.len() > 1;
        let told = if is_check { "wipe vd" } else { "--confirm-wipe node1:OLD1" };
        assert!(said.stderr.contains(told), "`{told}` is not told");
        assert_eq!(said.code == 0, is_check);
    }
    let named = site(guest).configure(&[WIPE, "--confirm-wipe", "node1:EMPTY1"]);
    assert!(
        named.stderr.contains("wiping the disk EMPTY1; nothing was changed"),
        "a mounted disk may be named"
    );
    assert_ne!(named.code, 0);
    assert_eq!(["OLD1", "OTHER1"].map(|serial| ends(guest, serial)), before);
}

pub(crate) fn named_disks_are_wiped(guest: &Guest) {
    let said = site(guest)
        .configure(&[WIPE, "--confirm-wipe", "node1:OLD1", "--output", "json"])
        .expect(0);
    let is_told = |line: &str| line.contains("step_finished") && line.contains("(OLD1, 512M): xfs");
    assert!(said.lines().any(is_told), "what was wiped is in no event: {said}");
    assert!(is_empty(guest, "OLD1"), "something is left");
    assert!(!is_empty(guest, "OTHER1"), "a disk went that was not named");
    let said = site(guest).configure(&[WIPE, "--confirm-wipe", "node1:OLD1"]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
}

pub(crate) fn a_terminal_is_asked(guest: &Guest) {
    guest.says(&format!("mkfs.ext4 -q {ID}-OLD1"));
    let said = site(guest).configure_at_terminal(&[WIPE], "yes");
    assert!(said.stdout.contains("the answer was `yes`, not `wipe`"), "another word will do");
    assert!(!is_empty(guest, "OLD1"));
    site(guest).configure_at_terminal(&[WIPE], "wipe").expect(0);
    assert!(is_empty(guest, "OLD1") && is_empty(guest, "SWIFT1") && is_empty(guest, "LUKS1"));
    assert!(!is_empty(guest, "OTHER1"), "what is part of something went unnamed");
}

pub(crate) fn disks_of_one_group_go_together(guest: &Guest) {
    let said = site(guest).configure(&[WIPE, "--confirm-wipe", "node1:OTHER1"]);
    assert!(said.stderr.contains("two is on"), "half of a group goes");
    assert_ne!(said.code, 0);
    guest.says("vgs two");
    guest.says(&format!("mdadm --create /dev/md7 --run --level=1 --metadata=1.0 --raid-devices=2 {ID}-RAID1 {ID}-RAID2"));
    let options = ["OTHER1", "OTHER2", "RAID1", "RAID2"]
        .map(|serial| format!("--confirm-wipe=node1:{serial}"));
    let options: Vec<&str> = [WIPE].into_iter().chain(options.iter().map(String::as_str)).collect();
    site(guest).configure(&options).expect(0);
    for serial in ["OTHER1", "OTHER2", "RAID1", "RAID2"] {
        assert!(is_empty(guest, serial), "something is left on {serial}");
    }
    assert_ne!(guest.exec("vgs two").code, 0);
    assert_eq!(guest.says("ls /mnt"), "lost+found");
}
