//! `overcloud bios raid configure`: BIOS settings and RAID volumes through steps of Ironic's cleaning.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";
const CONFIGURE: &str = "overcloud bios raid configure";
const CONFIRMED: &str = "overcloud bios raid configure -e confirm_bios_raid=yes";

const BIOS: &str = "compute_bios_config:\n  BootMode: Uefi\n  Cores: 4\n";
const RAID: &str = "compute_raid_config:
  - name: system
    raid_level: 1
    pdisks: [\"Disk.0:RAID.1\", \"Disk.1:RAID.1\"]
";

fn rack(count: u32, rest: &str) -> Served {
    let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"\n{rest}");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

fn fault(step: &str, what: &str) -> String {
    format!("[[fault]]\nnode = \"node-1\"\nstep = \"{step}\"\nwhat = \"{what}\"\ntimes = 1\n")
}

/// A site whose hosts are to have this BIOS and RAID.
fn site(served: &Served, hosts: u32, settings: &str) -> Site {
    let site = Site::of(served, hosts);
    site.write("environments/rack/compute.yml", &format!("---\n{settings}"));
    site.ymir(REGISTER).expect(0);
    site
}

fn bios(served: &Served) -> Value {
    let found = served.ironic("nodes/node-1/bios");
    let pairs = found["bios"].as_array().unwrap().iter();
    pairs.map(|one| (one["name"].as_str().unwrap().to_owned(), one["value"].clone())).collect()
}

fn volumes(served: &Served) -> Vec<(Value, Value)> {
    let found = served.ironic("nodes/node-1");
    let disks = found["raid_config"]["logical_disks"].as_array().cloned().unwrap_or_default();
    disks.into_iter().map(|disk| (disk["name"].clone(), disk["raid_level"].clone())).collect()
}

fn field(served: &Served, name: &str) -> Value {
    served.ironic("nodes/node-1")[name].clone()
}

#[test]
fn a_bios_is_set_once_and_no_disk_is_touched() {
    let served = rack(2, "");
    let site = site(&served, 2, BIOS);
    site.ymir(&format!("{CONFIGURE} --check --diff"))
        .expect(0)
        .says(&["BIOS setting BootMode: not reported → Uefi", "Cores: not reported → 4"]);
    assert_eq!(bios(&served), json!({}));
    site.ymir(CONFIGURE).expect(0);
    assert_eq!(bios(&served), json!({ "BootMode": "Uefi", "Cores": "4" }));
    assert_eq!(field(&served, "provision_state"), "manageable");
    assert_eq!(field(&served, "extra")["ymir"].get("bios_raid"), None);
    assert_eq!(volumes(&served), []);
    site.ymir(CONFIGURE).expect(0).says(&["nothing was changed"]);
    site.edit("environments/rack/compute.yml", "Uefi", "Bios");
    site.ymir(&format!("{CONFIGURE} --diff"))
        .expect(0)
        .says(&["BootMode: Uefi → Bios"])
        .lacks(&["Cores"]);
}

#[test]
fn volumes_are_made_anew_only_if_somebody_agrees() {
    let served = rack(1, "");
    let site = site(&served, 1, RAID);
    let told =
        ["was not confirmed", "volume `system`, RAID level 1, on Disk.0:RAID.1, Disk.1:RAID.1"];
    site.ymir(CONFIGURE).expect(3).says(&told).says(&["confirm_bios_raid=yes"]);
    assert_eq!(field(&served, "target_raid_config"), json!({}));
    site.ymir(CONFIRMED).expect(0);
    assert_eq!(volumes(&served), [(json!("system"), json!("1"))]);
    // Nothing is lost any more, so nobody is asked.
    site.ymir(CONFIGURE).expect(0).says(&["nothing was changed"]);
    site.edit("environments/rack/compute.yml", "raid_level: 1", "raid_level: 0");
    site.ymir(CONFIGURE).expect(3).says(&["RAID: delete volume `system` with all that is on it"]);
    site.ymir(CONFIRMED).expect(0);
    assert_eq!(volumes(&served), [(json!("system"), json!("0"))]);
}

#[test]
fn a_node_in_use_is_left_alone_and_told() {
    let served = rack(1, "");
    let site = site(&served, 1, &format!("{BIOS}{RAID}"));
    site.ymir("overcloud provision").expect(0);
    let told = [
        "the node is `active`, so it stays",
        "BIOS setting BootMode",
        "RAID: make volume `system`",
    ];
    site.ymir(CONFIGURE).expect(0).says(&told);
    assert_eq!(bios(&served), json!({}));
    assert_eq!(volumes(&served), []);
    assert_eq!(field(&served, "provision_state"), "active");
}

#[test]
fn an_available_node_is_available_again_and_is_not_cleaned_on_the_way() {
    let served = rack(1, "");
    let site = site(&served, 1, BIOS);
    site.write("environments/rack/cleaning.yml", "ymir_ironic_automated_clean: true\n");
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud provision").expect(0);
    site.ymir("overcloud deprovision -e confirm_deprovision=yes").expect(0);
    assert_eq!(field(&served, "provision_state"), "available");
    // The BIOS is set without a ramdisk; a cleaning that nobody has asked for would wait for one in vain.
    let silent = json!({ "node": "node-1", "step": "clean", "what": "ramdisk-never-calls-back" });
    served.control("POST", "faults", &silent);
    site.ymir(CONFIGURE).expect(0);
    assert_eq!(field(&served, "provision_state"), "available");
    assert_eq!(field(&served, "automated_clean"), true);
    assert_eq!(bios(&served)["BootMode"], "Uefi");
}

#[test]
fn a_step_that_fails_is_told_in_ironics_words_and_the_command_goes_on() {
    let served = rack(2, &fault("clean", "step-fails"));
    let site = site(&served, 2, BIOS);
    let told = ["node-1", "Attributes ['BootMode', 'Cores'] are not updated", "1 of 2 done"];
    site.ymir(CONFIGURE).expect(4).says(&told);
    assert_eq!(field(&served, "provision_state"), "clean failed");
    assert_eq!(field(&served, "maintenance"), true);
    site.ymir(CONFIGURE).expect(0).says(&["the node was left `clean failed`"]);
    assert_eq!(field(&served, "provision_state"), "manageable");
    assert_eq!(field(&served, "maintenance"), false);
    assert_eq!(bios(&served)["Cores"], "4");
}

#[test]
fn a_cleaning_that_somebody_else_let_fail_is_left_alone() {
    let served = rack(1, &fault("clean", "bmc-dead"));
    let site = site(&served, 1, BIOS);
    site.write("environments/rack/cleaning.yml", "ymir_ironic_automated_clean: true\n");
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud provision").expect(4);
    assert_eq!(field(&served, "provision_state"), "clean failed");
    site.ymir(CONFIGURE)
        .expect(4)
        .says(&["only a person can say whether its disks may be touched"]);
}

#[test]
fn a_conductor_that_restarts_is_forgiven_once() {
    let served = rack(1, &fault("clean", "conductor-restarted"));
    let site = site(&served, 1, BIOS);
    site.ymir(CONFIGURE).expect(0).says(&["Ironic was restarted", "taking it on again, once"]);
    assert_eq!(bios(&served)["BootMode"], "Uefi");
}

#[test]
fn who_comes_after_a_kill_takes_the_node_back_to_where_it_was() {
    let nodes = "[times]\nclean = 4000.0\n[[nodes]]\ncount = 1\nname = \"node-{n}\"\n";
    let served = Served::of(&format!("speed = 1000.0\n{LOGIN}"), nodes);
    let site = site(&served, 1, &format!("{BIOS}{RAID}"));
    site.ymir("overcloud provision").expect(0);
    site.ymir("overcloud deprovision -e confirm_deprovision=yes").expect(0);
    site.kill_when(CONFIRMED, || field(&served, "provision_state") == "clean wait");
    site.ymir(CONFIRMED).expect(0);
    assert_eq!(field(&served, "provision_state"), "available");
    assert_eq!(volumes(&served).len(), 1);
    assert_eq!(field(&served, "extra")["ymir"].get("bios_raid"), None);
    site.ymir(CONFIGURE).expect(0).says(&["nothing was changed"]);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let served = rack(1, "");
    let site = site(&served, 1, "compute_raid_config:\n  - raid_level: 7\n");
    let told = ["node-1: volume 1 of `raid_config`", "no RAID level `7`", "compute.yml"];
    site.ymir(CONFIGURE).expect(3).says(&told);
    site.write("environments/rack/compute.yml", "{}\n");
    site.ymir(CONFIGURE).expect(0).says(&["no host has `bios_config` or `raid_config`"]);
}
