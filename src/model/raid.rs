//! RAID volumes that a host's controller makes of its disks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A volume as the site wants it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As Ironic spells it: `1`, `1+0`, `JBOD`.
    pub level: String,
    /// Everything that its disks have, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_gb: Option<u64>,
    /// The controller chooses disks if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// What else Ironic takes: `is_root_volume`, `disk_type` and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Value>,
}

impl Volume {
    /// The volume in a few words, with the disks that lose what is on them.
    pub fn described(&self) -> String {
        let name = self.name.as_deref().map_or(String::new(), |name| format!(" `{name}`"));
        let size = self.size_gb.map_or(String::new(), |size| format!(" of {size} GiB"));
        let disks = match &self.disks[..] {
            [] => "disks that the controller chooses".to_owned(),
            disks => disks.join(", "),
        };
        format!("volume{name}{size}, RAID level {}, on {disks}", self.level)
    }
}
