//! A host as it shall be configured.

use super::login::Login;
use crate::{host::concern::Concern, origin::Sourced};

/// A host that one can get to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    pub name: String,
    pub login: Login,
}

/// Where a host shows its SSH keys.
#[derive(Debug, Clone, PartialEq)]
pub struct SshServer {
    pub host: String,
    pub address: Sourced<String>,
    pub port: Option<u16>,
}

/// How to get to a host, and what it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    pub name: String,
    pub login: Login,
    /// In the order in which they are brought about.
    pub concerns: Vec<Concern>,
}
