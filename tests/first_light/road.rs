//! The road without faults: lab, images, register, inspect, provision, SSH, deprovision, lab down.
#![expect(clippy::disallowed_methods, reason = "tests start ssh themselves")]

use std::{fs, process::Command, time::Duration};

use serde_json::Value;

use crate::{
    ironic, rebuild,
    ymir::{Ymir, replace},
};

/// Node, its address, its image, and an argument that only this image gives the kernel.
pub(crate) const HOSTS: [(&str, &str, &str); 3] = [
    ("bm1", "172.22.0.11", "debian-12"),
    ("bm2", "172.22.0.12", "debian-12-tuned"),
    ("bm3", "172.22.0.13", "debian-12-dib"),
];

/// The one that diskimage-builder makes.
const DIB: &str = "debian-12-dib";

pub(crate) fn lab_comes_up(ymir: &Ymir) {
    ymir.run(&["lab", "up"]).expect(0);
    let status = ymir.json(&["lab", "status"]);
    let text = status.to_string();
    for name in ["libvirt", "ipmi", "ironic", "bm1", "bm2", "bm3"] {
        assert!(text.contains(name), "{name} is missing in {text}");
    }
}

pub(crate) fn lab_up_again_changes_nothing(ymir: &Ymir) {
    let before = pids(&ymir.json(&["lab", "status"]));
    ymir.run(&["lab", "up"]).expect(0);
    assert_eq!(pids(&ymir.json(&["lab", "status"])), before, "services were started anew");
}

