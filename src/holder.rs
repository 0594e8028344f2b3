//! What holds a secret: a word that the control host and its agent share.

use serde::{Deserialize, Serialize};

/// What holds a secret that a variable leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The value itself.
    #[default]
    Value,
    /// A text file of the control host's: the one that the value names, or one below the folder that it names.
    Text { below: String },
    /// A file of the control host's with any bytes; they travel in hex.
    Bytes,
}

impl Holder {
    pub fn is_value(&self) -> bool {
        *self == Self::Value
    }
}
