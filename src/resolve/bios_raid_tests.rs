use serde_json::json;

use super::*;
use crate::origin::Origin;

fn volume(given: &Value) -> Result<Volume> {
    let setting = Setting { variable: RAID.into(), origin: Origin::whole("compute.yml") };
    Given::of("bm1", 1, given, &setting)?.volume()
}

const DISK: &str = "Enclosure.Internal.0-1:RAID.Integrated.1-1";

#[test]
fn a_volume_of_kayobe_is_understood() {
    let disks = [format!("Disk.Bay.0:{DISK}"), format!("Disk.Bay.1:{DISK}")];
    let given = json!({
        "name": "system", "raid_level": 10, "span_length": 2, "span_depth": 1, "pdisks": disks,
    });
    let wanted = Volume {
        name: Some("system".into()),
        level: "1+0".into(),
        disks: disks.into(),
        controller: Some("RAID.Integrated.1-1".into()),
        ..Volume::default()
    };
    assert_eq!(volume(&given).unwrap(), wanted);
}

#[test]
fn what_ironic_takes_beside_is_kept() {
    let given = json!({ "raid_level": "5", "size_gb": "100", "is_root_volume": true });
    let wanted = Volume {
        level: "5".into(),
        size_gb: Some(100),
        more: [("is_root_volume".to_owned(), json!(true))].into(),
        ..Volume::default()
    };
    assert_eq!(volume(&given).unwrap(), wanted);
}

#[test]
fn what_cannot_be_is_refused() {
    let table = [
        (json!(1), "expected a map, found 1"),
        (json!({ "pdisks": [] }), "needs a `raid_level`"),
        (json!({ "raid_level": 7 }), "no RAID level `7`"),
        (json!({ "raid_level": 1, "disks": [] }), "no key `disks`"),
        (json!({ "raid_level": 1, "size_gb": "big" }), "expected a whole number"),
        (json!({ "raid_level": 1, "pdisks": "a" }), "expected a list"),
        (json!({ "raid_level": 1, "pdisks": ["a", "b"] }), "that of their controller"),
        (json!({ "raid_level": 1, "pdisks": ["a:c", "b:d"] }), "that of their controller"),
        (
            json!({ "raid_level": 1, "span_length": 2, "span_depth": 2, "pdisks": ["a:c", "b:c"] }),
            "need 4 disks",
        ),
    ];
    for (given, words) in table {
        let trouble = volume(&given).unwrap_err().to_string();
        assert!(trouble.contains(words), "{trouble}");
    }
}
