use serde_json::json;

use super::*;

const OLD: &str = "2026-11-26T20:00:00Z";

/// A node that runs another image.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "active");
    bench.fake.set("bm1", "provision_updated_at", json!(OLD));
    let info = json!({ "image_source": "http://images/b.qcow2", "image_checksum": "b", "capabilities": {} });
    bench.fake.set("bm1", "instance_info", info);
    bench.fake.set("bm1", "extra", json!({ "ymir": { "host_key": "ssh-ed25519 OLD" } }));
    bench
}

#[tokio::test]
async fn a_rebuild_replaces_the_image_and_nothing_else() {
    let bench = bench().await;
    let outcome = bench.one(&bench.rebuild()).await;
    outcome.result.unwrap();
    let Some(Finding::Differs(changes)) = outcome.found else { panic!() };
    assert_eq!(
        changes,
        ["write http://images/a.qcow2 over http://images/b.qcow2, on its root disk alone"]
    );
    assert_eq!(bench.fake.get("bm1", "/instance_info/image_source"), "http://images/a.qcow2");
    assert_eq!(bench.fake.get("bm1", "/instance_info/capabilities"), json!({}));
    let request = bench.fake.bodies().into_iter().find(|body| body["target"] == "rebuild").unwrap();
    assert!(request["configdrive"]["network_data"].is_object());
}

#[tokio::test]
async fn a_rebuild_that_is_refused_leaves_the_node_as_it_was() {
    let bench = bench().await;
    let before = bench.fake.get("bm1", "/instance_info");
    bench.fake.overtake("rebuild", &[("active", None)]);
    let trouble = bench.one(&bench.rebuild()).await.result.unwrap_err();
    assert!(trouble.causes[0].contains("can not be performed"), "{trouble}");
    assert_eq!(bench.fake.get("bm1", "/instance_info"), before);
    let corner = bench.fake.get("bm1", "/extra/ymir");
    assert_eq!(corner["host_key"], "ssh-ed25519 OLD");
    assert_eq!(corner.get("rebuilding"), None);
}

#[tokio::test]
async fn a_rebuild_that_was_noted_and_never_asked_for_is_asked_for() {
    let bench = bench().await;
    let note = json!({ "since": OLD, "host_key": "ssh-ed25519 NEW", "image": { "source": "http://images/a.qcow2" } });
    let corner = json!({ "host_key": "ssh-ed25519 OLD", "image": { "source": "http://images/b.qcow2" }, "rebuilding": note });
    bench.fake.set("bm1", "extra", json!({ "ymir": corner.clone() }));
    // Who only provisions keeps the host as it is known.
    let outcome = bench.one(&bench.deploy()).await;
    outcome.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 0);
    assert_eq!(bench.fake.get("bm1", "/extra/ymir/host_key"), "ssh-ed25519 OLD");
    bench.fake.set("bm1", "extra", json!({ "ymir": corner }));
    bench.one(&bench.rebuild()).await.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 1);
}

#[tokio::test]
async fn a_rebuild_goes_without_fast_track_and_gives_it_back() {
    for (set, expected) in [(json!({}), json!(null)), (json!({ "fast_track": true }), json!(true))]
    {
        let bench = bench().await;
        bench.fake.set("bm1", "driver_info", set.clone());
        bench
            .fake
            .fate("rebuild", &[("deploying", None), ("deploy failed", Some("No space left"))]);
        bench.one(&bench.rebuild()).await.result.unwrap_err();
        let meanwhile = if set == json!({}) { json!(false) } else { json!(true) };
        assert_eq!(bench.fake.get("bm1", "/driver_info/fast_track"), meanwhile);
        bench.one(&bench.rebuild()).await.result.unwrap();
        assert_eq!(bench.fake.get("bm1", "/driver_info/fast_track"), expected);
    }
}

#[tokio::test]
async fn a_fresh_deployment_gives_fast_track_back() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    let corner = json!({ "rebuilding": { "since": OLD, "no_fast_track": true } });
    bench.fake.set("bm1", "extra", json!({ "ymir": corner }));
    bench.fake.set("bm1", "driver_info", json!({ "fast_track": false }));
    bench.one(&bench.deploy()).await.result.unwrap();
    assert_eq!(bench.fake.get("bm1", "/driver_info"), json!({}));
}
