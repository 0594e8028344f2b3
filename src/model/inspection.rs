//! What an inspection found of a machine, as far as it tells one from another: so that swapped hardware is noticed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A look at a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// When Ironic finished it.
    pub at: Option<Timestamp>,
    manufacturer: Option<String>,
    product: Option<String>,
    serial: Option<String>,
    cpus: Option<u64>,
    memory_mb: Option<u64>,
    macs: BTreeSet<String>,
    /// Sizes in bytes by serial number, or by what else names a disk.
    disks: BTreeMap<String, u64>,
}

impl Look {
    /// What stands in Ironic's inventory of a node.
    pub fn of(found: &Value, at: Option<Timestamp>) -> Self {
        let inventory = &found["inventory"];
        let vendor = &inventory["system_vendor"];
        let text =
            |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let list = |key: &str| inventory[key].as_array().cloned().unwrap_or_default();
        let name =
            |disk: &Value| ["serial", "wwn", "name"].iter().find_map(|key| text(&disk[*key]));
        let disk = |disk: &Value| Some((name(disk)?, disk["size"].as_u64().unwrap_or_default()));
        Self {
            at,
            manufacturer: text(&vendor["manufacturer"]),
            product: text(&vendor["product_name"]),
            serial: text(&vendor["serial_number"]),
            cpus: inventory["cpu"]["count"].as_u64(),
            memory_mb: inventory["memory"]["physical_mb"].as_u64(),
            macs: list("interfaces").iter().filter_map(|port| text(&port["mac_address"])).collect(),
            disks: list("disks").iter().filter_map(disk).collect(),
        }
    }

    /// What is otherwise now, one line each.
    pub fn changes(&self, now: &Self) -> Vec<String> {
        let mut told = Vec::new();
        let mut compare = |what: &str, before: Option<String>, after: Option<String>| {
            if before != after {
                let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".into());
                told.push(format!("{what} {} → {}", shown(before), shown(after)));
            }
        };
        compare("serial number", self.serial.clone(), now.serial.clone());
        compare("manufacturer", self.manufacturer.clone(), now.manufacturer.clone());
        compare("product", self.product.clone(), now.product.clone());
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        compare("CPUs", number(self.cpus), number(now.cpus));
        let memory = |value: Option<u64>| value.map(|value| format!("{value} MiB"));
        compare("memory", memory(self.memory_mb), memory(now.memory_mb));
        told.extend(self.macs.difference(&now.macs).map(|mac| format!("interface {mac} is gone")));
        told.extend(now.macs.difference(&self.macs).map(|mac| format!("interface {mac} is new")));
        let disk =
            |(name, size): (&String, &u64)| format!("disk {name} ({} GB)", size / 1_000_000_000);
        let other = |disks: &BTreeMap<String, u64>, (name, size): &(&String, &u64)| {
            disks.get(*name) != Some(*size)
        };
        let gone = self.disks.iter().filter(|one| other(&now.disks, one));
        told.extend(gone.map(|one| format!("{} is gone", disk(one))));
        let new = now.disks.iter().filter(|one| other(&self.disks, one));
        told.extend(new.map(|one| format!("{} is new", disk(one))));
        told
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(serial: &str, mac: &str, disks: &[(&str, u64)]) -> Value {
        let disk = |(serial, size): &(&str, u64)| json!({ "name": "/dev/sda", "serial": serial, "size": size });
        json!({ "inventory": {
            "system_vendor": { "serial_number": serial, "product_name": "P", "manufacturer": "M" },
            "cpu": { "count": 4 },
            "memory": { "physical_mb": 1024 },
            "interfaces": [{ "mac_address": mac }],
            "disks": disks.iter().map(disk).collect::<Vec<_>>(),
        } })
    }

    #[test]
    fn swapped_parts_are_noticed() {
        let before = Look::of(
            &found("S1", "52:54:00:00:00:01", &[("D1", 480_000_000_000), ("D2", 1)]),
            None,
        );
        assert!(before.changes(&before).is_empty());
        let mut after = Look::of(
            &found("S2", "52:54:00:00:00:02", &[("D1", 960_000_000_000), ("D2", 1)]),
            None,
        );
        after.memory_mb = None;
        insta::assert_snapshot!(before.changes(&after).join("\n"), @"
        serial number S1 → S2
        memory 1024 MiB → nothing
        interface 52:54:00:00:00:01 is gone
        interface 52:54:00:00:00:02 is new
        disk D1 (480 GB) is gone
        disk D1 (960 GB) is new
        ");
        assert!(Look::of(&Value::Null, None).changes(&Look::default()).is_empty());
    }
}
