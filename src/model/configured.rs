//! A host as it shall be configured.

use super::login::Login;
use crate::host::concern::Concern;

/// How to get to a host, and what it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    pub name: String,
    pub login: Login,
    /// In the order in which they are brought about.
    pub concerns: Vec<Concern>,
}
