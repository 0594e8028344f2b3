use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::drivers::ironic::process::life;

/// Another run of the same user on this machine, with a state directory of its own.
fn other(pid: u32) -> Owner {
    let started = match life(pid) {
        super::super::process::Life::Since(started) => started,
        _ => 0,
    };
    let process = Process { pid, started, ..Process::this() };
    Owner { user: "me".into(), host: "here".into(), environment: "lab".into(), process }
}

fn note(owner: &Owner, since: Timestamp) -> Value {
    json!({ owner.key(): owner.lease(since, Duration::from_mins(5), None) })
}

fn parent() -> u32 {
    std::os::unix::process::parent_id()
}

#[tokio::test]
async fn a_living_process_keeps_its_node() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    let since = Timestamp::now();
    let leases = note(&other(parent()), since);
    bench.fake.set("bm1", "extra", json!({ "ymir": { "leases": leases } }));
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    assert_eq!(trouble.what, "bm1: somebody else is at work on this node");
    let who = format!("me on here (process {}) holds it for environment lab since", parent());
    assert!(trouble.causes[0].starts_with(&who), "{trouble}");
    assert!(trouble.hints[0].contains("wait for that run to end"), "{trouble:?}");
    let trouble = bench.one(&bench.register()).await.result.unwrap_err();
    assert!(trouble.causes[0].starts_with(&who), "{trouble}");
    assert_eq!(bench.fake.count("PUT") + bench.fake.count("PATCH"), 0);
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/leases"), leases);
}

#[tokio::test]
async fn what_a_dead_process_or_an_old_lease_left_is_taken_over() {
    let bench = Bench::new().await;
    let mut dead = other(parent());
    dead.process.started += 1;
    let old = Timestamp::from_second(1_577_836_800).unwrap();
    for leases in [note(&dead, Timestamp::now()), note(&other(parent()), old)] {
        bench.fake.add("bm1", "available");
        bench.fake.set("bm1", "extra", json!({ "ymir": { "leases": leases } }));
        bench.one(&bench.deploy()).await.result.unwrap();
        bench.corner("bm1");
    }
}

#[tokio::test]
async fn of_two_who_come_at_once_the_one_who_sees_it_gives_way() {
    let bench = Bench::new().await;
    for extra in [json!({}), json!({ "ymir": { "leases": {} } })] {
        bench.fake.add("bm1", "available");
        bench.fake.set("bm1", "extra", extra);
        let leases = note(&other(parent()), Timestamp::now());
        bench.fake.note_after_patch(leases.clone());
        let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
        assert_eq!(trouble.what, "bm1: somebody else is at work on this node");
        assert_eq!(bench.fake.get("bm1", "/extra/ymir/leases"), leases);
    }
    assert_eq!(bench.fake.count("PUT"), 0);
}

#[tokio::test]
async fn a_node_without_extra_is_leased_too() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.set("bm1", "extra", Value::Null);
    bench.one(&bench.deploy()).await.result.unwrap();
    bench.corner("bm1");
}

/// A node's life from delivery to retirement: creating it and its port, the four states it is asked into, and three times
/// the lease, with the image and the host key at one of them.
#[tokio::test]
async fn a_nodes_life_takes_few_requests() {
    let bench = Bench::new().await;
    for action in [bench.register(), bench.provide(), bench.deploy(), bench.undeploy()] {
        bench.one(&action).await.result.unwrap();
    }
    let count = |start| bench.fake.count(start);
    assert_eq!((count("POST"), count("PUT"), count("PATCH")), (2, 4, 3));
    assert_eq!(count("GET /v1/nodes/"), 0, "no node is asked about by itself");
    bench.corner("bm1");
}

/// Of two who come at once only one can take off what is left of an earlier lease.
#[tokio::test]
async fn no_image_is_noted_on_a_node_that_somebody_else_was_quicker_to_take() {
    let bench = Bench::new().await;
    bench.one(&bench.register()).await.result.unwrap();
    bench.one(&bench.provide()).await.result.unwrap();
    let leases = note(&other(parent()), Timestamp::now());
    bench.fake.lease_before_patch(leases.clone());
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    assert_eq!(trouble.what, "bm1: somebody else is at work on this node");
    assert_eq!(bench.fake.get("bm1", "/extra/ymir"), json!({ "leases": leases }));
    assert_eq!(bench.fake.get("bm1", "/instance_info"), Value::Null);
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "available");
}

/// After Ymir a node may be deployed to by other hands, which know nothing of Ymir's notes.
#[tokio::test]
async fn notes_of_a_deployment_that_is_no_more_do_not_count() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    for action in [bench.deploy(), bench.undeploy()] {
        bench.one(&action).await.result.unwrap();
    }
    bench.fake.set("bm1", "provision_state", json!("active"));
    bench.fake.set("bm1", "provision_updated_at", json!("2026-11-26T20:00:00Z"));
    bench.fake.set("bm1", "instance_info", json!({ "image_source": "http://images/b.qcow2" }));
    assert_eq!(bench.observed("bm1").host_key(), None);
    // A rebuild's notes are about what is there.
    bench.one(&bench.rebuild()).await.result.unwrap();
    let known = std::fs::read_to_string(bench.path("ssh_known_hosts")).unwrap();
    let key = bench.observed("bm1").host_key().unwrap();
    assert_eq!(known, format!("bm1,10.0.0.1 {key} ymir:bm1\n"));
}
