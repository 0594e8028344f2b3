//! The admin network as one host meets it.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::origin::Sourced;

/// How a host is reached and configured on its first boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminAddress {
    /// The network's name.
    pub network: String,
    pub address: Sourced<Ipv4Addr>,
    pub cidr: Sourced<Ipv4Net>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
    pub mtu: u32,
    /// Set when the network is tagged on the host's port: it differs from the provisioning network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nameservers: Vec<String>,
}

/// A static route besides the default route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub cidr: Ipv4Net,
    pub gateway: Ipv4Addr,
}
