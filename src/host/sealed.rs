//! Secrets of a concern: in a plan only the place where one is found, on the way to the host the secret itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::holder::Holder;

/// A secret text. It shows itself to nobody but the code that writes it where it belongs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sealed {
    /// Where the control host finds it: what plans and journals hold.
    Sealed(Place),
    /// The secret, between the control host and the agent.
    Open(String),
}

/// A variable of a host, and what leads to the secret inside its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub host: String,
    pub variable: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    #[serde(default, skip_serializing_if = "Holder::is_value")]
    pub holder: Holder,
}

impl Sealed {
    /// The secret; nothing where it was never opened.
    pub fn reveal(&self) -> &str {
        match self {
            Self::Open(text) => text,
            Self::Sealed(_) => "",
        }
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}
