//! What Ironic says about a node.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::running::{HOST_KEY, REBUILDING};

/// The fields that one look asks for; the API's interface fields follow from [`Observed::interfaces`].
pub const FIELDS: &str = "uuid,name,provision_state,target_provision_state,last_error,reservation,maintenance,\
    maintenance_reason,fault,driver,driver_info,properties,resource_class,owner,conductor_group,traits,extra,instance_info,instance_uuid,automated_clean,\
    inspection_finished_at,clean_step,raid_config,provision_updated_at,protected,protected_reason,console_enabled,bios_interface,boot_interface,console_interface,deploy_interface,inspect_interface,\
    management_interface,network_interface,power_interface,raid_interface,rescue_interface,storage_interface,\
    vendor_interface";

/// One node, as far as Ymir looks at it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Observed {
    pub uuid: String,
    #[serde(default)]
    pub name: Option<String>,
    pub provision_state: Provision,
    #[serde(default)]
    pub target_provision_state: Option<String>,
    #[serde(default)]
    pub last_error: Option<String>,
    /// The conductor that holds the node's lock.
    #[serde(default)]
    pub reservation: Option<String>,
    #[serde(default)]
    pub maintenance: bool,
    #[serde(default)]
    pub maintenance_reason: Option<String>,
    #[serde(default)]
    pub fault: Option<String>,
    #[serde(default)]
    pub driver: String,
    #[serde(default, deserialize_with = "or_empty")]
    pub driver_info: Map<String, Value>,
    #[serde(default, deserialize_with = "or_empty")]
    pub properties: Map<String, Value>,
    #[serde(default)]
    pub resource_class: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub conductor_group: Option<String>,
    #[serde(default)]
    pub traits: Option<BTreeSet<String>>,
    #[serde(default, deserialize_with = "or_empty")]
    pub extra: Map<String, Value>,
    #[serde(default, deserialize_with = "or_empty")]
    pub instance_info: Map<String, Value>,
    #[serde(default)]
    pub automated_clean: Option<bool>,
    #[serde(default)]
    pub instance_uuid: Option<String>,
    /// The step that cleaning is at.
    #[serde(default, deserialize_with = "or_empty")]
    pub clean_step: Map<String, Value>,
    /// The RAID volumes that it has, as far as Ironic knows.
    #[serde(default, deserialize_with = "or_empty")]
    pub raid_config: Map<String, Value>,
    #[serde(default)]
    pub inspection_finished_at: Option<Timestamp>,
    /// When it came into its state.
    #[serde(default)]
    pub provision_updated_at: Option<Timestamp>,
    /// Ironic neither rebuilds nor undeploys it.
    #[serde(default)]
    pub protected: bool,
    #[serde(default)]
    pub protected_reason: Option<String>,
    #[serde(default)]
    pub console_enabled: bool,
    /// `boot_interface` and its like.
    #[serde(flatten)]
    pub interfaces: BTreeMap<String, Value>,
}

/// Fields that were never set are null in some Ironics.
fn or_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Observed {
    /// The public SSH host key of the deployment, if Ymir made it.
    pub fn host_key(&self) -> Option<String> {
        let corner = self.ymir();
        let own = if self.was_rebuilt() {
            &corner[REBUILDING][HOST_KEY]
        } else {
            corner.get(HOST_KEY)?
        };
        own.as_str().map(str::to_owned)
    }

    /// A text in `instance_info`.
    pub fn instance(&self, key: &str) -> Option<&str> {
        self.instance_info.get(key).and_then(Value::as_str)
    }

    /// Whether Ironic takes changes to the node's fields now. It refuses them, with 409, while it takes the node from
    /// one state to another, but for the states that it names itself.
    pub fn takes_changes(&self) -> bool {
        use Provision as P;
        match self.provision_state {
            P::Inspecting => false,
            P::Verifying
            | P::InspectWait
            | P::InspectFailed
            | P::CleanFailed
            | P::DeployFailed
            | P::Error
            | P::AdoptFailed
            | P::RescueFailed
            | P::UnrescueFailed
            | P::ServiceHold
            | P::ServiceFailed => true,
            _ => self.target_provision_state.is_none(),
        }
    }

    /// Whether Ironic lets the node's interfaces and resource class be changed: only while nothing is on it and nothing
    /// of it has failed.
    pub fn is_free(&self) -> bool {
        use Provision as P;
        matches!(
            self.provision_state,
            P::Enroll | P::Inspecting | P::InspectWait | P::Manageable | P::Available
        )
    }

    /// What Ironic calls it, which is nothing as long as nobody gives it a name.
    pub fn called(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(|| format!("the node {}", self.uuid), |name| format!("`{name}`"))
    }

    /// Whether it is being cleaned, and Ironic shows with what.
    pub fn shows_clean_step(&self) -> bool {
        let cleaned = [Provision::Cleaning, Provision::CleanWait].contains(&self.provision_state);
        cleaned && !self.clean_step.is_empty()
    }

    /// Whether Ironic put it into maintenance itself because a step of cleaning failed.
    pub fn is_in_maintenance_after_cleaning(&self) -> bool {
        self.maintenance && self.fault.as_deref() == Some("clean failure")
    }

    /// Whether Ironic has yet to say why something failed: it switches the failed machine off, which forgets the words,
    /// and notes them again before it lets go of the node.
    pub fn reason_is_coming(&self) -> bool {
        self.last_error.as_deref().unwrap_or_default().is_empty() && self.reservation.is_some()
    }

    /// What went wrong last, in Ironic's words.
    pub fn error(&self) -> &str {
        self.last_error
            .as_deref()
            .filter(|text| !text.is_empty())
            .unwrap_or("Ironic gives no reason")
    }
}

