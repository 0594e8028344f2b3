//! A host as Ironic has to know it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    origin::{Setting, Sourced},
    secret::SecretRef,
};

/// Where Ironic answers and who we are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ironic {
    pub url: Sourced<String>,
    /// HTTP basic authentication; without it requests carry no credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Keystone at `url`, which knows where Ironic is and lets us in; without it, `url` is Ironic's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keystone: Option<Keystone>,
}

/// Who we are to Keystone: OpenStack's `OS_…` variables by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keystone {
    pub plain: BTreeMap<String, String>,
    /// Where the secret ones are found.
    pub secrets: BTreeMap<String, SecretRef>,
    /// Where they are set.
    pub setting: Setting,
}

/// User name and password for HTTP basic authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub username: Sourced<String>,
    pub password: SecretRef,
}

/// What a node is registered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub driver: Sourced<String>,
    /// The parts of `ironic_driver_info` that are no secret.
    pub driver_info: BTreeMap<String, Value>,
    /// Where its secret parts are found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretRef>,
    /// Where `ironic_driver_info` is set, for messages about the BMC.
    pub info_setting: Setting,
    /// Where its keys get their values from, as far as that is known better.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_settings: BTreeMap<String, Setting>,
    pub properties: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_class: Option<String>,
    /// Hardware interfaces by kind (`boot`, `inspect`, …) where the site does not want Ironic's default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<String, String>,
    /// To whom and where the node belongs, and what schedulers know it by.
    #[serde(default, skip_serializing_if = "Placement::is_default")]
    pub placement: Placement,
    /// Ports that the node has, beside the one on the admin network and those that inspection finds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// MAC of the port on the admin network, if the site says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Sourced<String>>,
    /// Whether Ironic may clean its disks on its own; `None` leaves that as Ironic is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automated_clean: Option<bool>,
}

/// By what a node is known whose name may be a wrong one: what is in its `driver_info` of these keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BmcPlace {
    pub keys: BTreeMap<String, String>,
    pub setting: Setting,
}

impl BmcPlace {
    /// Whether a node with this `driver_info` has the BMC.
    pub fn is_of(&self, info: &serde_json::Map<String, Value>) -> bool {
        let same = |(key, wanted): (&String, &String)| {
            let found = info.get(key).map(|found| match found {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            found.is_some_and(|found| bare(&found) == bare(wanted))
        };
        self.keys.iter().all(same)
    }

    /// As it is told.
    pub fn told(&self) -> String {
        let pairs: Vec<_> = self.keys.iter().map(|(key, value)| format!("{key} {value}")).collect();
        pairs.join(", ")
    }
}

/// An address without what may be left out of it: the scheme of most BMCs, and a slash at the end.
fn bare(address: &str) -> String {
    let address = address.trim_end_matches('/');
    address.strip_prefix("https://").unwrap_or(address).to_lowercase()
}

/// To whom and where a node belongs, as far as the site says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// What the node has at least; traits that somebody else gave it stay.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traits: BTreeSet<String>,
    /// What the node is created with; Ironic makes one if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conductor_group: Option<String>,
}

impl Placement {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A network port of a node; what is `None` is left as Ironic has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its MAC.
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pxe_enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_network: Option<String>,
    /// The switch port that it is plugged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_link_connection: Option<BTreeMap<String, Value>>,
}

impl Port {
    /// The port with this MAC, of which nothing else is said.
    pub fn with(address: &str) -> Self {
        let address = address.to_owned();
        Self { address, pxe_enabled: None, physical_network: None, local_link_connection: None }
    }
}

impl Node {
    /// All ports that the site names, each once.
    pub fn named_ports(&self) -> Vec<Port> {
        let admin = self.mac.iter().map(|mac| &mac.value);
        let admin = admin.filter(|mac| self.ports.iter().all(|port| port.address != **mac));
        admin.map(|mac| Port::with(mac)).chain(self.ports.iter().cloned()).collect()
    }

    /// Where the value of the key of `ironic_driver_info` with this ending is set.
    pub fn setting_of(&self, end: &str) -> &Setting {
        let key = self.driver_info.keys().chain(self.secrets.keys()).find(|key| key.ends_with(end));
        key.and_then(|key| self.key_settings.get(key)).unwrap_or(&self.info_setting)
    }

    /// Whether it boots the deployment ramdisk of the site to be inspected: it names none of its own, and its hardware
    /// is not looked at through the BMC alone.
    pub fn boots_to_be_inspected(&self) -> bool {
        let through_ramdisk = |kind: &String| kind == "agent" || kind == "inspector";
        !self.driver_info.contains_key("deploy_ramdisk")
            && self.interfaces.get("inspect").is_none_or(through_ramdisk)
    }

    /// The address of the BMC, as the site writes it.
    pub fn bmc_address(&self) -> Option<String> {
        let named = |end: &str| {
            let found = self.driver_info.iter().find(|(key, _)| key.ends_with(end));
            found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
        };
        named("_address")
    }

    /// What tells this BMC from every other one: its address, with the port or system that it stands for.
    pub fn bmc_identity(&self) -> Option<String> {
        let part = |end: &str| {
            let found = self.driver_info.iter().find(|(key, _)| key.ends_with(end));
            found.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let mut identity = self.bmc_address()?.trim_end_matches('/').to_owned();
        if let Some(port) = part("_port") {
            identity = format!("{identity} port {port}");
        }
        match part("_system_id") {
            Some(system) => Some(format!("{identity} system {system}")),
            None => Some(identity),
        }
    }
}
