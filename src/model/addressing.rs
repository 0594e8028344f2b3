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

impl Addressing {
    /// The pool that gives out an address; of two, the first.
    pub fn pool_with(&self, address: IpAddr) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.contains(address))
    }

    /// The host that has an address.
    pub fn host_at(&self, address: IpAddr) -> Option<&(String, Sourced<IpAddr>)> {
        self.hosts.iter().find(|(_, own)| own.value == address)
    }

    /// What an address stands for, if it is one of the two of an IPv4 network that nobody can have. A network of two
    /// addresses or one has none of them.
    pub fn reserved(&self, address: IpAddr) -> Option<&'static str> {
        let range = self.range.as_ref()?.value;
        let small = range.prefix_len() + 1 >= range.max_prefix_len();
        if small || !address.is_ipv4() {
            return None;
        }
        match address {
            _ if address == range.network() => Some("network"),
            _ if address == range.broadcast() => Some("broadcast"),
            _ => None,
        }
    }
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

    /// Whether the pool gives out an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        (self.first.value..=self.last.value).contains(&address)
    }

    /// The setting at which the pool begins.
    pub fn setting(&self) -> &Setting {
        &self.first.setting
    }
}
