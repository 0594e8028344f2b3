//! Hosts in use get another image, one batch after another.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";
const PROVISION: &str = "overcloud provision";
const REPROVISION: &str = "overcloud provision --reprovision -e confirm_reprovision=yes";
const OTHER: &str = "---\nkolla_bifrost_deploy_image_filename: other.qcow2\n";

fn rack(count: u32, rest: &str) -> Served {
    let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"\n{rest}");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

/// A site whose hosts run `debian-12`, and that has another image.
fn site(served: &Served, hosts: u32) -> Site {
    let site = Site::of(served, hosts);
    site.write("host-images/other.yml", "release: bookworm\n");
    site.write("images/other.qcow2", "other");
    // SHA-256 of `other`.
    site.write("images/other.qcow2.sha256", OTHER_SUM);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(0);
    site
}

const OTHER_SUM: &str = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";

/// Lets all hosts be meant to run the other image.
fn other_image(site: &Site) {
    site.write("environments/rack/inventory/group_vars/overcloud/image.yml", OTHER);
    // What is in a file of the environment wins over groups.
    site.edit(
        "environments/rack/rack.yml",
        "kolla_bifrost_deploy_image_filename: debian-12.qcow2\n",
        "",
    );
}

fn node(served: &Served, name: &str) -> Value {
    served.ironic(&format!("nodes/{name}"))
}

