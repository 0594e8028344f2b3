//! Whether a node's RAID volumes are as the site wants them, by what Ironic reports of them.

use serde_json::{Value, json};

use super::observed::Observed;
use crate::model::raid::Volume;

/// Key in Ymir's corner of `extra`: which volumes were asked for last, and what Ironic has reported of them since.
/// Controllers round sizes and name volumes as they like.
pub(super) const NOTE: &str = "raid";

/// The volumes as Ironic takes them.
pub(super) fn target(volumes: &[Volume]) -> Value {
    json!({ "logical_disks": volumes.iter().map(logical_disk).collect::<Vec<_>>() })
}

fn logical_disk(volume: &Volume) -> Value {
    let mut disk = json!({ "raid_level": volume.level, "size_gb": "MAX" });
    if let Some(size) = volume.size_gb {
        disk["size_gb"] = json!(size);
    }
    if let Some(name) = &volume.name {
        disk["volume_name"] = json!(name);
    }
    if let Some(controller) = &volume.controller {
        disk["controller"] = json!(controller);
    }
    if !volume.disks.is_empty() {
        disk["physical_disks"] = json!(volume.disks);
    }
    for (key, value) in &volume.more {
        disk[key] = value.clone();
    }
    disk
}

/// What is noted when Ironic has made the volumes.
pub(super) fn note(volumes: &[Volume], node: &Observed) -> Value {
    json!({ "target": target(volumes), "reported": reported(node) })
}

/// What making the volumes anew would do, one line each; nothing if they are as they should be.
pub(super) fn changes(volumes: &[Volume], node: &Observed) -> Vec<String> {
    let noted = node.ymir().get(NOTE).is_some_and(|found| *found == note(volumes, node));
    let found = reported(node);
    if noted || are_as(volumes, &found) {
        return Vec::new();
    }
    let gone = found.iter().map(|disk| {
        let name = ["name", "volume_name", "id"].iter().find_map(|key| disk[*key].as_str());
        format!("RAID: delete volume `{}` with all that is on it", name.unwrap_or("without a name"))
    });
    let made = volumes.iter().map(|volume| format!("RAID: make {}", volume.described()));
    gone.chain(made).collect()
}

fn reported(node: &Observed) -> Vec<Value> {
    node.raid_config.get("logical_disks").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Whether each volume is there, and no other.
fn are_as(volumes: &[Volume], found: &[Value]) -> bool {
    let mut left: Vec<&Value> = found.iter().collect();
    for volume in volumes {
        let Some(at) = left.iter().position(|disk| is_as(volume, disk)) else { return false };
        left.remove(at);
    }
    left.is_empty()
}

fn is_as(volume: &Volume, disk: &Value) -> bool {
    let agrees = |wanted: Option<&String>, keys: &[&str]| {
        let found = keys.iter().find_map(|key| disk[*key].as_str());
        wanted.is_none_or(|wanted| found.is_none_or(|found| found == wanted))
    };
    // Volumes are whole GiB in Ironic, and controllers round down.
    let fits = |size: u64| disk["size_gb"].as_u64().is_some_and(|found| found.abs_diff(size) <= 1);
    disk["raid_level"] == *volume.level
        && volume.size_gb.is_none_or(fits)
        && agrees(volume.name.as_ref(), &["volume_name", "name"])
        && agrees(volume.controller.as_ref(), &["controller"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(name: &str, level: &str, size_gb: Option<u64>) -> Volume {
        Volume { name: Some(name.into()), level: level.into(), size_gb, ..Volume::default() }
    }

    fn node(disks: &Value) -> Observed {
        let raid = json!({ "logical_disks": disks });
        Observed { raid_config: raid.as_object().unwrap().clone(), ..Observed::default() }
    }

    #[test]
    fn volumes_are_compared_with_what_ironic_reports() {
        let (system, data) = (volume("system", "1", Some(100)), volume("data", "1+0", None));
        let first = json!({ "id": "1", "name": "system", "raid_level": "1", "size_gb": 99 });
        let second = json!({ "id": "2", "name": "data", "raid_level": "1+0", "size_gb": 5000 });
        let both = [system.clone(), data.clone()];
        let one = [system];
        let table: [(&[Volume], Value, usize); 6] = [
            (&both, json!([first, second]), 0),
            (&both, json!([second, first]), 0),
            (&both, json!([first]), 3),
            (&one, json!([first, second]), 3),
            (&one, json!([{ "name": "system", "raid_level": "5", "size_gb": 100 }]), 2),
            (&one, json!([{ "name": "other", "raid_level": "1", "size_gb": 100 }]), 2),
        ];
        for (wanted, found, lines) in table {
            assert_eq!(changes(wanted, &node(&found)).len(), lines, "{found}");
        }
        assert_eq!(changes(&[data], &Observed::default()).len(), 1);
    }

    #[test]
    fn what_a_controller_made_of_a_volume_is_taken_as_it_is() {
        let wanted = [volume("system", "1", Some(100))];
        let mut node = node(&json!([{ "name": "VD0", "raid_level": "1", "size_gb": 93 }]));
        assert_eq!(changes(&wanted, &node).len(), 2);
        let noted = note(&wanted, &node);
        node.extra.insert("ymir".into(), json!({ NOTE: noted }));
        assert_eq!(changes(&wanted, &node), Vec::<String>::new());
        node.raid_config = serde_json::Map::new();
        assert_eq!(changes(&wanted, &node).len(), 1, "somebody has deleted it");
    }
}
