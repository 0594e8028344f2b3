//! Actions performed over SSH.

use serde::{Deserialize, Serialize};

/// One action over SSH.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HostAction {}
