//! Keys of hosts, known on the control host.

use serde::{Deserialize, Serialize};

use crate::origin::Sourced;

/// The operator's own file of known hosts has the host's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowHost {
    pub address: Sourced<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}
