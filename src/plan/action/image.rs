//! Actions performed by the image builder.

use serde::{Deserialize, Serialize};

/// One action by the image builder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ImageAction {}
