use serde_json::{Value, json};

use super::*;

const RESTARTED: &str =
    "The deploying state can't be resumed by conductor lab. Moving to fail state.";

/// The config drive of each deployment that was asked for.
fn config_drives(bench: &Bench) -> Vec<Value> {
    let drives = bench.fake.bodies().into_iter().map(|body| body["configdrive"].clone());
    drives.filter(|drive| !drive.is_null()).collect()
}

/// The public half of the host key that a config drive holds.
fn key_in(drive: &Value) -> String {
    let user_data: serde_yaml::Value =
        serde_yaml::from_str(drive["user_data"].as_str().unwrap()).unwrap();
    let private = user_data["ssh_keys"]["ed25519_private"].as_str().unwrap();
    ssh_key::PrivateKey::from_openssh(private).unwrap().public_key().to_openssh().unwrap()
}

#[tokio::test]
async fn many_nodes_are_watched_with_one_request_at_a_time() {
    let bench = Bench::new().await;
    let names: Vec<String> = (1..=20).map(|n| format!("bm{n}")).collect();
    for name in &names {
        bench.fake.add(name, "manageable");
        bench.fake.set(name, "automated_clean", json!(false));
    }
    let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
    for (host, outcome) in bench.run(&hosts, &bench.deploy()).await {
        outcome.result.unwrap();
        assert_eq!(bench.fake.get(&host, "/provision_state"), "active");
        assert_eq!(bench.fake.get(&host, "/instance_info/image_source"), "http://images/a.qcow2");
    }
    // Lease; image and key; two targets.
    assert_eq!(bench.fake.count("PATCH"), 40);
    assert_eq!(bench.fake.count("PUT"), 40);
    assert!(bench.fake.count("GET /v1/nodes") < 40, "{}", bench.fake.count("GET /v1/nodes"));
}

#[tokio::test]
async fn the_expected_key_is_the_one_on_the_config_drive() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.one(&bench.deploy()).await.result.unwrap();
    let [drive] = config_drives(&bench).try_into().unwrap();
    let key = bench.fake.get("bm1", "/extra/ymir/host_key");
    assert_eq!(key, key_in(&drive));
    let known = std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap();
    assert_eq!(known, format!("bm1,10.0.0.1 {} ymir:bm1\n", key.as_str().unwrap()));
    bench.corner("bm1");

    let again = bench.one(&bench.deploy()).await;
    assert_eq!(again.found, Some(Finding::Satisfied));
    std::fs::remove_file(bench.path("ssh_known_hosts")).unwrap();
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap(), known);
    assert_eq!(bench.fake.count("PUT"), 1);
}

#[tokio::test]
async fn a_failed_deployment_fails_its_host_alone() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.add("bm2", "active");
    bench
        .fake
        .fate("active", &[("deploying", None), ("deploy failed", Some("no suitable device"))]);
    let mut outcomes = bench.run(&["bm1", "bm2"], &bench.deploy()).await;
    let trouble = outcomes.remove("bm1").unwrap().result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: deploying a: no suitable device");
    outcomes.remove("bm2").unwrap().result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 1);
    // The next run takes it on from there, and says so.
    let outcome = bench.one(&bench.deploy()).await;
    outcome.result.unwrap();
    insta::assert_snapshot!(outcome.warnings.join("\n"), @"the node was left `deploy failed` (no suitable device); taking it on from there");
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/host_key"), key_in(&config_drives(&bench)[1]));
}

#[tokio::test]
async fn ironics_own_restart_is_forgiven_once() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.fate("active", &[("deploying", None), ("deploy failed", Some(RESTARTED))]);
    let outcome = bench.one(&bench.deploy()).await;
    outcome.result.unwrap();
    insta::assert_snapshot!(outcome.warnings.join("\n"), @"Ironic was restarted and failed the node (deploy failed: The deploying state can't be resumed by conductor lab. Moving to fail state.); taking it on again, once");

    bench.fake.add("bm1", "available");
    for _ in 0..2 {
        bench.fake.fate("active", &[("deploying", None), ("deploy failed", Some(RESTARTED))]);
    }
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: deploying a: Ironic was restarted while it was at work, a second time: The deploying state can't be resumed by conductor lab. Moving to fail state.");
}

#[tokio::test]
async fn a_deployment_under_way_is_joined() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "deploying");
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 OLD" } }));
    bench.fake.will("bm1", &[("wait call-back", None), ("deploying", None), ("active", None)]);
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 0);
    let known = std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap();
    assert_eq!(known, "bm1,10.0.0.1 ssh-ed25519 OLD ymir:bm1\n");
}

#[tokio::test]
async fn a_request_that_came_too_late_does_not_change_the_expected_key() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 FIRST" } }));
    let first = [("deploying", None), ("wait call-back", None), ("active", None)];
    bench.fake.overtake("active", &first);
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "active");
    assert_eq!(bench.corner("bm1"), json!({ "host_key": "ssh-ed25519 FIRST" }));
    let known = std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap();
    assert_eq!(known, "bm1,10.0.0.1 ssh-ed25519 FIRST ymir:bm1\n");
}

