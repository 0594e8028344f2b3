//! Who must reach whom.

use std::net::IpAddr;

use super::configured::Reached;

/// What a packet's headers take: of ICMP with IPv4, and with IPv6.
const HEADERS: (u32, u32) = (28, 48);

/// A host, and what must answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    pub host: Reached,
    pub ways: Vec<Way>,
}

/// One way from a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The network's name; `None` for the outside.
    pub network: Option<String>,
    pub kind: Kind,
    /// An address, or a name that is looked up.
    pub to: String,
    pub mtu: Option<u32>,
}

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Outside,
    /// A name outside, which has to be looked up.
    Name,
    Gateway,
    Host(String),
}

impl Way {
    /// How many bytes a packet carries that fills the MTU.
    pub fn whole(&self) -> Option<u32> {
        let is_six = matches!(self.to.parse(), Ok(IpAddr::V6(_)));
        self.mtu?.checked_sub(if is_six { HEADERS.1 } else { HEADERS.0 })
    }
}
