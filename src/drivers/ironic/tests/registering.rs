use serde_json::json;

use super::*;

#[tokio::test]
async fn a_new_node_is_created_with_its_password_and_taken_to_manageable() {
    let bench = Bench::new().await;
    let outcome = bench.one(&bench.register()).await;
    outcome.result.unwrap();
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "manageable");
    assert_eq!(bench.fake.get("bm1", "/driver_info/redfish_password"), "hunter2");
    assert_eq!(bench.fake.get("bm1", "/automated_clean"), false);
    assert_eq!(bench.corner("bm1"), json!({}));
    assert_eq!(bench.fake.count("POST /v1/ports"), 1);
}

#[tokio::test]
async fn what_differs_is_changed_and_the_password_sent_anew() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.fake.set(
        "bm1",
        "driver_info",
        json!({ "redfish_address": "http://old", "redfish_password": "old" }),
    );
    let outcome = bench.one(&bench.register()).await;
    outcome.result.unwrap();
    let Some(Finding::Differs(changes)) = outcome.found else { panic!() };
    insta::assert_snapshot!(changes.join("\n"), @"
    driver_info.redfish_address: http://old → http://bmc
    automated_clean: nothing → false
    create a port with MAC 52:54:00:aa:00:01
    ");
    assert_eq!(bench.fake.get("bm1", "/driver_info/redfish_password"), "hunter2");
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "available");
    assert_eq!(bench.fake.count("PUT"), 0);
}

#[tokio::test]
async fn a_wrong_password_names_its_setting() {
    let bench = Bench::new().await;
    let error =
        "Redfish exception occurred. Error: HTTP GET http://bmc/redfish/v1/ returned code 401.";
    bench.fake.fate("manage", &[("verifying", None), ("enroll", Some(error))]);
    let trouble = bench.one(&bench.register()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: registering the node: the BMC at http://bmc refuses the user name or the password: Redfish exception occurred. Error: HTTP GET http://bmc/redfish/v1/ returned code 401.");
    assert_eq!(trouble.settings[0].variable, "ironic_driver_info");
    assert_eq!(bench.corner("bm1"), json!({}));
    // Registering again sends the password and lets Ironic try again.
    bench.one(&bench.register()).await.result.unwrap();
    assert_eq!(bench.fake.count("PUT"), 2);
}

#[tokio::test]
async fn an_inspection_is_asked_for_once() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "available");
    bench.one(&bench.inspect()).await.result.unwrap();
    assert_eq!(bench.fake.get("bm1", "/provision_state"), "manageable");
    assert_eq!(bench.fake.count("PUT"), 2);
}

#[tokio::test]
async fn an_unregistered_node_is_not_inspected_or_deployed() {
    let bench = Bench::new().await;
    let trouble = bench.one(&bench.inspect()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: inspecting the hardware: Ironic has no node of this name");
    let trouble = bench.one(&bench.deploy()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble.hints[0], @"run `ymir overcloud hardware register --limit bm1` first");
}

#[tokio::test]
async fn a_node_that_ironic_works_on_takes_no_changes() {
    let bench = Bench::new().await;
    bench.fake.add("bm1", "wait call-back");
    let trouble = bench.one(&bench.register()).await.result.unwrap_err();
    insta::assert_snapshot!(trouble, @"bm1: registering the node: the node is `wait call-back`, and Ironic takes no changes to it meanwhile");
    assert_eq!(bench.fake.count("PATCH"), 0);
}
