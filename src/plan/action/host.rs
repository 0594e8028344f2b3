//! Actions performed over SSH.

use std::net::Ipv4Addr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::{model::host::Access, origin::Sourced};

/// One action over SSH.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HostAction {
    Verify(Box<Verify>),
}

/// The host answers with the expected host key, and is the one it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verify {
    pub access: Access,
    pub known_hosts: Utf8PathBuf,
    /// The address that the host must have on an interface.
    pub address: Sourced<Ipv4Addr>,
    /// The name of the image that it must run.
    pub image: Sourced<String>,
    /// Seconds until a host that does not answer is given up.
    pub wait: Sourced<u64>,
}