#[tokio::test]
async fn a_refused_request_that_is_taken_later_has_its_own_key() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 FIRST" } }));
    bench.fake.overtake("active", &[("deploying", None), ("deploy failed", Some("No space left"))]);
    bench.one(&bench.deploy()).await.result.unwrap();
    let drives = config_drives(&bench);
    assert_eq!(drives.len(), 2, "asked again after the other deployment has failed");
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/host_key"), key_in(&drives[1]));
}

#[tokio::test]
async fn the_reason_of_a_failure_is_waited_for() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    let states = [
        ("deploying", None),
        ("deploy failed", None),
        ("deploy failed", None),
        ("deploy failed", Some("No space left on device")),
    ];
    bench.fake.fate("active", &states);
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    assert!(trouble.causes[0].contains("No space left on device"), "{trouble}");
}

#[tokio::test]
async fn a_deployment_that_begins_between_look_and_change_is_joined() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 FIRST" } }));
    let first = [("deploying", None), ("wait call-back", None), ("active", None)];
    bench.fake.overtake("PATCH", &first);
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 0);
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/host_key"), "ssh-ed25519 FIRST");
}

#[tokio::test]
async fn a_node_that_is_locked_when_asked_is_looked_at_again() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.lock(2);
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 3);
    let drives = config_drives(&bench);
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/host_key"), key_in(&drives[2]));
}

#[tokio::test]
async fn joining_a_deployment_needs_nothing_to_deploy() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "deploying");
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 OLD" } }));
    for file in ["a.qcow2", "id.pub"] {
        std::fs::remove_file(bench.path(file)).unwrap();
    }
    bench.fake.will("bm1", &[("deploying", None), ("wait call-back", None), ("active", None)]);
    let outcome = bench.one(&bench.deploy()).await;
    outcome.result.unwrap();
    let Some(Finding::Differs(changes)) = outcome.found else { panic!() };
    assert_eq!(changes, ["join the deployment that is under way"]);
    assert_eq!(bench.fake.count("PUT"), 0);
}

#[tokio::test]
async fn what_nobody_should_touch_is_left_alone() {
    let bench = Bench::new().await;
    for state in ["clean failed", "error", "rescue", "some new state"] {
        bench.fake.add("bm1", state);
        bench.fake.set("bm1", "last_error", json!("words of Ironic"));
        let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
        assert!(trouble.causes[0].contains("it is left alone"), "{trouble}");
        assert_eq!(trouble.causes[1], "words of Ironic");
    }
    bench.fake.add("bm1", "available");
    bench.fake.set("bm1", "maintenance", json!(true));
    bench.fake.set("bm1", "maintenance_reason", json!("new disks"));
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: deploying a: somebody put the node into maintenance: new disks");
    assert_eq!(bench.fake.count("PUT") + bench.fake.count("PATCH"), 0);
}

#[tokio::test]
async fn a_missing_image_is_told_before_anything_boots() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    std::fs::remove_file(bench.path("a.qcow2")).unwrap();
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    assert_eq!(trouble.settings[0].variable, "kolla_bifrost_deploy_image_filename");
    assert_eq!(bench.fake.count("PUT"), 0);
}

#[tokio::test]
async fn another_image_on_an_active_node_is_told() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "active");
    bench.fake.set("bm1", "instance_info", json!({ "image_source": "http://images/b.qcow2" }));
    let outcome = bench.one(&bench.deploy()).await;
    let Some(Finding::Kept(why)) = outcome.found else { panic!("{outcome:?}") };
    insta::assert_snapshot!(why, @"it runs another image than the site says: http://images/b.qcow2, not http://images/a.qcow2; `ymir overcloud provision --reprovision` changes that");
    assert_eq!(bench.fake.count("PUT") + bench.fake.count("PATCH"), 0);
}

#[tokio::test]
async fn a_node_on_its_way_is_not_available_already() {
    let bench = Bench::new().await;
    for (state, expected) in [
        ("active", Finding::Satisfied),
        ("available", Finding::Satisfied),
        (
            "wait call-back",
            Finding::Kept("it is on its way to be deployed (`wait call-back`)".into()),
        ),
    ] {
        bench.fake.add("bm1", state);
        assert_eq!(bench.one(&bench.provide()).await.found, Some(expected), "{state}");
    }
}

#[tokio::test]
async fn undeploying_forgets_the_key() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.one(&bench.deploy()).await.result.unwrap();
    bench.one(&bench.undeploy()).await.result.unwrap();
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "available");
    assert_eq!(bench.observed("bm1").host_key(), None);
    assert_eq!(std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap(), "");
    assert_eq!(bench.one(&bench.undeploy()).await.found, Some(Finding::Satisfied));
}
