//! What is done on hosts beside their configuration.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::{host::errand::updates::Wanted, model::login::Login, origin::Sourced};

/// A shell command has run on the host. Nothing can be said of it without running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCommand {
    pub login: Login,
    pub command: String,
    /// As whom instead of the account that Ymir logs in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#become: Option<Sourced<String>>,
}

/// The host's packages are as new as its repositories have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePackages {
    pub login: Login,
    pub wanted: Wanted,
}

/// What the host tells of itself is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatherFacts {
    pub login: Login,
    /// The file that Ansible's own cache would have for the host.
    pub file: Utf8PathBuf,
}
