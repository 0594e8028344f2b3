//! Ironic's record of a node, and how the API shows it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    clock::{Moment, unzoned, written},
    conductor::{Failure, Life},
    file::Bmc,
    hardware,
    machine::Power,
};

/// A node in Ironic.
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub uuid: String,
    /// The row in Ironic's database, which some of its messages tell.
    pub row: u64,
    /// What clients set.
    pub fields: Map<String, Value>,
    pub life: Life,
    /// The machine that it stands for.
    pub hardware: Option<usize>,
    /// Ironic has talked to its BMC.
    pub verified: bool,
    pub conductor: String,
    pub traits: Vec<Value>,
    pub created: Moment,
    pub updated: Option<Moment>,
    pub provision_updated: Option<Moment>,
    pub inspected: Option<Moment>,
    /// BIOS settings as Ironic knows them, by their names.
    pub bios: Vec<Setting>,
    /// RAID volumes as Ironic knows them; null if it never looked.
    pub raid: Value,
    /// Why Ironic itself put it into maintenance.
    pub fault: Option<&'static str>,
    /// Its serial console is on.
    pub console: bool,
    /// What the ramdisk found.
    pub inventory: Option<Value>,
}

/// A BIOS setting, and when it became known and was changed.
#[derive(Debug, Clone)]
pub struct Setting {
    pub name: String,
    pub value: String,
    pub created: Moment,
    pub updated: Option<Moment>,
}

/// Where the answer is given: what times and addresses start from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub base: &'a str,
    pub began: Timestamp,
    /// Ironic does not say why something failed.
    pub mute: bool,
}

/// What a client may set, with what stands there if it does not.
const SETTABLE: &[(&str, &str)] = &[
    ("automated_clean", "null"),
    ("bios_interface", "null"),
    ("boot_interface", "null"),
    ("chassis_uuid", "null"),
    ("conductor_group", "\"\""),
    ("console_interface", "null"),
    ("deploy_interface", "null"),
    ("description", "null"),
    ("disable_power_off", "false"),
    ("driver", "null"),
    ("driver_info", "{}"),
    ("extra", "{}"),
    ("firmware_interface", "null"),
    ("inspect_interface", "null"),
    ("instance_info", "{}"),
    ("instance_uuid", "null"),
    ("lessee", "null"),
    ("maintenance", "false"),
    ("maintenance_reason", "null"),
    ("management_interface", "null"),
    ("name", "null"),
    ("network_data", "{}"),
    ("network_interface", "null"),
    ("owner", "null"),
    ("parent_node", "null"),
    ("power_interface", "null"),
    ("properties", "{}"),
    ("protected", "false"),
    ("protected_reason", "null"),
    ("raid_interface", "null"),
    ("rescue_interface", "null"),
    ("resource_class", "\"baremetal\""),
    ("retired", "false"),
    ("retired_reason", "null"),
    ("shard", "null"),
    ("storage_interface", "null"),
    ("vendor_interface", "null"),
];

/// What Ironic sets itself.
const OWN: &[&str] = &[
    "allocation_uuid",
    "boot_mode",
    "clean_step",
    "conductor",
    "console_enabled",
    "created_at",
    "deploy_step",
    "driver_internal_info",
    "fault",
    "inspection_finished_at",
    "inspection_started_at",
    "last_error",
    "links",
    "portgroups",
    "ports",
    "power_state",
    "provision_state",
    "provision_updated_at",
    "raid_config",
    "reservation",
    "secure_boot",
    "service_step",
    "states",
    "target_power_state",
    "target_provision_state",
    "target_raid_config",
    "traits",
    "updated_at",
    "uuid",
    "volume",
];

/// The fields of a list that asks for none.
pub const SHORT: &[&str] =
    &["uuid", "instance_uuid", "maintenance", "power_state", "provision_state", "name", "links"];

/// The fields of a look at a node's states.
pub const STATES: &[&str] = &[
    "console_enabled",
    "last_error",
    "power_state",
    "provision_state",
    "target_power_state",
    "target_provision_state",
    "provision_updated_at",
    "raid_config",
    "target_raid_config",
    "boot_mode",
    "secure_boot",
];

/// All fields.
pub fn all_fields() -> impl Iterator<Item = &'static str> {
    let settable = SETTABLE.iter().map(|(name, _)| *name);
    OWN.iter().copied().chain(settable)
}