/// What a reboot leaves of a lab: its files, and records of processes of another boot. Processes, bridge: gone.
pub(crate) fn lab_comes_back_after_a_power_cut(ymir: &Ymir) {
    let status = ymir.json(&["lab", "status"]);
    let services = status["services"].as_array().unwrap();
    for pid in pids(&status) {
        // Each service has a session of its own, so this ends its workers, too.
        run(Command::new("pkill").args(["-KILL", "-s", &pid.to_string()]));
    }
    run(Command::new("ip").args(["link", "delete", "ymirbr0"]));
    for service in services {
        let name = service["name"].as_str().unwrap();
        let record = ymir.state.join(format!("lab/run/{name}.process"));
        let text = fs::read_to_string(&record).unwrap();
        let (_, stat) = text.split_once('\n').unwrap();
        let another_boot = format!("00000000-0000-4000-8000-000000000000\n{stat}");
        fs::write(record, another_boot).unwrap();
    }
    let stopped = ymir.json(&["lab", "status"]);
    assert!(pids(&stopped).is_empty(), "something still runs: {stopped}");

    ymir.run(&["lab", "up"]).expect(0);
    let well = |service: &Value| service["state"] == "well";
    let status = ymir.json(&["lab", "status"]);
    assert!(status["services"].as_array().unwrap().iter().all(well), "{status}");
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Every pid in the status, by the path that leads to it.
fn pids(status: &Value) -> Vec<u64> {
    match status {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_u64()) {
                ("pid", Some(pid)) => vec![pid],
                _ => pids(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(pids).collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn images_are_built(ymir: &Ymir) {
    ymir.run(&["overcloud", "host", "image", "build"]).expect(0);
    ymir.run(&["seed", "deployment", "image", "build"]).expect(0);
    let published = ymir.state.join("lab/httpboot");
    for (_, _, image) in HOSTS {
        let manifest = fs::read(published.join(format!("{image}.manifest.json"))).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert!(manifest.to_string().contains("cloud-init"), "the manifest lists no packages");
    }
}

pub(crate) fn images_are_not_built_again(ymir: &Ymir) {
    ymir.run(&["overcloud", "host", "image", "build"]).expect(0).says(&["nothing was changed"]);
    ymir.run(&["seed", "deployment", "image", "build"]).expect(0).says(&["nothing was changed"]);
}

pub(crate) fn nodes_are_registered(ymir: &Ymir) {
    ymir.run(&["overcloud", "hardware", "register"]).expect(0);
    for (node, _, _) in HOSTS {
        assert_eq!(ironic::state(node).as_deref(), Some("manageable"));
    }
    ymir.run(&["overcloud", "hardware", "register"]).expect(0).says(&["nothing was changed"]);
}

pub(crate) fn nodes_are_inspected(ymir: &Ymir) {
    ymir.run(&["overcloud", "hardware", "inspect"]).expect(0);
    for (index, (node, _, _)) in HOSTS.iter().enumerate() {
        let inventory = ironic::get(&format!("nodes/{node}/inventory")).unwrap().to_string();
        assert!(inventory.contains(&format!("LAB000{}", index + 1)), "{node}: {inventory}");
    }
    for (node, _, _) in HOSTS {
        // A deployment that begins before the ramdisk's first report starts the ramdisk anew.
        ironic::wait_until("the ramdisk's first report", Duration::from_mins(3), || {
            let fields = ironic::get(&format!("nodes/{node}?fields=driver_internal_info"));
            fields.is_some_and(|fields| fields["driver_internal_info"]["agent_url"].is_string())
        });
    }
}

/// A machine that Ironic knows and the inventory does not comes into it; what was found of each is kept.
pub(crate) fn inventory_is_discovered(ymir: &Ymir) {
    ymir.run(&["overcloud", "inventory", "discover"]).expect(0).says(&["nothing was changed"]);
    let site = ymir.on_copy("undiscovered", |site| {
        replace(&site.join("environments/mixed/inventory/hosts"), "bm3\n", "");
    });
    site.run(&["overcloud", "inventory", "discover"]).expect(0).says(&["bm3"]);
    let found = site.site.join("environments/mixed/inventory/overcloud");
    let found = fs::read_to_string(found).unwrap();
    assert!(found.contains("\nbm3 ") && !found.contains("\nbm1 "), "{found}");

    let kept = ymir.state.join("introspection");
    let dir = kept.to_str().unwrap();
    let save = ["overcloud", "introspection", "data", "save", "--output-dir", dir];
    ymir.run(&save).expect(0);
    let data = fs::read_to_string(kept.join("bm2.json")).unwrap();
    assert!(data.contains("LAB0002") && data.contains("DATA0002"), "{data}");
    ymir.run(&save).expect(0).says(&["nothing was changed"]);
}

/// The machine of an older make is deployed by IPMI and iPXE, and starts as BIOS from its own disk.
pub(crate) fn an_older_machine_boots_from_the_network(ymir: &Ymir) {
    let said = ssh(ymir, HOSTS[2].1, "test -d /sys/firmware/efi && echo UEFI || echo BIOS");
    assert_eq!(said.trim(), "BIOS");
    let node = ironic::get("nodes/bm3").unwrap();
    assert_eq!((&node["driver"], &node["boot_interface"]), (&"ipmi".into(), &"ipxe".into()));
    let served = fs::read_to_string(ymir.state.join("lab/log/nginx-access.log")).unwrap();
    let ipxe = |line: &&str| line.contains("deploy_ramdisk") && line.contains("iPXE");
    assert_eq!(served.lines().filter(ipxe).count(), 1, "one boot of the ramdisk serves all");
    ymir.run(&["overcloud", "bmc", "power", "status", "--limit", "bm3"]).expect(0).says(&["on"]);
}

pub(crate) fn check_changes_nothing(ymir: &Ymir) {
    let before = HOSTS.map(|(node, _, _)| ironic::state(node));
    ymir.run(&["overcloud", "provision", "--check", "--detailed-exitcode"])
        .expect(5)
        .says(&["bm1", "bm2", "bm3"]);
    assert_eq!(HOSTS.map(|(node, _, _)| ironic::state(node)), before);
}

pub(crate) fn hosts_answer_as_expected(ymir: &Ymir) {
    for (node, address, image) in HOSTS {
        let said = ssh(
            ymir,
            address,
            "hostname; ip -br -4 address; cat /proc/cmdline; cat /etc/ymir/image.json || ls /etc/dib-manifests",
        );
        let builder = if image == DIB { format!("dpkg-{image}\n") } else { format!("\"{image}\"") };
        for wanted in [node, &format!("{address}/24"), &builder] {
            assert!(said.contains(wanted), "{node}: `{wanted}` is missing in {said}");
        }
    }
    rebuild::mark_the_data_disk(ymir);
    ymir.run(&["why", "bm2"]).expect(0).says(&["bm2: it is up: nothing is broken"]);
    let arguments = HOSTS.map(|(_, address, _)| ssh(ymir, address, "cat /proc/cmdline"));
    assert_ne!(arguments[0], arguments[1], "the two images differ in kernel arguments");
    let packages =
        HOSTS.map(|(_, address, _)| ssh(ymir, address, "dpkg-query -W -f '${Package}\n'"));
    assert_ne!(packages[0], packages[1], "the two images differ in packages");
}

/// Runs a command on a host; only the host key that Ymir put there is accepted.
pub(crate) fn ssh(ymir: &Ymir, address: &str, command: &str) -> String {
    let known = ymir.site.join("environments/mixed/ssh_known_hosts");
    let key = ymir.state.join("lab/ssh/id_ed25519");
    let output = Command::new("ssh")
        .args([
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=20",
            "-F",
            "none",
        ])
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", known.display()))
        .arg("-i")
        .arg(key)
        .arg(format!("debian@{address}"))
        .arg(command)
        .output()
        .unwrap();
    assert!(output.status.success(), "ssh {address}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn second_provision_changes_nothing(ymir: &Ymir) {
    ymir.run(&["overcloud", "provision"]).expect(0).says(&["nothing was changed"]);
    // Every command of the road may be given again.
    let inspect = ymir.run(&["overcloud", "hardware", "inspect"]).expect(0);
    inspect.says(&[
        "left as it is: it is in use, so it is not inspected again",
        "nothing was changed",
    ]);
    ymir.run(&["overcloud", "hardware", "register"]).expect(0).says(&["nothing was changed"]);
}

pub(crate) fn deprovision_asks_first(ymir: &Ymir) {
    let asked = ymir.run(&["overcloud", "deprovision", "--limit", "bm2"]);
    assert_ne!(asked.code, 0);
    asked.says(&["bm2", "confirm_deprovision"]);
    assert_eq!(ironic::state("bm2").as_deref(), Some("active"));
}

pub(crate) fn one_host_is_deprovisioned(ymir: &Ymir) {
    let limited = ["overcloud", "deprovision", "--limit", "bm2", "-e", "confirm_deprovision=yes"];
    ymir.run(&limited).expect(0);
    assert_eq!(ironic::state("bm2").as_deref(), Some("available"));
    assert_eq!(ironic::state("bm1").as_deref(), Some("active"));
    ssh(ymir, HOSTS[0].1, "true");
    rebuild::the_data_disk_is_as_it_was(ymir);
    ymir.run(&limited).expect(0).says(&["nothing was changed"]);
}

pub(crate) fn all_are_deprovisioned(ymir: &Ymir) {
    ymir.run(&["overcloud", "deprovision", "-e", "confirm_deprovision=yes"]).expect(0);
    for (node, _, _) in HOSTS {
        assert_eq!(ironic::state(node).as_deref(), Some("available"));
    }
    rebuild::the_data_disk_is_as_it_was(ymir);
}

pub(crate) fn lab_goes_down(ymir: &Ymir) {
    ymir.run(&["lab", "down"]).expect(0);
    ymir.run(&["lab", "down"]).expect(0);
    assert!(!ymir.state.join("lab").exists(), "the lab left something in its directory");
    let links = Command::new("ip").args(["-br", "link"]).output().unwrap();
    assert!(
        !String::from_utf8_lossy(&links.stdout).contains("ymirbr0"),
        "the bridge is still there"
    );
}
