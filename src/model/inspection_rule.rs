//! A rule that Ironic applies to a node when it has inspected it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest, Sha1};

use crate::secret::SecretRef;

/// A rule, in the format of Ironic's API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// By which it is known; a rule with another one is another rule.
    pub description: String,
    /// What the site gives it, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    pub priority: u64,
    /// When Ironic applies it; it has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Ironic shows nobody what it holds.
    pub sensitive: bool,
    pub conditions: Vec<Value>,
    /// Without what is secret in them.
    pub actions: Vec<Value>,
    /// The secret values, by the places of their actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<(usize, SecretRef)>,
}

/// The namespace of Ansible's UUIDs, by which Kayobe names its rules.
const KAYOBES: u128 = 0x361E_6D51_FAEC_444A_9079_3413_86DA_8E2E;

/// That of the rules that Ymir makes: a rule whose UUID follows from its description in it is Ymir's to take away.
const YMIRS: u128 = 0x8A3D_7C52_44C1_4E0B_9B6F_52E1_7F20_D9A4;

impl Rule {
    /// The UUIDs under which the rule may be there: its own, and the one that Kayobe gave it.
    pub fn uuids(&self) -> [String; 2] {
        match &self.uuid {
            Some(uuid) => [uuid.clone(), uuid.clone()],
            None => [ymirs(&self.description), name_based(KAYOBES, &self.description)],
        }
    }
}

/// The UUID of a rule of Ymir's with this description.
pub fn ymirs(description: &str) -> String {
    name_based(YMIRS, description)
}

/// A UUID of version 5.
fn name_based(namespace: u128, name: &str) -> String {
    let mut digest = Sha1::new();
    digest.update(namespace.to_be_bytes());
    digest.update(name.as_bytes());
    let digest = digest.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kayobes_uuids_are_known() {
        // As Ansible's filter `to_uuid` gives it.
        assert_eq!(
            name_based(KAYOBES, "Set deploy kernel"),
            "99d97588-d344-5e2c-9441-f29f3f2cabfe"
        );
        assert_eq!(ymirs("a").len(), 36);
        assert_ne!(ymirs("a"), ymirs("b"));
    }
}
