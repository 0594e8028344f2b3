//! What Ironic has of one node, for `ymir why`.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

use super::{IronicDriver, answer::Refusal, blame, client::Failure, observed::Provision};
use crate::{
    model::node::Ironic,
    trouble::{Result, Tell},
    why::signs::{Entry, NodeSigns, Stage, Work},
};

const FIELDS: &str = "uuid,provision_state,last_error,reservation,maintenance,maintenance_reason,fault,power_state,\
    boot_interface,instance_info,driver_internal_info,clean_step,provision_updated_at";

/// So many entries of a node's history are shown.
const ENTRIES: usize = 5;

impl IronicDriver {
    /// The node as Ironic has it; `None` if it has none.
    pub async fn signs(&self, ironic: &Ironic, host: &str) -> Result<Option<NodeSigns>> {
        let session = self.session(ironic)?;
        let told = |_: String| {};
        let doing = || format!("{host}: asking Ironic about the node");
        let node = match session.client.get(&format!("nodes/{host}?fields={FIELDS}"), &told).await {
            Ok(node) => node,
            // In its own words: whatever else answers there knows no node either.
            Err(Failure::Refused(Refusal { status: 404, stranger: None, .. })) => return Ok(None),
            Err(failure) => return Err(failure.while_trying(doing())),
        };
        let uuid = node["uuid"].as_str().unwrap_or_default();
        let path = format!("nodes/{uuid}/history?detail=true");
        let history = match session.client.get(&path, &told).await {
            Ok(history) => history,
            // An Ironic older than the history, or one that keeps none.
            Err(Failure::Refused(refusal)) if [404, 406].contains(&refusal.status) => Value::Null,
            Err(failure) => return Err(failure.while_trying(doing())),
        };
        read(&node, &history).map(Some)
    }
}

fn read(node: &Value, history: &Value) -> Result<NodeSigns> {
    let state: Provision = serde_json::from_value(node["provision_state"].clone())
        .or_host(|| "reading the node's state".into())?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let entry = |entry: &Value| Entry {
        at: moment(&entry["created_at"]),
        kind: text(&entry["event_type"]),
        text: text(&entry["event"]).unwrap_or_default(),
    };
    let mut history: Vec<_> =
        history["history"].as_array().into_iter().flatten().map(entry).collect();
    history.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    history.truncate(ENTRIES);
    let last_error = text(&node["last_error"]);
    // Without a last error, what the history has last; it may be about something that is over.
    let failed = matches!(stage(state), Stage::Failed(_));
    let words = last_error.as_deref();
    let words = words.or_else(|| Some(history.first().filter(|_| failed)?.text.as_str()));
    let cleaned = matches!(state, Provision::Cleaning | Provision::CleanWait);
    let through_bmc = cleaned && node["driver_internal_info"]["cleaning_disable_ramdisk"] == true;
    Ok(NodeSigns {
        uuid: text(&node["uuid"]).unwrap_or_default(),
        state: text(&node["provision_state"]).unwrap_or_default(),
        stage: if through_bmc { Stage::ThroughBmc } else { stage(state) },
        step: step(&node["clean_step"]),
        changed_at: moment(&node["provision_updated_at"]),
        blamed: words.and_then(blame::hop),
        reservation: text(&node["reservation"]),
        maintenance: node["maintenance"] == true,
        maintenance_reason: text(&node["maintenance_reason"]),
        fault: text(&node["fault"]),
        power: text(&node["power_state"]),
        boot_interface: text(&node["boot_interface"]),
        image: text(&node["instance_info"]["image_source"]),
        heartbeat: moment(&node["driver_internal_info"]["agent_last_heartbeat"]),
        history,
        last_error,
    })
}

/// Interface and name of a step.
fn step(step: &Value) -> Option<String> {
    Some(format!("{}.{}", step["interface"].as_str()?, step["step"].as_str()?))
}

/// A time of Ironic's; among internal things it does not say that it is UTC.
fn moment(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    let zoned = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| Some(zoned()?.timestamp()))
}

fn stage(state: Provision) -> Stage {
    use Provision as P;
    match state {
        P::Enroll => Stage::New,
        P::Verifying => Stage::Verifying,
        P::Manageable | P::Available | P::Deleting => Stage::Rest,
        P::Inspecting | P::InspectWait => Stage::Working(Work::Inspect),
        P::Cleaning | P::CleanWait => Stage::Working(Work::Clean),
        P::Deploying | P::DeployWait => Stage::Working(Work::Deploy),
        P::InspectFailed => Stage::Failed(Work::Inspect),
        P::CleanFailed => Stage::Failed(Work::Clean),
        P::DeployFailed | P::Error => Stage::Failed(Work::Deploy),
        P::Active => Stage::Active,
        // On hold, or something that no command of Ymir's asks for.
        _ => Stage::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::why::Hop;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        for text in ["2027-01-15T08:00:00+00:00", "2027-01-15T08:00:00.000000"] {
            assert_eq!(moment(&json!(text)), Some(at), "{text}");
        }
        assert_eq!(moment(&Value::Null), None);
    }

    #[test]
    fn no_ramdisk_is_awaited_where_ironic_said_that_none_is_booted() {
        let read = |internal| {
            let node = json!({ "uuid": "u", "provision_state": "clean wait", "driver_internal_info": internal,
                "clean_step": { "interface": "bios", "step": "apply_configuration" } });
            read(&node, &Value::Null).unwrap()
        };
        assert_eq!(read(json!({})).stage, Stage::Working(Work::Clean));
        let without = read(json!({ "cleaning_disable_ramdisk": true }));
        assert_eq!(without.stage, Stage::ThroughBmc);
        assert_eq!(without.step.as_deref(), Some("bios.apply_configuration"));
    }

    #[test]
    fn where_the_last_error_is_empty_the_history_speaks() {
        let node = |state| json!({ "uuid": "u", "provision_state": state, "last_error": null });
        let event = "Failed to set node power state to power on.";
        let history = json!({ "history": [
            { "created_at": "2027-01-15T08:00:00+00:00", "event_type": "deploying", "event": "older" },
            { "created_at": "2027-01-15T09:00:00+00:00", "event_type": "deploying", "event": event },
        ]});
        let read = |state| read(&node(state), &history).unwrap();
        assert_eq!(read("deploy failed").blamed, Some(Hop::Power));
        assert_eq!(read("active").blamed, None, "what is over is over");
        assert_eq!(read("active").history[0].text, event);
    }
}
