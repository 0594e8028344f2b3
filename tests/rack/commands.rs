//! Ymir's commands against a rack: many hosts at once, and faults on the way.

use serde_json::{Value, json};

use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

const REGISTER: &str = "overcloud hardware register";
const PROVISION: &str = "overcloud provision";
const DEPROVISION: &str = "overcloud deprovision -e confirm_deprovision=yes";

/// A rack with so many machines in which a minute passes in a moment.
fn rack(count: u32, rest: &str) -> Served {
    let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"\n{rest}");
    Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes)
}

fn fault(node: &str, step: &str, what: &str, times: u32) -> String {
    format!("[[fault]]\nnode = \"{node}\"\nstep = \"{step}\"\nwhat = \"{what}\"\ntimes = {times}\n")
}

fn states(served: &Served) -> Value {
    served.look("")["states"].clone()
}

#[test]
fn a_hundred_hosts_are_registered_provisioned_and_deprovisioned() {
    let served = rack(100, "");
    let site = Site::of(&served, 100);
    site.ymir(REGISTER).expect(0);
    assert_eq!(states(&served), json!({ "manageable": 100 }));
    site.ymir(PROVISION).expect(0);
    assert_eq!(states(&served), json!({ "active": 100 }));
    site.ymir(PROVISION).expect(0).says(&["nothing was changed"]);
    site.ymir(DEPROVISION).expect(0);
    assert_eq!(states(&served), json!({ "available": 100 }));
}

#[test]
fn hosts_are_inspected() {
    let served = rack(2, "");
    let site = Site::of(&served, 2);
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud hardware inspect").expect(0);
    assert_eq!(states(&served), json!({ "manageable": 2 }));
}

#[test]
fn one_bad_host_fails_alone_and_is_taken_on_again() {
    let served = rack(3, &fault("node-2", "deploy", "image-404", 1));
    let site = Site::of(&served, 3);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(4).says(&["node-2", "Error downloading image", "2 of 3 done"]);
    assert_eq!(states(&served), json!({ "active": 2, "deploy failed": 1 }));
    site.ymir("run resume").expect(0).says(&["the node was left `deploy failed`"]);
    assert_eq!(states(&served), json!({ "active": 3 }));
}

#[test]
fn a_bmc_that_is_away_or_locked_is_told_from_the_other() {
    let served = rack(2, &fault("node-1", "verify", "bmc-dead", 1));
    let site = Site::of(&served, 2);
    let wrong = format!("{REGISTER} -e {{\"bmc_locked_out\":[\"node-2\"]}}");
    site.ymir(&wrong).expect(4).says(&[
        "Ironic cannot reach the BMC",
        "refuses the user name or the password",
        "0 of 2 done",
    ]);
    site.ymir(REGISTER).expect(0);
    assert_eq!(states(&served), json!({ "manageable": 2 }));
}

#[test]
fn a_conductor_that_restarts_is_forgiven() {
    let served = rack(1, &fault("node-1", "deploy", "conductor-restarted", 1));
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(0).says(&["Ironic was restarted", "taking it on again, once"]);
}

#[test]
fn an_ironic_that_stumbles_is_waited_for() {
    let served = rack(1, "");
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    for what in ["node-locked", "503", "429", "cut"] {
        let fault = json!({ "node": "node-1", "step": "api", "what": what, "times": 1 });
        served.control("POST", "faults", &fault);
    }
    site.ymir(PROVISION).expect(0);
    assert_eq!(served.look("faults"), json!([]), "every fault has struck");
}

#[test]
fn hosts_take_turns_where_ironic_deploys_few_at_once() {
    let served = Served::of(
        &format!("speed = 200.0\nmax_concurrent_deploy = 2\n{LOGIN}"),
        "[[nodes]]\ncount = 6\nname = \"node-{n}\"",
    );
    let site = Site::of(&served, 6);
    site.ymir(REGISTER).expect(0);
    let outcome = site.ymir(PROVISION).expect(0).says(&["waiting for its turn", "6 of 6 done"]);
    outcome.lacks(&["waiting for Ironic to be ready"]);
    assert_eq!(states(&served), json!({ "active": 6 }));
}

#[test]
fn a_host_with_a_foreign_key_is_never_let_in() {
    let served = rack(1, &fault("node-1", "ssh", "wrong-host-key", 1));
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(4).says(&["does not have the SSH host key that Ymir expects"]);
}

#[test]
fn a_ramdisk_that_never_calls_back_is_told() {
    let served = rack(1, &fault("node-1", "deploy", "ramdisk-never-calls-back", 1));
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir(PROVISION).expect(4).says(&["Timeout reached while waiting for callback"]);
    site.ymir(PROVISION).expect(0);
}

/// Who provisioned it is gone, and Ironic takes no note of who comes now while it waits.
#[test]
fn a_host_that_waits_for_its_ramdisk_can_be_deprovisioned() {
    let patient = "[times]\ncallback_timeout = 1_000_000\n";
    let silent = fault("node-1", "deploy", "ramdisk-never-calls-back", 1);
    let served = rack(1, &format!("{patient}{silent}"));
    let site = Site::of(&served, 1);
    site.ymir(REGISTER).expect(0);
    site.ymir("overcloud provision -e wait_active_timeout=1").expect(4);
    assert_eq!(states(&served), json!({ "wait call-back": 1 }));
    site.ymir(DEPROVISION).expect(0);
    assert_eq!(states(&served), json!({ "available": 1 }));
}

#[test]
fn an_older_ironic_is_spoken_to_in_its_version() {
    let nodes = "[[nodes]]\ncount = 1\nname = \"node-{n}\"";
    let served = Served::of(&format!("speed = 1000.0\nnewest_version = \"1.80\"\n{LOGIN}"), nodes);
    Site::of(&served, 1).ymir(REGISTER).expect(0);
}

#[test]
fn a_404_of_something_else_is_no_missing_node() {
    let served = rack(1, "");
    let site = Site::of(&served, 1);
    let told = site.ymir(&format!("why node-1 -e ymir_ironic_url={}/nothing", served.url));
    told.says(&["HTTP status 404", "ymir_ironic_url"]).lacks(&["register"]);
    site.ymir("why node-1").says(&["ymir overcloud hardware register"]);
}
