//! Why a node is not changed, in Ironic's words.

use serde_json::{Map, Value};

use super::locked;
use crate::rack::{
    http::Answer,
    node::{self, Node},
    patch,
    state::State,
};

/// The refusal to change a node that is on its way.
pub(super) fn busy(node: &Node) -> Option<Answer> {
    let (uuid, state) = (&node.uuid, node.life.state);
    if state == State::Inspecting {
        let words =
            format!("Cannot update node \"{uuid}\" while it is in state \"{}\".", state.name());
        return Some(Answer::refused(409, words));
    }
    if node.life.target.is_some() && !state.takes_changes() {
        let words =
            format!("Node {uuid} can not be updated while a state transition is in progress.");
        return Some(Answer::refused(409, words));
    }
    node.life.reservation().map(|conductor| locked(uuid, conductor))
}

/// In these states everything of a node may be changed.
const FREE: [State; 5] =
    [State::Enroll, State::Inspecting, State::InspectWait, State::Manageable, State::Available];

/// The refusal to change what a node in use was deployed with.
pub(super) fn in_use(node: &Node, before: &Value, after: &Map<String, Value>) -> Option<Answer> {
    let state = node.life.state;
    if FREE.contains(&state) {
        return None;
    }
    let differs = |field: &&String| before[field.as_str()] != after[field.as_str()];
    let fixed = |field: &&String| {
        **field == "resource_class" || field.ends_with("_interface") && !node.is_in_maintenance()
    };
    let field = after.keys().filter(differs).find(fixed)?;
    let or_maintenance = if field == "resource_class" { "" } else { " or in maintenance mode" };
    let words = format!(
        "Node {} can not have {field} updated unless it is in one of allowed (enroll, inspecting, inspect wait, \
         manageable, available) states{or_maintenance}. Current state is '{}'.",
        node.uuid,
        state.name()
    );
    Some(Answer::refused(409, words))
}

/// The refusal of an operation that is none, or is about what is not the client's.
pub(super) fn not_taken(operation: &Value) -> Option<Answer> {
    let Some((_, path)) = patch::parts(operation) else {
        let op = operation["op"].as_str().unwrap_or_default();
        let words =
            format!("Schema error for patch: '{op}' is not one of ['add', 'replace', 'remove']");
        return Some(Answer::refused(400, words));
    };
    let root = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if node::is_settable(root) {
        return None;
    }
    Some(Answer::refused(
        400,
        format!("Cannot patch /{root}. Only the following can be updated: {CHANGEABLE}"),
    ))
}

/// As Ironic lists it.
const CHANGEABLE: &str = "automated_clean, bios_interface, boot_interface, chassis_uuid, conductor_group, \
    console_interface, deploy_interface, description, disable_power_off, driver, driver_info, extra, inspect_interface, \
    instance_info, instance_name, instance_uuid, lessee, maintenance, management_interface, name, network_data, \
    network_interface, owner, power_interface, properties, protected, protected_reason, raid_interface, \
    rescue_interface, resource_class, retired, retired_reason, shard, storage_interface, vendor_interface, parent_node, \
    firmware_interface";

/// The refusal of an operation whose place is not there.
pub(super) fn nowhere(operations: &[Value], path: &str) -> Answer {
    let operation = operations.iter().find(|operation| operation["path"] == *path);
    let operation = operation.cloned().unwrap_or_default();
    let (op, key) =
        (operation["op"].as_str().unwrap_or_default(), path.rsplit('/').next().unwrap_or_default());
    Answer::refused(
        400,
        format!(
            "Couldn't apply patch '{}'. Reason: can't {op} a non-existent object '{key}'",
            pythons(&operation)
        ),
    )
}

/// A value as Python prints it.
pub fn pythons(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let pairs: Vec<_> =
                map.iter().map(|(key, value)| format!("'{key}': {}", pythons(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(pythons).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Null => "None".into(),
        Value::Number(number) => number.to_string(),
    }
}