fn image(served: &Served, name: &str) -> String {
    let source = node(served, name)["instance_info"]["image_source"].clone();
    source.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn hosts_with_another_image_are_rebuilt_batch_by_batch() {
    let served = rack(3, "");
    let site = site(&served, 3);
    site.ymir(REPROVISION).expect(0).says(&["nothing to do"]);
    other_image(&site);
    site.ymir(PROVISION)
        .expect(0)
        .says(&["it runs another image than the site says", "--reprovision"]);
    let uuid = node(&served, "node-1")["extra"]["ymir"]["host_key"].clone();
    let checked = site.ymir("overcloud provision --reprovision --check").expect(0);
    checked.says(&["batch 1: node-1", "batch 3: node-3", "debian-12.qcow2 → ", "other.qcow2"]);
    assert_eq!(image(&served, "node-1"), "debian-12.qcow2", "a check changes nothing");
    site.ymir("overcloud provision --reprovision")
        .expect(3)
        .says(&["was not confirmed", "confirm_reprovision=yes"]);
    site.ymir(&format!("{REPROVISION} --limit node-3")).expect(0);
    let said = site.ymir(REPROVISION).expect(0).says(&[
        "batch 1: node-1",
        "batch 2: node-2",
        "2 of 2 done",
    ]);
    assert!(!said.said().contains("node-3"), "{}", said.said());
    for name in ["node-1", "node-2", "node-3"] {
        assert_eq!(image(&served, name), "other.qcow2");
        let corner = node(&served, name)["extra"]["ymir"].clone();
        assert_eq!(corner["image"]["checksum"], format!("sha256:{OTHER_SUM}"));
        assert_eq!(corner["rebuilding"], Value::Null);
        assert_eq!(corner["leases"], json!({}));
    }
    assert_ne!(node(&served, "node-1")["extra"]["ymir"]["host_key"], uuid);
    site.ymir(REPROVISION).expect(0).says(&["nothing to do"]);
    site.ymir(PROVISION).expect(0).says(&["nothing was changed"]);
}

#[test]
fn a_failed_batch_stops_the_next_ones() {
    let served = rack(4, "");
    let site = site(&served, 4);
    other_image(&site);
    let fault = json!({ "node": "node-2", "step": "deploy", "what": "image-404", "times": 1 });
    served.control("POST", "faults", &fault);
    let said = site.ymir(REPROVISION).expect(4);
    said.says(&[
        "batch 3 of 4 is not begun, because of what failed before: node-2",
        "Error downloading image",
        "1 of 4 done",
    ]);
    assert_eq!(image(&served, "node-1"), "other.qcow2");
    assert_eq!(image(&served, "node-3"), "debian-12.qcow2");
    assert_eq!(node(&served, "node-2")["provision_state"], "deploy failed");
    // What is down comes first, and is taken on from there.
    let said = site.ymir(REPROVISION).expect(0);
    said.says(&["batch 1: node-2", "batch 2: node-3", "the node was left `deploy failed`"]);
    for name in ["node-1", "node-2", "node-3", "node-4"] {
        assert_eq!(image(&served, name), "other.qcow2", "{name}");
    }
}

#[test]
fn so_many_as_a_group_can_spare_go_at_once() {
    let served = rack(4, "");
    let site = site(&served, 4);
    other_image(&site);
    let check = "overcloud provision --reprovision --check";
    site.ymir(&format!("{check} --max-down 2"))
        .expect(0)
        .says(&["batch 1: node-2", "batch 2: node-3"]);
    site.ymir(&format!("{check} --max-down 75%"))
        .expect(0)
        .says(&["batch 1: node-3", "batch 2: node-4"]);
    site.ymir(&format!("{check} --max-down none")).expect(2);
    site.write(
        "environments/rack/inventory/group_vars/compute/down.yml",
        "---\nymir_reprovision_max_down: 4\n",
    );
    site.ymir(check).expect(0).says(&["batch 1: node-4"]);
    served.send("PUT", "nodes/node-4/maintenance", &json!({ "reason": "new disks" }));
    let alone = format!("{REPROVISION} --limit node-1 --max-down 1");
    site.ymir(&alone).expect(3).says(&["1 of the group `compute` are down already", "--max-down"]);
}

#[test]
fn a_new_build_of_the_same_image_is_noticed() {
    let served = rack(1, "");
    let site = site(&served, 1);
    site.write("images/debian-12.qcow2", "other");
    site.write("images/debian-12.qcow2.sha256", OTHER_SUM);
    site.ymir(PROVISION).expect(0).says(&["it runs another build of", "--reprovision"]);
    site.ymir(REPROVISION).expect(0).says(&["→ the build sha256:d9298a10d1b0"]);
    assert_eq!(node(&served, "node-1")["instance_info"]["image_checksum"], OTHER_SUM);
}

#[test]
fn with_all_even_what_is_right_is_rebuilt_and_once() {
    let served = rack(2, "");
    let site = site(&served, 2);
    let since = |name: &str| node(&served, name)["provision_updated_at"].clone();
    let before = since("node-1");
    let fault = json!({ "node": "node-2", "step": "deploy", "what": "image-404", "times": 1 });
    served.control("POST", "faults", &fault);
    let said = site.ymir(&format!("{REPROVISION} --all")).expect(4);
    said.says(&["debian-12.qcow2 again", "1 of 2 done"]);
    let after = since("node-1");
    assert_ne!(after, before);
    site.ymir("run resume").expect(0).says(&["2 of 2 done"]);
    assert_eq!(since("node-1"), after, "a resumed command is the same one");
    assert_eq!(node(&served, "node-2")["provision_state"], "active");
}

#[test]
fn a_protected_host_is_left_alone() {
    let served = rack(1, "");
    let site = site(&served, 1);
    other_image(&site);
    let protect = json!([{ "op": "replace", "path": "/protected", "value": true }, { "op": "add", "path": "/protected_reason", "value": "holds the archive" }]);
    served.send("PATCH", "nodes/node-1", &protect);
    site.ymir(REPROVISION).expect(0).says(&[
        "node-1 is left out: somebody has protected it in Ironic: holds the archive",
        "nothing to do",
    ]);
    assert_eq!(image(&served, "node-1"), "debian-12.qcow2");
}

#[test]
fn a_killed_rebuild_is_taken_up() {
    // Slow enough to be killed on the way.
    let nodes = "[[nodes]]\ncount = 1\nname = \"node-1\"\n";
    let served = Served::of(&format!("speed = 50.0\n{LOGIN}"), nodes);
    let site = site(&served, 1);
    other_image(&site);
    let old_key = node(&served, "node-1")["extra"]["ymir"]["host_key"].clone();
    // Killed after Ironic was asked: the rebuild ends without anybody who notes it.
    site.kill_when(REPROVISION, || node(&served, "node-1")["provision_state"] == "deploying");
    served.wait("node-1", "active");
    let corner = node(&served, "node-1")["extra"]["ymir"].clone();
    assert_eq!(corner["host_key"], old_key);
    site.ymir(PROVISION).expect(0).says(&["note that its rebuild has ended"]);
    let after = node(&served, "node-1")["extra"]["ymir"].clone();
    assert_eq!(after["host_key"], corner["rebuilding"]["host_key"]);
    assert_eq!(after["rebuilding"], Value::Null);
    site.ymir(REPROVISION).expect(0).says(&["nothing to do"]);
}

#[test]
fn a_host_with_several_disks_needs_a_hint() {
    let served = rack(1, "disks = 2\n");
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    // Inspected by somebody else, so that no hint was kept.
    served.send("PUT", "nodes/node-1/states/provision", &json!({ "target": "inspect" }));
    served.wait("node-1", "manageable");
    site.ymir(PROVISION).expect(4).says(&[
        "it has 2 disks, and no root device hint says which to write: /dev/sda with 480 GiB, serial RACK-node-1; /dev/sdb",
        "ironic_properties: {root_device: {serial: \"RACK-node-1\"}}",
    ]);
    let hint = "---\nironic_properties:\n  root_device: {serial: RACK-node-1-1}\n";
    site.write("environments/rack/inventory/host_vars/node-1.yml", hint);
    site.ymir(PROVISION).expect(4).says(&["the site has a hint that Ironic does not know yet"]);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(0);
}
