//! The addresses of a network, as far as they can be read.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::origin::{Setting, Sourced};

/// A network as one host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressing {
    pub network: String,
    pub range: Option<Sourced<IpNet>>,
    pub gateways: Vec<Sourced<IpAddr>>,
    pub pools: Vec<Pool>,
    /// Addresses of hosts.
    pub hosts: Vec<(String, Sourced<IpAddr>)>,
}

/// Where the APIs of the cloud are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Which APIs: `internal`, `public`.
    pub of: &'static str,
    pub network: String,
    pub address: Option<Sourced<IpAddr>>,
    pub name: Option<Sourced<String>>,
}

/// Addresses that something gives out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Who gets them: `hosts`, `inspection`, `Neutron`.
    pub of: &'static str,
    pub first: Sourced<IpAddr>,
    pub last: Sourced<IpAddr>,
}

impl Pool {
    /// Whether two pools have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.value <= other.last.value && other.first.value <= self.last.value
    }

    /// The setting at which the pool begins.
    pub fn setting(&self) -> &Setting {
        &self.first.setting
    }
}
