//! `ymir lab` without a lab: what it says when nothing runs, and when the description is wrong. Nothing is started.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{fs, process::Command};

/// Runs `ymir lab …` on this repository's site with the lab's description changed; gives exit code and both streams.
fn ymir(args: &[&str], edit: impl Fn(&str) -> String) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("environments");
    let copied = Command::new("cp").arg("-r").arg(&own).arg(path.join("environments")).status();
    assert!(copied.unwrap().success());
    let lab = path.join("environments/lab/lab.yml");
    let text = fs::read_to_string(&lab).unwrap();
    fs::write(&lab, edit(&text)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
    command.args(["lab"]).args(args).args(["--environment", "lab"]).current_dir(&path);
    for name in ["YMIR_CONFIG_PATH", "KAYOBE_CONFIG_PATH", "YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT"]
    {
        command.env_remove(name);
    }
    command.env("YMIR_STATE_DIR", path.join("state")).env("YMIR_CACHE_DIR", path.join("cache"));
    let output = command.output().unwrap();
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(path.to_str().unwrap(), "/tmp/site");
    let code = output.status.code().unwrap();
    assert!(!path.join("state").exists(), "looking at a lab made files");
    let said = format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr));
    squeezed(&said)
}

/// Columns are as wide as the longest path, which is another one on each machine.
fn squeezed(text: &str) -> String {
    let line = |line: &str| {
        let (margin, rest) = line.split_at(line.len() - line.trim_start().len());
        let words: Vec<&str> = rest.split_whitespace().collect();
        format!("{margin}{}\n", words.join(" "))
    };
    text.lines().map(line).collect()
}

fn as_written(text: &str) -> String {
    text.to_owned()
}

