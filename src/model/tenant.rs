//! What single commands have to know of a node for tenants.

use super::node::{BmcPlace, Ironic};
use crate::origin::Sourced;

/// A node by its BMC, and the host whose name it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    pub host: String,
    pub ironic: Ironic,
    pub bmc: BmcPlace,
}

/// A node's serial console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialConsole {
    pub host: String,
    pub ironic: Ironic,
    /// None if it is to be off.
    pub port: Option<u16>,
    /// The port is given out now.
    pub is_new: bool,
    /// For how many seconds to wait for it.
    pub wait: Sourced<u64>,
}

/// The images that a node boots to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ramdisk {
    pub host: String,
    pub ironic: Ironic,
    pub kernel: Sourced<String>,
    pub ramdisk: Sourced<String>,
}
