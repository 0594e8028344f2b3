//! Addresses that are given out.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

/// The environment keeps these addresses of the host, by network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocate {
    pub addresses: BTreeMap<String, IpAddr>,
}
