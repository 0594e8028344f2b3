//! Images: which there are, who is meant to run them, and who does.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

fn rack(count: u32) -> Served {
    let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"\n");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const LIST: &str = "overcloud host image list";

/// What is published with an image that was built.
fn manifest(site: &Site, name: &str, sha256: &str, size: u64) {
    let file = json!({ "file": format!("{name}.qcow2"), "size": size, "sha256": sha256 });
    let manifest = json!({
        "name": name, "digest": "0", "built_at": "2026-01-01T00:00:00Z", "kernel": "6.1", "files": [file],
        "packages": [],
    });
    site.write(&format!("images/{name}.manifest.json"), &manifest.to_string());
}

fn row(list: &Value, file: &str) -> Value {
    let rows = list["images"].as_array().unwrap();
    rows.iter()
        .find(|row| row["file"] == file)
        .unwrap_or_else(|| panic!("no {file} in {list}"))
        .clone()
}

#[test]
fn images_and_their_hosts_are_listed() {
    let served = rack(3);
    let site = Site::of(&served, 3);
    manifest(&site, "debian-12", ABC, 3);
    manifest(&site, "forgotten", ABC.replace('b', "c").as_str(), 3);
    site.write("images/forgotten.qcow2", "xyz");
    site.write("host-images/new.yml", "release: trixie\n");
    site.edit(
        "environments/rack/rack.yml",
        "kolla_bifrost_deploy_image_filename: debian-12.qcow2\n",
        "",
    );
    let group = "---\nkolla_bifrost_deploy_image_filename: debian-12.qcow2\n";
    site.write("environments/rack/inventory/group_vars/compute/image.yml", group);
    let own = "---\nkolla_bifrost_deploy_image_filename: arm.qcow2\n";
    site.write("environments/rack/inventory/host_vars/node-3.yml", own);
    let described = format!(
        "---\nymir_host_images:\n  arm.qcow2:\n    url: https://images.example.org/arm-3.qcow2\n    checksum: sha512:{}\n",
        "ab".repeat(64)
    );
    site.write("environments/rack/images.yml", &described);
    site.ymir("overcloud hardware register").expect(0);
    site.ymir("overcloud provision").expect(0);
    let list = site.ymir(&format!("{LIST} --output json")).expect(0).json();
    let debian = row(&list, "debian-12.qcow2");
    assert_eq!(debian["from"], "host-images/debian-12.yml");
    assert_eq!(debian["state"], "out_of_date", "the digest of its recipe is another");
    assert_eq!(
        (&debian["size"], &debian["checksum"]),
        (&json!(3), &json!(format!("sha256:{ABC}")))
    );
    assert_eq!(debian["meant"], json!(["node-1", "node-2"]));
    let hosts: Vec<_> =
        debian["runs"].as_array().unwrap().iter().map(|runs| &runs["host"]).collect();
    assert_eq!(hosts, ["node-1", "node-2"]);
    assert_eq!(row(&list, "new.qcow2")["state"], "not_built");
    assert_eq!(row(&list, "forgotten.qcow2")["state"], "left_over");
    let arm = row(&list, "arm.qcow2");
    assert_eq!((&arm["state"], &arm["meant"]), (&json!("elsewhere"), &json!(["node-3"])));
    assert_eq!(arm["runs"][0]["this_build"], true);
    let info = served.ironic("nodes/node-3")["instance_info"].clone();
    assert_eq!(info["image_os_hash_algo"], "sha512");
    assert_eq!(info["image_source"], "https://images.example.org/arm-3.qcow2");
    // Another build is published since.
    manifest(&site, "debian-12", &"c".repeat(64), 3);
    site.write("images/debian-12.qcow2.sha256", &"c".repeat(64));
    site.ymir(LIST)
        .expect(0)
        .says(&["node-1, node-2 (another build)", "1 of 3 hosts in use run their image of now"]);
}

#[test]
fn the_list_needs_no_ironic_for_what_is_here() {
    let served = rack(1);
    let site = Site::of(&served, 1);
    drop(served);
    site.ymir(LIST).expect(0).says(&[
        "warning: ",
        "debian-12.qcow2",
        "1 hosts could not be looked at in Ironic",
    ]);
}

#[test]
fn an_image_for_another_processor_is_refused() {
    let served = rack(1);
    let site = Site::of(&served, 1);
    site.write("environments/rack/properties.yml", "---\nironic_properties: {cpu_arch: aarch64}\n");
    site.ymir("overcloud hardware register").expect(0);
    site.ymir("overcloud provision")
        .expect(4)
        .says(&["the image is for x86_64, and the machine is aarch64"]);
}

#[test]
fn unsigned_images_are_refused_if_the_site_says_so() {
    let served = rack(1);
    let site = Site::of(&served, 1);
    manifest(&site, "debian-12", ABC, 3);
    site.key("signer");
    let settings = format!(
        "---\nymir_image_signatures_required: true\nymir_image_allowed_signers: {}\n",
        site.file("allowed")
    );
    site.write("environments/rack/signatures.yml", &settings);
    site.write(
        "allowed",
        &format!("builds@site {}", std::fs::read_to_string(site.file("signer.pub")).unwrap()),
    );
    site.ymir("overcloud hardware register").expect(0);
    site.ymir("overcloud provision")
        .expect(4)
        .says(&["there is no signed manifest debian-12.manifest.json"]);
    site.sign("signer", "images/debian-12.manifest.json");
    site.ymir("overcloud provision").expect(0);
    site.ymir(LIST).expect(0).says(&["out of date, signed"]);
    site.key("thief");
    site.sign("thief", "images/debian-12.manifest.json");
    site.ymir("overcloud deprovision -e confirm_deprovision=yes").expect(0);
    site.ymir("overcloud provision")
        .expect(4)
        .says(&["it is not one by the keys in", "ymir_image_allowed_signers"]);
}

#[test]
fn a_url_without_a_checksum_is_refused_at_once() {
    let served = rack(1);
    let site = Site::of(&served, 1);
    let url = "-e kolla_bifrost_deploy_image_filename=https://images.example.org/a.qcow2";
    site.ymir(&format!("overcloud provision {url}"))
        .expect(3)
        .says(&["has no checksum", "ymir_host_images"]);
}