#[test]
fn nothing_is_restarted_where_there_is_no_lab() {
    insta::assert_snapshot!(ymir(&["restart", "ironic"], as_written), @"
    exit: 3
    error: working on the lab
      because: there is no lab in /tmp/site/state/lab
      hint: make it with `ymir lab up`
    ");
}

#[test]
fn status_of_a_lab_that_is_down() {
    insta::assert_snapshot!(ymir(&["status"], as_written), @r"
    exit: 0
              STATE PID ADDRESS LOG
    libvirtd stopped - qemu:///system?socket=/tmp/site/state/lab/libvirtd/run/libvirt-sock /tmp/site/state/lab/log/libvirtd.log
    nginx stopped - http://172.22.0.1:8080 /tmp/site/state/lab/log/nginx.log
    dnsmasq stopped - DHCP on ymirbr0 /tmp/site/state/lab/log/dnsmasq.log
    redfish stopped - http://172.22.0.1:8000 /tmp/site/state/lab/log/redfish.log
    ironic stopped - http://172.22.0.1:6385 /tmp/site/state/lab/log/ironic.log
    bm1 absent - http://172.22.0.1:8000/redfish/v1/Systems/11111111-0000-4000-8000-000000000001 /tmp/site/state/lab/log/bm1.console.log
    bm2 absent - http://172.22.0.1:8000/redfish/v1/Systems/11111111-0000-4000-8000-000000000002 /tmp/site/state/lab/log/bm2.console.log
    ");
    let json = ymir(&["status", "--output", "json"], as_written);
    let json: serde_json::Value =
        serde_json::from_str(json.strip_prefix("exit: 0\n").unwrap()).unwrap();
    assert_eq!(json["services"][0]["state"], "stopped");
    assert_eq!(json["nodes"][0]["power"], "absent");
}

#[test]
fn a_description_that_cannot_be_is_refused_with_its_place() {
    insta::assert_snapshot!(ymir(&["status"], |text| text.replace("\"52:54:00:aa:00:02\"", "\"52:54\"")), @"
    exit: 3
    error: bm2: `52:54` is not a MAC address
      set by: ymir_lab_nodes.bm2 (environments/lab/lab.yml:27:5)
        --> environments/lab/lab.yml:27:5
         |
      25 | disk_serial: LAB0001
      26 | bm2:
      27 | uuid: 11111111-0000-4000-8000-000000000002
         | ^ here
    ");
    insta::assert_snapshot!(ymir(&["up"], |text| text.replace("aa:00:02", "aa:00:01")), @"
    exit: 3
    error: bm1 and bm2 have the same MAC address 52:54:00:aa:00:01
      set by: ymir_lab_nodes.bm1 (environments/lab/lab.yml:21:5)
      set by: ymir_lab_nodes.bm2 (environments/lab/lab.yml:27:5)
        --> environments/lab/lab.yml:21:5
         |
      19 | ymir_lab_nodes:
      20 | bm1:
      21 | uuid: 11111111-0000-4000-8000-000000000001
         | ^ here
    ");
    insta::assert_snapshot!(ymir(&["down"], |text| text.replace("disk_gb: 8", "disk_gb: 8\n    disk: 9")), @"
    exit: 3
    error: bm1: reading the lab's description of it
      because: unknown field `disk`, expected one of `uuid`, `mac`, `memory_mb`, `disk_gb`, `disk_serial`, `more_disks`, `firmware`, `ipmi_port`
      set by: ymir_lab_nodes.bm1 (environments/lab/lab.yml:21:5)
        --> environments/lab/lab.yml:21:5
         |
      19 | ymir_lab_nodes:
      20 | bm1:
      21 | uuid: 11111111-0000-4000-8000-000000000001
         | ^ here
    ");
}

#[test]
fn an_address_that_the_lab_cannot_serve_is_refused_with_its_place() {
    insta::assert_snapshot!(ymir(&["up"], |text| text.replace("172.22.0.1:6385", "10.0.0.1:6385")), @r#"
    exit: 3
    error: the lab cannot serve http://10.0.0.1:6385
      because: it serves on the address of its bridge only, which is 172.22.0.1
      set by: ymir_ironic_url (environments/lab/lab.yml:12:18)
      set by: ymir_lab_address (environments/lab/lab.yml:5:19)
        --> environments/lab/lab.yml:12:18
         |
      10 | ymir_image_path: "{{ ymir_lab_path }}/httpboot"
      11 | ymir_image_url: http://172.22.0.1:8080
      12 | ymir_ironic_url: http://10.0.0.1:6385
         | ^ here
    "#);
    insta::assert_snapshot!(ymir(&["up"], |text| text.replace("172.22.0.1:6385", "172.22.0.1:8080")), @r#"
    exit: 3
    error: two services of the lab want port 8080
      set by: ymir_image_url (environments/lab/lab.yml:11:17)
      set by: ymir_ironic_url (environments/lab/lab.yml:12:18)
        --> environments/lab/lab.yml:11:17
         |
       9 | # What Ironic, nodes and Ymir use; the lab serves it at exactly these places.
      10 | ymir_image_path: "{{ ymir_lab_path }}/httpboot"
      11 | ymir_image_url: http://172.22.0.1:8080
         | ^ here
    "#);
    insta::assert_snapshot!(ymir(&["up"], |text| text.replace("ymir_lab_bridge:", "ymir_lab_brigde:")), @r"
    exit: 3
    error: the lab needs `ymir_lab_bridge`, which is not set
      hint: a variable of a similar name is set: `ymir_lab_brigde`
    ");
}

#[test]
fn unknown_nodes_and_services_are_told_with_the_known_ones() {
    insta::assert_snapshot!(ymir(&["console", "bm3"], as_written), @r"
    exit: 2
    error: the lab has no node `bm3`
      hint: its nodes are bm1, bm2
    ");
    insta::assert_snapshot!(ymir(&["restart", "apache"], as_written), @r"
    exit: 2
    error: the lab has no service `apache`
      hint: its services are libvirtd, nginx, dnsmasq, redfish, ironic
    ");
}
