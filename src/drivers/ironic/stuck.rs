//! What is told about a node that does not go on: waiting, late, left alone.

use super::{
    observed::{Observed, Provision},
    walk::Errand,
};
use crate::{origin::Sourced, trouble::Trouble};

/// The node takes longer than the site allows.
pub(super) fn too_slow(errand: &Errand, node: &Observed, limit: &Sourced<u64>) -> Trouble {
    let (host, doing, state) = (errand.host, &errand.doing, node.provision_state.name());
    let trouble = Trouble::host(format!("{host}: {doing}"))
        .because(format!("the node is still `{state}` after {} s", limit.value));
    let trouble = match (&node.reservation, node.provision_state) {
        (_, Provision::Verifying) => trouble
            .because(format!(
                "Ironic is still trying to reach the BMC at {}",
                errand.node.bmc_address().unwrap_or_default()
            ))
            .set_by(errand.node.setting_of("_address")),
        (Some(conductor), _) => {
            trouble.because(format!("conductor {conductor} holds the node's lock"))
        }
        _ => trouble,
    };
    let variable = &limit.setting.variable;
    trouble.set_by(&limit.setting).hint(format!(
        "Ironic goes on by itself: run the command again to join it; `-e {variable}=SECONDS` waits longer"
    ))
    .hint(format!("`ymir why {host}` tells how far the machine came"))
}

/// What the node is doing, in a few words; `was` is the state that it was seen in before.
pub(super) fn progress(node: &Observed, was: Option<Provision>) -> String {
    use Provision as P;
    if let (Some(conductor), false) = (&node.reservation, is_moving(node.provision_state)) {
        return format!("waiting for the node's lock, held by conductor {conductor}");
    }
    let text = match node.provision_state {
        P::Verifying => "Ironic is talking to the BMC",
        P::Inspecting if was == Some(P::InspectWait) => "recording what the inspection found",
        P::Inspecting => "preparing the inspection",
        P::InspectWait => "inspecting (inspect wait: the ramdisk boots or looks around)",
        P::Deploying => "deploying",
        P::DeployWait => "deploying (wait call-back: the ramdisk boots or writes the image)",
        P::Deleting => "switching off and taking the instance off",
        P::Cleaning | P::CleanWait
            if node.target_provision_state.as_deref() == Some("manageable") =>
        {
            return step(node);
        }
        // Ironic passes through this state on the way to `available`, whether there is something to clean or not.
        P::Cleaning if node.automated_clean == Some(false) => {
            "on the way to be available (automated cleaning is off, nothing is cleaned)"
        }
        P::Cleaning | P::CleanWait => "cleaning",
        other => return other.name(),
    };
    text.to_owned()
}

/// Which step of a cleaning that somebody asked for is under way.
fn step(node: &Observed) -> String {
    let part = |key: &str| node.clean_step.get(key).and_then(serde_json::Value::as_str);
    match (part("interface"), part("step")) {
        (Some(interface), Some(step)) => format!("cleaning, step {interface}.{step}"),
        _ => "preparing or ending the steps of cleaning that were asked for".into(),
    }
}

fn is_moving(state: Provision) -> bool {
    use Provision as P;
    matches!(
        state,
        P::Verifying
            | P::Inspecting
            | P::InspectWait
            | P::Deploying
            | P::DeployWait
            | P::Deleting
            | P::Cleaning
            | P::CleanWait
    )
}

/// The node is not in Ironic.
pub(super) fn unregistered(host: &str, doing: &str) -> Trouble {
    Trouble::host(format!("{host}: {doing}"))
        .because("Ironic has no node of this name")
        .hint(format!("run `ymir overcloud hardware register --limit {host}` first"))
}

/// A state that no command touches unasked.
pub(super) fn left_alone(host: &str, doing: &str, node: &Observed, why: &str) -> Trouble {
    let state = node.provision_state.name();
    let trouble = Trouble::host(format!("{host}: {doing}"))
        .because(format!("the node is `{state}`, and {why}: it is left alone"));
    let trouble = match &node.last_error {
        Some(error) if !error.is_empty() => trouble.because(error),
        _ => trouble,
    };
    trouble.hint(format!(
        "look at node {} in Ironic and bring it to a state from which Ymir can go on (manageable, available or active)",
        node.uuid
    ))
}

/// Somebody, or Ironic itself, took the node out of use.
pub(super) fn in_maintenance(host: &str, doing: &str, node: &Observed) -> Trouble {
    let reason = node.maintenance_reason.as_deref().filter(|reason| !reason.is_empty());
    let reason = reason.unwrap_or("no reason is given");
    let who = match &node.fault {
        Some(fault) => format!("Ironic put the node into maintenance ({fault}): {reason}"),
        None => format!("somebody put the node into maintenance: {reason}"),
    };
    Trouble::host(format!("{host}: {doing}"))
        .because(who)
        .hint("it is left alone; once its reason is gone, take it out of maintenance in Ironic and run the command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_what_really_happens() {
        use Provision as P;
        let table = [
            (P::Inspecting, None, None, "preparing the inspection"),
            (P::Inspecting, Some(P::Inspecting), None, "preparing the inspection"),
            (P::Inspecting, Some(P::InspectWait), None, "recording what the inspection found"),
            (P::Cleaning, None, Some(true), "cleaning"),
            (P::Cleaning, None, None, "cleaning"),
            (
                P::Cleaning,
                None,
                Some(false),
                "on the way to be available (automated cleaning is off, nothing is cleaned)",
            ),
            (P::CleanWait, None, Some(false), "cleaning"),
        ];
        for (provision_state, was, automated_clean, expected) in table {
            let node = Observed { provision_state, automated_clean, ..Observed::default() };
            assert_eq!(progress(&node, was), expected);
        }
    }
}