/// Whether a client may set the field.
pub fn is_settable(field: &str) -> bool {
    SETTABLE.iter().any(|(name, _)| *name == field)
}

/// The interfaces that a driver has unless a client says otherwise.
fn interface(driver: &str, kind: &str) -> &'static str {
    match (driver, kind) {
        (_, "network" | "storage") | ("manual-management", "management") => "noop",
        ("fake-hardware", _) => "fake",
        ("idrac", "boot") => "idrac-redfish-virtual-media",
        ("idrac", "bios" | "inspect" | "management" | "power" | "raid" | "vendor") => {
            "idrac-redfish"
        }
        ("intel-ipmi", "management") => "intel-ipmitool",
        ("redfish", "boot") => "redfish-virtual-media",
        (_, "boot") => "ipxe",
        (_, "deploy") => "direct",
        (_, "inspect" | "rescue") | ("manual-management", "power") => "agent",
        ("redfish", "bios" | "firmware" | "management" | "power" | "raid" | "vendor")
        | ("idrac", "firmware") => "redfish",
        ("ipmi", "management") | ("ipmi" | "intel-ipmi", "power" | "vendor") => "ipmitool",
        (_, "bios") => "no-bios",
        (_, "firmware") => "no-firmware",
        (_, "raid") => "no-raid",
        (_, "console") => "no-console",
        _ => "no-vendor",
    }
}

impl Node {
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// A field's text; empty if it is none.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A value in one of the fields that hold maps.
    pub fn inner(&self, field: &str, key: &str) -> &str {
        self.fields.get(field).and_then(|map| map[key].as_str()).unwrap_or_default()
    }

    pub fn is_in_maintenance(&self) -> bool {
        self.fields.get("maintenance") == Some(&Value::Bool(true))
    }

    pub fn is_protected(&self) -> bool {
        self.fields.get("protected") == Some(&Value::Bool(true))
    }

    /// The hardware interface of a kind.
    pub fn interface(&self, kind: &str) -> String {
        let settled = self.settled_interface(&format!("{kind}_interface"));
        settled.as_str().unwrap_or_default().to_owned()
    }

    /// Through what Ironic talks to it.
    pub fn bmc(&self) -> Bmc {
        match self.text("driver") {
            "redfish" | "idrac" => Bmc::Redfish,
            "ipmi" | "intel-ipmi" => Bmc::Ipmi,
            _ => Bmc::FakeHardware,
        }
    }

    /// These fields, as the API shows them.
    pub fn shown(&self, fields: &[&str], view: View<'_>) -> Value {
        let value = |name: &&str| ((*name).to_owned(), self.field(name, view));
        Value::Object(fields.iter().map(value).collect())
    }

    /// Takes away every interface that these fields do not give it anew: those of its driver come in their place.
    pub fn reset_interfaces(&self, fields: &mut Map<String, Value>) {
        fields.retain(|name, value| {
            !name.ends_with("_interface") || self.settled_interface(name) != *value
        });
    }

    fn settled_interface(&self, name: &str) -> Value {
        let kind = name.strip_suffix("_interface").unwrap_or_default();
        let own = self.fields.get(name).cloned();
        own.unwrap_or_else(|| json!(interface(self.text("driver"), kind)))
    }

    /// As a client may set it: what a patch is applied to.
    pub fn settable(&self, view: View<'_>) -> Map<String, Value> {
        let value = |(name, _): &(&str, &str)| ((*name).to_owned(), self.value(name, view));
        SETTABLE.iter().map(value).collect()
    }

    /// The fields after a client has set these; what it did not name is taken away, and what is as if nobody had set it
    /// is not kept.
    pub fn with(&self, set: Map<String, Value>, view: View<'_>) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        fields.retain(|name, _| !is_settable(name));
        let unset = Self { fields: Map::new(), uuid: self.uuid.clone(), ..Self::default() };
        let told = |(name, value): &(String, Value)| {
            name.ends_with("_interface") || unset.value(name, view) != *value
        };
        fields.extend(set.into_iter().filter(told));
        fields
    }

    /// A field with its passwords hidden.
    fn field(&self, name: &str, view: View<'_>) -> Value {
        let mut value = self.value(name, view);
        if let ("driver_info" | "instance_info", Value::Object(map)) = (name, &mut value) {
            let secret = |key: &String| key.contains("password") || key == "configdrive";
            map.iter_mut()
                .filter(|(key, _)| secret(key))
                .for_each(|(_, value)| *value = json!("******"));
        }
        value
    }

