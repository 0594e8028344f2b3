//! Addresses and ports that are given out.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

/// The environment keeps these addresses of the host, by network, and the TCP port of its serial console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocate {
    pub addresses: BTreeMap<String, IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<u16>,
}
