//! Actions performed through Ironic.

use serde::{Deserialize, Serialize};

/// One action through Ironic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum IronicAction {}
