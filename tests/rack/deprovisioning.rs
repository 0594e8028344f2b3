//! What `overcloud deprovision` leaves behind in writing.

use std::fs;

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";
const PROVISION: &str = "overcloud provision";
const DEPROVISION: &str = "overcloud deprovision -e confirm_deprovision=yes";

/// One machine with two disks that is cleaned so slowly that Ymir looks meanwhile.
fn rack(fault: &str) -> Served {
    let nodes =
        format!("[times]\nclean = 4000.0\n[[nodes]]\ncount = 1\nname = \"node-{{n}}\"\n{fault}");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

/// The records of the host, the oldest first, and all of their text.
fn records(site: &Site) -> (Vec<Value>, String) {
    let found = std::process::Command::new("find")
        .args([&site.file("state"), "-path", "*/deprovisioned/node-1/*.json"])
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let mut paths: Vec<_> = found.lines().collect();
    paths.sort_unstable();
    let texts: Vec<_> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    (texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect(), texts.concat())
}

/// A site whose host is deployed, and whose disks Ironic may clean from then on, or not.
fn deployed(served: &Served, cleans: bool) -> Site {
    let site = Site::of(served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud hardware inspect").expect(0);
    let line = format!("ymir_ironic_automated_clean: {cleans}\n");
    site.write("environments/rack/cleaning.yml", &line);
    site.ymir(PROVISION).expect(0);
    site
}

/// Nobody's word on cleaning, as on nodes that Ironic has discovered: then Ironic cleans, unless it is configured not to.
fn forget_the_word_on_cleaning(served: &Served) {
    let nobodys = json!([{ "op": "replace", "path": "/automated_clean", "value": null }]);
    served.send("PATCH", "nodes/node-1", &nobodys);
}

#[test]
fn what_was_wiped_and_how_is_written_down() {
    let served = rack("");
    let site = deployed(&served, true);
    site.ymir(&format!("{DEPROVISION} --check")).expect(0);
    assert_eq!(records(&site).0, Vec::<Value>::new());
    site.ymir(DEPROVISION).expect(0).says(&["is recorded for each host below", "deprovisioned"]);
    let (records, text) = records(&site);
    let [record] = &records[..] else { panic!("{text}") };
    assert_eq!(record["host"], "node-1");
    assert_eq!(record["state"], "available");
    assert_eq!(
        record["clean_steps"],
        json!([{ "interface": "deploy", "step": "erase_devices_metadata" }])
    );
    assert_eq!(record["disks"][0]["serial"], "RACK-node-1");
    assert_eq!(record["disks"][0]["root"], true);
    assert!(record["image"]["source"].as_str().unwrap().ends_with("debian-12.qcow2"), "{text}");
    assert!(record["ended"].is_string() && record["by"].is_string(), "{text}");
    assert!(!text.contains("bmc-password"), "{text}");
    site.ymir(DEPROVISION).expect(0).says(&["nothing was changed"]);
}

#[test]
fn a_disk_that_was_not_wiped_is_said_to_be_so() {
    let served = rack("");
    let site = deployed(&served, false);
    forget_the_word_on_cleaning(&served);
    site.ymir(DEPROVISION).expect(0);
    let (records, text) = records(&site);
    assert_eq!(records[0]["wiped"], "nothing was wiped: automated cleaning is off", "{text}");
    assert_eq!(records[0]["clean_steps"], json!([]), "{text}");
    assert_eq!(served.ironic("nodes/node-1")["automated_clean"], false);
}

#[test]
fn a_discovered_node_is_not_cleaned_on_its_way_to_be_available() {
    let served = rack("");
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud hardware inspect").expect(0);
    forget_the_word_on_cleaning(&served);
    let outcome = site.ymir(PROVISION).expect(0);
    outcome.lacks(&["make available: cleaning"]);
    assert_eq!(served.ironic("nodes/node-1")["automated_clean"], false);
}

#[test]
fn a_record_is_ended_by_who_comes_after_a_kill() {
    let served = rack("");
    let site = deployed(&served, true);
    let steps =
        |records: &[Value]| records.first().is_some_and(|one| one["clean_steps"][0].is_object());
    site.kill_when(DEPROVISION, || steps(&records(&site).0));
    assert_eq!(records(&site).0[0]["ended"], Value::Null);
    site.ymir(DEPROVISION).expect(0);
    let (records, text) = records(&site);
    assert_eq!(records.len(), 1, "{text}");
    assert!(records[0]["ended"].is_string() && steps(&records), "{text}");
}

#[test]
fn a_failure_is_written_down_and_the_record_goes_on() {
    let served =
        rack("[[fault]]\nnode = \"node-1\"\nstep = \"undeploy\"\nwhat = \"bmc-dead\"\ntimes = 1\n");
    let site = deployed(&served, true);
    site.ymir(DEPROVISION).expect(4);
    let (first, text) = records(&site);
    assert_eq!(first[0]["state"], "error", "{text}");
    assert_eq!(first[0]["ended"], Value::Null, "{text}");
    assert!(text.contains("Redfish connection failed"), "{text}");
    assert!(first[0]["wiped"].as_str().unwrap().starts_with("not known"), "{text}");
    site.ymir(DEPROVISION).expect(0);
    let (second, text) = records(&site);
    assert_eq!(second.len(), 1, "{text}");
    assert_eq!(second[0]["begun"], first[0]["begun"]);
    assert_eq!(second[0]["error"], Value::Null, "{text}");
    assert!(second[0]["ended"].is_string(), "{text}");
}
