//! Faults on the way, each with its message, its exit code, and the other nodes unharmed.
#![expect(clippy::disallowed_methods, reason = "tests start kill themselves")]

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value;

use crate::{
    ironic, rebuild,
    road::HOSTS,
    ymir::{Ymir, replace},
};

const BMC_ADDRESS: &str = "http://172.22.0.1:8000";
const BMC_PASSWORD: &str = "ymir-lab";

pub(crate) fn ironic_down_is_told(ymir: &Ymir) {
    ymir.run(&["lab", "stop", "ironic"]).expect(0);
    ymir.run(&["overcloud", "hardware", "register"]).expect(4).says(&[
        "bm1",
        "bm2",
        "http://172.22.0.1:6385",
        "ymir_ironic_url",
        "hint:",
    ]);
    why_bm2(ymir, "Ironic");
    ymir.run(&["lab", "up"]).expect(0);
}

/// Gives bm2 its own value of a variable.
fn for_bm2(site: &Path, line: &str) {
    let dir = site.join("environments/mixed/inventory/host_vars/bm2");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("fault.yml"), format!("---\n{line}\n")).unwrap();
}

/// What `ymir why` finds broken, the others of the rack being left alone.
fn why_bm2(ymir: &Ymir, hop: &str) {
    ymir.run(&["why", "bm2"])
        .expect(0)
        .says(&[&format!("bm2: broken at: {hop}"), "likely causes:"])
        .hides(&[BMC_PASSWORD, "not-the-password"]);
}

pub(crate) fn bmc_unreachable_is_told(ymir: &Ymir) {
    let site = ymir.on_copy("bmc-unreachable", |site| {
        for_bm2(site, "redfish_address: http://172.22.0.1:8999");
    });
    site.run(&["overcloud", "hardware", "register"])
        .expect(4)
        .says(&[
            "bm2",
            "http://172.22.0.1:8999",
            "host_vars/bm2/fault.yml:2:",
            "hint:",
            "2 of 3 done",
        ])
        .hides(&[BMC_PASSWORD]);
    why_bm2(&site, "BMC");
    assert_eq!(ironic::state("bm1").as_deref(), Some("manageable"));
}

pub(crate) fn bmc_password_wrong_is_told(ymir: &Ymir) {
    let site = ymir.on_copy("bmc-password", |site| {
        for_bm2(site, "redfish_password: not-the-password");
    });
    site.run(&["overcloud", "hardware", "register"])
        .expect(4)
        .says(&[
            "bm2",
            "password",
            BMC_ADDRESS,
            "host_vars/bm2/fault.yml:2:",
            "hint:",
            "2 of 3 done",
        ])
        .hides(&[BMC_PASSWORD, "not-the-password"]);
    why_bm2(&site, "BMC");
    assert_eq!(ironic::state("bm1").as_deref(), Some("manageable"));
}

/// Kills one provision in each of its phases; every time `run resume` takes on from there.
pub(crate) fn five_kills_one_deployment(ymir: &Ymir) {
    let provision = ["overcloud", "provision"];
    let resume = ["run", "resume"];
    ymir.kill_at(&provision, |event| acting(event, "make-available"));
    ymir.kill_at(&resume, |event| acting(event, "deploy-debian"));
    ymir.kill_at(&resume, |event| says(event, "wait call-back"));
    second_ymir_is_refused(ymir);
    ymir.kill_at(&resume, |event| {
        event["event"] == "step_progress" && event["text"] == "deploying"
    });
    ymir.kill_at(&resume, |event| acting(event, "verify"));
    ymir.run(&resume).expect(0);
    let served = fs::read_to_string(ymir.state.join("lab/log/nginx-access.log")).unwrap();
    for (node, _, image) in HOSTS {
        assert_eq!(ironic::state(node).as_deref(), Some("active"));
        let file = format!("GET /{image}.qcow2 ");
        let fetched = served.lines().filter(|line| line.contains(&file)).count();
        let wanted = HOSTS.iter().filter(|(_, _, other)| *other == image).count();
        assert_eq!(fetched, wanted, "{image} was fetched {fetched} times:\n{served}");
    }
}

fn acting(event: &Value, step: &str) -> bool {
    event["event"] == "step_applying" && event["step"].as_str().is_some_and(|id| id.contains(step))
}

fn says(event: &Value, text: &str) -> bool {
    event["event"] == "step_progress"
        && event["text"].as_str().is_some_and(|said| said.contains(text))
}

/// While one Ymir provisions, a second one is told who does.
fn second_ymir_is_refused(ymir: &Ymir) {
    let mut first = ymir.start(&["run", "resume"]);
    ymir.run(&["overcloud", "provision"])
        .expect(3)
        .says(&["another run is under way", "overcloud provision"]);
    first.kill().unwrap();
    first.wait().unwrap();
}

pub(crate) fn image_missing_is_told(ymir: &Ymir) {
    let file = ymir.state.join("lab/httpboot/debian-12-tuned.qcow2");
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).unwrap();
    let outcome = ymir.run(&["overcloud", "provision"]);
    fs::rename(&aside, &file).unwrap();
    tells_of_bm2s_image(outcome);
}

pub(crate) fn image_damaged_is_told(ymir: &Ymir) {
    let checksum = ymir.state.join("lab/httpboot/debian-12-tuned.qcow2.sha256");
    let before = fs::read_to_string(&checksum).unwrap();
    let first = &before[..1];
    replace(&checksum, first, if first == "0" { "1" } else { "0" });
    let outcome = ymir.run(&["overcloud", "provision"]);
    fs::write(&checksum, before).unwrap();
    tells_of_bm2s_image(outcome);
}

fn tells_of_bm2s_image(outcome: crate::outcome::Outcome) {
    outcome.expect(4).says(&[
        "bm2",
        "debian-12-tuned.qcow2",
        "kolla_bifrost_deploy_image_filename",
        "overcloud host image build",
        "2 of 3 done",
    ]);
    assert_eq!(ironic::state("bm1").as_deref(), Some("active"));
    assert_eq!(ironic::state("bm2").as_deref(), Some("available"));
}

/// Ironic dies while it deploys: it fails the node when it comes back, and Ymir takes the node on again, once.
pub(crate) fn ironic_restart_is_survived(ymir: &Ymir) {
    let mut provision = ymir.start(&["overcloud", "provision"]);
    ironic::wait_until("deploying", Duration::from_mins(10), || {
        ironic::state("bm2").as_deref() == Some("deploying")
    });
    kill_ironic(ymir);
    ymir.run(&["lab", "up"]).expect(0);
    let code = provision.wait().unwrap().code();
    assert_eq!(code, Some(0), "provision after the restart of Ironic");
    assert_eq!(ironic::state("bm2").as_deref(), Some("active"));
    ymir.run(&["run", "show"]).expect(0).says(&["bm2: note:", "taking it on again"]);
    rebuild::the_data_disk_is_as_it_was(ymir);
}

/// Ends Ironic and its workers at once, as a crash of its machine would.
fn kill_ironic(ymir: &Ymir) {
    let status = ymir.json(&["lab", "status"]);
    let services = status["services"].as_array().unwrap();
    let ironic = services.iter().find(|service| service["name"] == "ironic").unwrap();
    let group = format!("-{}", ironic["pid"]);
    let killed = Command::new("kill").args(["-KILL", "--", &group]).status().unwrap();
    assert!(killed.success(), "{group} was not killed");
}