/// Ironic's provision states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provision {
    #[default]
    #[serde(rename = "enroll")]
    Enroll,
    #[serde(rename = "verifying")]
    Verifying,
    #[serde(rename = "manageable")]
    Manageable,
    #[serde(rename = "inspecting")]
    Inspecting,
    #[serde(rename = "inspect wait")]
    InspectWait,
    #[serde(rename = "inspect failed")]
    InspectFailed,
    #[serde(rename = "cleaning")]
    Cleaning,
    #[serde(rename = "clean wait")]
    CleanWait,
    #[serde(rename = "clean hold")]
    CleanHold,
    #[serde(rename = "clean failed")]
    CleanFailed,
    #[serde(rename = "available")]
    Available,
    #[serde(rename = "deploying")]
    Deploying,
    #[serde(rename = "wait call-back")]
    DeployWait,
    #[serde(rename = "deploy hold")]
    DeployHold,
    #[serde(rename = "deploy failed")]
    DeployFailed,
    #[serde(rename = "active")]
    Active,
    #[serde(rename = "deleting")]
    Deleting,
    #[serde(rename = "error")]
    Error,
    #[serde(rename = "adopting")]
    Adopting,
    #[serde(rename = "adopt failed")]
    AdoptFailed,
    #[serde(rename = "rescue")]
    Rescue,
    #[serde(rename = "rescuing")]
    Rescuing,
    #[serde(rename = "rescue wait")]
    RescueWait,
    #[serde(rename = "rescue failed")]
    RescueFailed,
    #[serde(rename = "unrescuing")]
    Unrescuing,
    #[serde(rename = "unrescue failed")]
    UnrescueFailed,
    #[serde(rename = "servicing")]
    Servicing,
    #[serde(rename = "service wait")]
    ServiceWait,
    #[serde(rename = "service hold")]
    ServiceHold,
    #[serde(rename = "service failed")]
    ServiceFailed,
    /// A state that a newer Ironic has.
    #[serde(other, rename = "unknown")]
    Foreign,
}

impl Provision {
    /// Every state, for tables that must name all of them.
    pub const ALL: [Self; 31] = [
        Self::Enroll,
        Self::Verifying,
        Self::Manageable,
        Self::Inspecting,
        Self::InspectWait,
        Self::InspectFailed,
        Self::Cleaning,
        Self::CleanWait,
        Self::CleanHold,
        Self::CleanFailed,
        Self::Available,
        Self::Deploying,
        Self::DeployWait,
        Self::DeployHold,
        Self::DeployFailed,
        Self::Active,
        Self::Deleting,
        Self::Error,
        Self::Adopting,
        Self::AdoptFailed,
        Self::Rescue,
        Self::Rescuing,
        Self::RescueWait,
        Self::RescueFailed,
        Self::Unrescuing,
        Self::UnrescueFailed,
        Self::Servicing,
        Self::ServiceWait,
        Self::ServiceHold,
        Self::ServiceFailed,
        Self::Foreign,
    ];

    /// Ironic's name of the state.
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).unwrap_or_default();
        name.as_str().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_on_its_way_takes_no_changes() {
        let node = |state, target: Option<&str>| Observed {
            provision_state: state,
            target_provision_state: target.map(str::to_owned),
            ..Observed::default()
        };
        let table = [
            (Provision::Available, None, true),
            (Provision::Active, None, true),
            (Provision::Deploying, Some("active"), false),
            (Provision::DeployWait, Some("active"), false),
            (Provision::DeployFailed, Some("active"), true),
            (Provision::Deleting, Some("available"), false),
            (Provision::Inspecting, Some("manageable"), false),
            (Provision::InspectWait, Some("manageable"), true),
            (Provision::CleanWait, Some("available"), false),
        ];
        for (state, target, takes) in table {
            assert_eq!(node(state, target).takes_changes(), takes, "{}", state.name());
        }
    }
}
