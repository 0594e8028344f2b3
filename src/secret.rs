//! Strings that must not be seen: they print as stars and are never serialised.

use std::{collections::BTreeMap, fmt, sync::Mutex};

use serde::{Deserialize, Serialize};

pub use crate::holder::Holder;
use crate::trouble::Result;

/// What stands in an output where a secret was.
pub const MASK: &str = "******";

/// Parts of names that say that what they name is a secret.
const TELLING: &[&str] = &["pass", "secret", "token", "private_key", "credential", "api_key"];

/// Whether a name says that what it names is a secret.
pub fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// Whether text under this key of a map is a secret, whatever the map is for: `ipmi_hex_kg_key`, `become_password`.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_lowercase();
    let holds = ["password", "passphrase", "secret", "token", "kg_key"];
    let names_place = ["_file", "_path", "_name", "_url"];
    holds.iter().any(|part| key.contains(part)) && !names_place.iter().any(|end| key.ends_with(end))
}

/// A secret in memory. It has no `Serialize`, and `Debug` and `Display` show stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; call it only where it leaves for the system that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Where a secret is found again when an action needs it: plans and journals hold this instead of the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretRef {
    /// The host whose variable it is.
    pub host: String,
    /// The variable that holds it.
    pub variable: String,
    /// Keys and indices that lead to it inside the variable's value; empty if it is the value itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// Whether what is found there is the secret, or names a file that holds it.
    #[serde(default, skip_serializing_if = "Holder::is_value")]
    pub holder: Holder,
}

impl SecretRef {
    /// The secret that is a host's variable, or what `path` leads to inside of it.
    pub fn of(host: &str, variable: &str, path: &[&str]) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { host: host.into(), variable: variable.into(), path, holder: Holder::Value }
    }
}

/// Finds secrets when an action is about to use them.
pub trait Secrets: Send + Sync {
    /// The secret that `reference` names, out of the vault if need be; an error if the variable is gone, is not a string
    /// there, or names a file that is gone.
    fn find(&self, reference: &SecretRef) -> Result<Secret>;
}

/// Secrets held in a map, for tests.
#[derive(Debug, Default)]
pub struct KnownSecrets(pub Mutex<BTreeMap<SecretRef, String>>);

impl Secrets for KnownSecrets {
    fn find(&self, reference: &SecretRef) -> Result<Secret> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(reference).map(Secret::new).ok_or_else(|| {
            crate::trouble::Trouble::refused(format!("no secret is known for {reference:?}"))
        })
    }
}