    fn value(&self, name: &str, view: View<'_>) -> Value {
        if let Some(value) = self.fields.get(name) {
            return value.clone();
        }
        if let Some(kind) = name.strip_suffix("_interface") {
            return json!(interface(self.text("driver"), kind));
        }
        let default = SETTABLE.iter().find(|(known, _)| *known == name);
        match default {
            Some((_, text)) => serde_json::from_str(text).unwrap_or_default(),
            None => self.own(name, view),
        }
    }

    fn own(&self, name: &str, View { base, began, mute }: View<'_>) -> Value {
        let at = |moment: Option<Moment>| json!(moment.map(|moment| written(began, moment)));
        let life = &self.life;
        match name {
            "uuid" => json!(self.uuid),
            "created_at" => at(Some(self.created)),
            "updated_at" => at(self.updated),
            "provision_updated_at" => at(self.provision_updated),
            "inspection_finished_at" => at(self.inspected),
            "provision_state" => json!(life.state.name()),
            "target_provision_state" => json!(life.target.map(super::state::State::name)),
            "last_error" => json!(life.error.as_ref().filter(|_| !mute)),
            "reservation" => json!(life.reservation()),
            "conductor" => json!(self.conductor),
            "traits" => json!(self.traits),
            "power_state" => match (self.verified, life.machine.power()) {
                (false, _) => Value::Null,
                (true, Power::On) => json!("power on"),
                (true, Power::Off) => json!("power off"),
            },
            "console_enabled" => json!(self.console),
            "fault" => json!(self.fault),
            "clean_step" => life.clean_step().cloned().unwrap_or_else(|| json!({})),
            "raid_config" if self.raid.is_object() => self.raid.clone(),
            "deploy_step" | "service_step" | "raid_config" | "target_raid_config" => json!({}),
            "driver_internal_info" => {
                let mut info = Map::new();
                if let Some(moment) = life.heartbeat {
                    info.insert("agent_last_heartbeat".into(), json!(unzoned(began, moment)));
                }
                if life.clean_step().is_some() {
                    info.insert("clean_steps".into(), json!(life.clean_steps()));
                }
                Value::Object(info)
            }
            "links" => links(base, &format!("nodes/{}", self.uuid)),
            "ports" | "portgroups" | "states" | "volume" => {
                links(base, &format!("nodes/{}/{name}", self.uuid))
            }
            _ => Value::Null,
        }
    }
}

/// What went wrong with a node, the newest first.
pub fn history(node: &Node, View { base, began, mute }: View<'_>) -> Value {
    let entry = |(number, failure): (usize, &Failure)| {
        let uuid = hardware::uuid(&format!("{} {number}", node.uuid));
        json!({
            "links": [{ "href": format!("{base}/v1/nodes/{}/history/{uuid}", node.uuid), "rel": "self" }],
            "uuid": uuid, "created_at": written(began, failure.at), "severity": "ERROR", "event_type": failure.kind,
            "event": failure.words, "conductor": node.conductor, "user": null,
        })
    };
    let told = node.life.troubles.iter().enumerate().filter(|_| !mute);
    let entries: Vec<_> = told.map(entry).rev().collect();
    json!({ "history": entries })
}

/// Ironic's two addresses of a resource.
pub fn links(base: &str, path: &str) -> Value {
    json!([
        { "href": format!("{base}/v1/{path}"), "rel": "self" },
        { "href": format!("{base}/{path}"), "rel": "bookmark" },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown_and_defaults_are() {
        let fields = json!({ "driver": "redfish", "driver_info": { "redfish_password": "p", "redfish_address": "a" } });
        let Value::Object(fields) = fields else { panic!() };
        let node = Node { uuid: "u".into(), fields, ..Node::default() };
        let view = View { base: "http://here", began: Timestamp::UNIX_EPOCH, mute: false };
        let shown = node.shown(
            &["driver_info", "boot_interface", "network_interface", "properties", "power_state"],
            view,
        );
        insta::assert_snapshot!(shown, @r#"{"driver_info":{"redfish_password":"******","redfish_address":"a"},"boot_interface":"redfish-virtual-media","network_interface":"noop","properties":{},"power_state":null}"#);
        let all: Vec<_> = all_fields().collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
    }
}
