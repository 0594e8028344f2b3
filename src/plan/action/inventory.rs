//! The inventory of discovered hosts.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// The environment's inventory of discovered hosts says this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteInventory {
    pub file: Utf8PathBuf,
    pub text: String,
}
