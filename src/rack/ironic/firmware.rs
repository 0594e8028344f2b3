//! `/v1/nodes/…/bios` and `/v1/nodes/…/states/raid`: BIOS settings, and which RAID volumes there are to be.

use serde_json::{Value, json};

use super::not_simulated;
use crate::rack::{
    clock::written,
    http::{Answer, Asked},
    node::{Setting, View, links},
    world::Rack,
};

const LEVELS: [&str; 9] = ["JBOD", "0", "1", "2", "5", "6", "1+0", "5+0", "6+0"];

impl Rack {
    pub(super) fn on_bios(&self, asked: &Asked, row: u64, words: &[&str]) -> Answer {
        let (node, view) = (&self.nodes[&row], self.view(asked));
        let path = asked.path.trim_start_matches("/v1/").trim_end_matches('/');
        match words {
            [] => {
                let all = node
                    .bios
                    .iter()
                    .map(|setting| shown(setting, &format!("{path}/{}", setting.name), view));
                Answer::ok(json!({ "bios": all.collect::<Vec<_>>() }))
            }
            [name] => match node.bios.iter().find(|setting| setting.name == *name) {
                Some(setting) => {
                    let path = format!("nodes/{}/bios/{name}", node.uuid);
                    Answer::ok(json!({ *name: in_detail(shown(setting, &path, view)) }))
                }
                None => Answer::refused(
                    404,
                    format!("Node {} doesn't have a BIOS setting '{name}'", node.uuid),
                ),
            },
            _ => not_simulated(asked),
        }
    }

    pub(super) fn on_raid(&mut self, asked: &Asked, row: u64) -> Answer {
        let Some(node) = self.nodes.get_mut(&row) else { return Answer::bare(404) };
        if node.interface("raid") == "no-raid" {
            let driver = node.text("driver");
            let words =
                format!("Driver {driver} does not support raid (disabled or not implemented).");
            return Answer::refused(404, words);
        }
        if let Some(why) = wrong(&asked.body) {
            return Answer::refused(400, format!("RAID config validation error: {why}"));
        }
        node.fields.insert("target_raid_config".into(), asked.body.clone());
        Answer::bare(204)
    }
}

fn shown(setting: &Setting, path: &str, View { base, began, .. }: View<'_>) -> Value {
    json!({
        "created_at": written(began, setting.created),
        "updated_at": setting.updated.map(|at| written(began, at)),
        "name": setting.name,
        "value": setting.value,
        "links": links(base, path),
    })
}

/// With what the vendor tells of a setting; the rack's machines tell nothing.
fn in_detail(mut setting: Value) -> Value {
    const NOTHING: [&str; 8] = [
        "attribute_type",
        "lower_bound",
        "max_length",
        "min_length",
        "read_only",
        "reset_required",
        "unique",
        "upper_bound",
    ];
    for key in NOTHING {
        setting[key] = Value::Null;
    }
    setting["allowable_values"] = json!([]);
    setting
}

/// Why this is no target for RAID, in the words of Ironic's schema.
fn wrong(target: &Value) -> Option<String> {
    if *target == json!({}) {
        return None;
    }
    let Some(disks) = target["logical_disks"].as_array() else {
        return Some("'logical_disks' is a required property".into());
    };
    if disks.is_empty() {
        return Some("[] should be non-empty".into());
    }
    disks.iter().find_map(|disk| {
        let level = disk["raid_level"].as_str().unwrap_or_default();
        if !LEVELS.contains(&level) {
            let known: Vec<_> = LEVELS.iter().map(|level| format!("'{level}'")).collect();
            return Some(format!("'{level}' is not one of [{}]", known.join(", ")));
        }
        let lonely = disk["physical_disks"].is_array() && disk["controller"].is_null();
        lonely.then(|| "'controller' is a dependency of 'physical_disks'".into())
    })
}
