use super::*;
use crate::rack::{fault::What, machine::Power};

fn about() -> Circumstances {
    Circumstances {
        uuid: "u".into(),
        conductor: "c".into(),
        redfish: true,
        address: "http://bmc".into(),
        automated_clean: true,
        ..Circumstances::default()
    }
}

fn at(state: State) -> Life {
    Life { state, ..Life::default() }
}

/// The states that a node goes through, with the last error, and the node at the end.
fn way(life: &Life, verb: Verb, what: Option<What>) -> (Vec<&'static str>, Life) {
    let times = Times::default();
    let (mut life, _) = begin(life, verb, about(), what, (Moment::START, &times));
    let mut states = vec![life.state.name()];
    while let Some(due) = life.due() {
        (life, _) = tick(&life, due, &times);
        if states.last() != Some(&life.state.name()) {
            states.push(life.state.name());
        }
    }
    (states, life)
}

#[test]
fn the_usual_ways() {
    let table = [
        (State::Enroll, Verb::Manage, "verifying, manageable"),
        (State::Available, Verb::Manage, "manageable"),
        (State::Manageable, Verb::Inspect, "inspecting, inspect wait, inspecting, manageable"),
        (State::Manageable, Verb::Provide, "cleaning, clean wait, cleaning, available"),
        (State::Manageable, Verb::Clean, "cleaning, clean wait, cleaning, manageable"),
        (
            State::Available,
            Verb::Active,
            "deploying, wait call-back, deploying, wait call-back, deploying, active",
        ),
        (State::Active, Verb::Deleted, "deleting, cleaning, clean wait, cleaning, available"),
        (State::Manageable, Verb::Adopt, "adopting, active"),
        (State::DeployWait, Verb::Abort, "deploy failed"),
    ];
    for (state, verb, expected) in table {
        let (states, life) = way(&at(state), verb, None);
        assert_eq!(states.join(", "), expected);
        assert_eq!(life.error.is_some(), verb == Verb::Abort, "{expected}");
    }
}

#[test]
fn a_deployed_machine_is_on_and_one_that_was_inspected_is_off() {
    let power = |state, verb| way(&at(state), verb, None).1.machine.power();
    assert_eq!(power(State::Available, Verb::Active), Power::On);
    assert_eq!(power(State::Manageable, Verb::Inspect), Power::Off);
}

#[test]
fn every_fault_of_a_deployment_says_why_it_failed() {
    let faults = [
        What::BmcDead,
        What::Unauthorised,
        What::Broken,
        What::ConductorRestarted,
        What::ImageMissing,
        What::WrongChecksum,
        What::DiskTooSmall,
        What::PowerStuck,
        What::BootDeviceIgnored,
        What::RamdiskNeverCallsBack,
    ];
    let told: Vec<_> = faults
        .into_iter()
        .map(|what| {
            let (states, life) = way(&at(State::Available), Verb::Active, Some(what));
            format!("{what:?}: {}: {}", states.join(", "), life.error.unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    BmcDead: deploying, deploy failed: Failed to get power state for node u. Error: Redfish connection failed for node u: Unable to connect to http://bmc/redfish/v1/. Error: [Errno 111] Connection refused
    Unauthorised: deploying, deploy failed: Failed to get power state for node u. Error: Redfish exception occurred. Error: HTTP GET http://bmc/redfish/v1/ returned code 401. Base.1.0.GeneralError: unknown error. Extended information: None
    Broken: deploying, deploy failed: Failed to get power state for node u. Error: Redfish exception occurred. Error: HTTP GET http://bmc/redfish/v1/ returned code 500. Base.1.0.GeneralError: unknown error. Extended information: None
    ConductorRestarted: deploying, deploy failed: The deploying state can't be resumed by conductor c. Moving to fail state.
    ImageMissing: deploying, wait call-back, deploying, deploy failed: Deploy step deploy.write_image failed on node u. Error downloading image: Download of image  failed: Received status code 404 from , expected 200
    WrongChecksum: deploying, wait call-back, deploying, wait call-back, deploy failed: Deploy step deploy.write_image failed on node u. Image failed to verify against checksum. location: /tmp/image; image ID: 
    DiskTooSmall: deploying, wait call-back, deploying, wait call-back, deploy failed: Deploy step deploy.write_image failed on node u. Error writing image to device: Writing image to device /dev/sda failed with exit code 1. stderr: No space left on device
    PowerStuck: deploying, wait call-back, deploy failed: Failed to set node power state to power on.
    BootDeviceIgnored: deploying, wait call-back, deploy failed: Timeout reached while waiting for callback for node u
    RamdiskNeverCallsBack: deploying, wait call-back, deploy failed: Timeout reached while waiting for callback for node u
    ");
}

#[test]
fn what_ailed_the_hardware_is_mended_at_the_next_try() {
    let (_, life) = way(&at(State::Available), Verb::Active, Some(What::PowerStuck));
    assert_eq!(life.state, State::DeployFailed);
    assert_eq!(way(&life, Verb::Active, None).1.state, State::Active);
}

#[test]
fn a_lock_is_held_while_the_conductor_works_and_not_while_it_waits() {
    let times = Times::default();
    let (life, _) =
        begin(&at(State::Available), Verb::Active, about(), None, (Moment::START, &times));
    assert_eq!((life.reservation(), life.target), (Some("c"), Some(State::Active)));
    let (life, _) = tick(&life, life.due().unwrap(), &times);
    assert_eq!((life.state, life.reservation()), (State::DeployWait, None));
}

#[test]
fn a_slow_bmc_takes_longer_and_arrives() {
    let times = Times::default();
    let due = |what| {
        let begun = begin(&at(State::Enroll), Verb::Manage, about(), what, (Moment::START, &times));
        begun.0.due().unwrap()
    };
    assert!(due(Some(What::BmcSlow)) > due(None));
    assert_eq!(way(&at(State::Enroll), Verb::Manage, Some(What::BmcSlow)).1.error, None);
}
