//! Which disks are wiped, from what is listed and named.

use super::*;
use crate::host::wipe;

const LISTING: &str = r#"{"blockdevices": [
    {"name":"vda","path":"/dev/vda","type":"disk","serial":"ROOT","size":"3G","mountpoints":["/"]},
    {"name":"vdb","path":"/dev/vdb","type":"disk","serial":"OLD","size":"1G","fstype":"xfs","mountpoints":[null]},
    {"name":"vdc","path":"/dev/vdc","type":"disk","serial":"PV","size":"1G","fstype":"LVM2_member","mountpoints":[null]}]}"#;

fn list(named: &Serials) -> BTreeMap<String, Vec<Candidate>> {
    let disks = ["ctl0", "ctl1"].map(|host| (host.to_owned(), Ok(wipe::read(LISTING).unwrap())));
    listed(BTreeMap::from(disks), named).unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn disks_are_shown_with_what_becomes_of_them() {
    let text = shown(&list(&Serials::new()));
    assert_eq!(
        text.lines().take(4).collect::<Vec<_>>(),
        [
            "ctl0:",
            "  vda (ROOT, 3G): something of no known kind; stays: it, or something on it, is mounted at /",
            "  vdb (OLD, 1G): xfs; can be wiped",
            "  vdc (PV, 1G): LVM2_member; stays: vdc is part of LVM; only `--confirm-wipe ctl0:PV` wipes it",
        ]
    );
}

#[test]
fn what_is_free_is_wiped_on_all_hosts_and_what_is_named_on_its_own() {
    let free = free(&list(&Serials::new()));
    let serials = |serials: &[&str]| serials.iter().map(|one| (*one).to_owned()).collect();
    assert_eq!(free, BTreeMap::from(["ctl0", "ctl1"].map(|host| (host.into(), serials(&["OLD"])))));
    let named = named(&words(&["ctl1:PV"]), &["ctl0", "ctl1"]).unwrap();
    check_named(&list(&named), &named).unwrap();
    let wiped = wiped(named, true);
    assert_eq!(wiped.len(), 1);
    assert_eq!(wiped["ctl1"], WipeDisks { serials: vec!["PV".into()], named: true });
}

#[test]
fn what_is_mounted_or_not_there_cannot_be_named() {
    for (word, expected) in [("ctl0:ROOT", "is mounted at /"), ("ctl0:NONE", "no such disk")] {
        let named = named(&words(&[word]), &["ctl0", "ctl1"]).unwrap();
        let trouble = check_named(&list(&named), &named).unwrap_err();
        assert!(trouble.to_string().contains(expected), "{trouble}");
    }
}

#[test]
fn a_host_that_cannot_be_listed_is_told_and_nothing_is_chosen() {
    let disks = BTreeMap::from([("ctl0".to_owned(), Err(Trouble::host("no way there")))]);
    let trouble = listed(disks, &Serials::new()).unwrap_err();
    assert!(trouble.what.contains("ctl0: listing its disks; nothing was changed"), "{trouble}");
}
