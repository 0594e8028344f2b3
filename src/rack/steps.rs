//! Steps of a cleaning: what Ironic cleans with by itself, what a client may ask for, and what comes of it.

use serde_json::{Value, json};

use super::{
    clock::Moment,
    ironic::pythons,
    node::{Node, Setting},
    state::Verb,
};

/// What a node is cleaned with.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    pub list: Vec<Value>,
    pub ramdisk: bool,
    /// Why it cannot be, in Ironic's words.
    pub unfit: Option<String>,
}

/// RAID interfaces with steps; that of fake hardware has none.
const MAKES_VOLUMES: [&str; 3] = ["redfish", "idrac-redfish", "agent"];

/// BIOS interfaces whose steps go through the BMC alone.
const WITHOUT_RAMDISK: [&str; 2] = ["redfish", "idrac-redfish"];

impl Steps {
    /// Those of a request: a client's own, or the only one that a ramdisk of the rack cleans with by itself.
    pub fn of(node: &Node, verb: Verb, body: &Value) -> Self {
        if verb != Verb::Clean {
            return Self { list: vec![erase()], ramdisk: true, unfit: None };
        }
        let list = body["clean_steps"].as_array().cloned().unwrap_or_default();
        let ramdisk = body["disable_ramdisk"] != true;
        let faults: Vec<_> = list.iter().filter_map(|step| unfit(node, step, ramdisk)).collect();
        let words = format!("Cannot clean node {}: {}", node.uuid, faults.join("; "));
        Self { list, ramdisk, unfit: (!faults.is_empty()).then_some(words) }
    }

    /// Whether anything on the disks is lost.
    pub fn wipes(&self) -> bool {
        self.list.iter().any(|step| step["interface"] != "bios")
    }
}

fn erase() -> Value {
    json!({
        "interface": "deploy", "step": "erase_devices_metadata", "priority": 10, "abortable": true,
        "requires_ramdisk": true, "reboot_requested": false, "argsinfo": null,
    })
}

fn unfit(node: &Node, step: &Value, ramdisk: bool) -> Option<String> {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let bios = node.interface("bios");
    let (known, without) = match (text("interface"), text("step")) {
        ("bios", "apply_configuration" | "factory_reset") => {
            (bios != "no-bios", WITHOUT_RAMDISK.contains(&bios.as_str()))
        }
        ("raid", "create_configuration" | "delete_configuration") => {
            (MAKES_VOLUMES.contains(&node.interface("raid").as_str()), false)
        }
        ("deploy", "erase_devices" | "erase_devices_metadata") => {
            (node.interface("deploy") != "fake", false)
        }
        _ => (false, false),
    };
    match (known, without || ramdisk) {
        (false, _) => Some(format!("node does not support this clean step: {}", pythons(step))),
        (true, false) => Some(format!("clean step {} requires booting a ramdisk", pythons(step))),
        (true, true) => None,
    }
}

/// What a node is like after the steps that it was cleaned with.
pub fn done(node: &mut Node, now: Moment) {
    for step in node.life.clean_steps().to_vec() {
        match step["step"].as_str().unwrap_or_default() {
            "apply_configuration" => apply(node, &step["args"]["settings"], now),
            "factory_reset" => node.bios.clear(),
            "delete_configuration" => node.raid = volumes(&[]),
            "create_configuration" => {
                let target = node.fields.get("target_raid_config").cloned().unwrap_or_default();
                node.raid = volumes(target["logical_disks"].as_array().map_or(&[], Vec::as_slice));
            }
            _ => {}
        }
    }
}

fn apply(node: &mut Node, settings: &Value, now: Moment) {
    let settings = settings.as_array().cloned().unwrap_or_default();
    if node.interface("bios") == "fake" {
        // It forgets every setting that it is not told.
        let told = |setting: &Setting| settings.iter().any(|given| given["name"] == *setting.name);
        node.bios.retain(told);
    }
    for given in &settings {
        let name = given["name"].as_str().unwrap_or_default().to_owned();
        let value = kept(&given["value"]);
        match node.bios.iter_mut().find(|setting| setting.name == name) {
            Some(known) if known.value == value => {}
            Some(known) => (known.value, known.updated) = (value, Some(now)),
            None => node.bios.push(Setting { name, value, created: now, updated: None }),
        }
    }
    node.bios.sort_by(|one, other| one.name.cmp(&other.name));
}

/// A value as Ironic's database keeps it.
fn kept(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        other => other.to_string(),
    }
}

fn volumes(target: &[Value]) -> Value {
    let volume = |(number, wanted): (usize, &Value)| {
        let text = |key: &str, other: String| wanted[key].as_str().map_or(other, str::to_owned);
        json!({
            "id": format!("{number}"),
            "name": text("volume_name", format!("Volume {number}")),
            "controller": text("controller", "RAID.1".into()),
            "size_gb": wanted["size_gb"].as_u64().unwrap_or(480),
            "raid_level": wanted["raid_level"],
        })
    };
    json!({
        "logical_disks": target.iter().enumerate().map(volume).collect::<Vec<_>>(),
        "last_updated": "2026-01-01 00:00:00.000000",
    })
}
