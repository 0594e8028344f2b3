//! Actions on a host's BMC.

use serde::{Deserialize, Serialize};

use crate::model::bmc::{Bmc, Boot, Power};

/// One action on a BMC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum BmcAction {
    Power(Box<SetPower>),
    Reset(Box<Reset>),
    Boot(Box<SetBoot>),
}

impl BmcAction {
    /// The BMC that it goes to.
    pub fn bmc(&self) -> &Bmc {
        match self {
            Self::Power(action) => &action.bmc,
            Self::Reset(action) => &action.bmc,
            Self::Boot(action) => &action.bmc,
        }
    }
}

/// The host has power, or has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPower {
    pub bmc: Bmc,
    pub to: Power,
    pub how: How,
}

/// How the power changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// At once.
    Hard,
    /// The operating system is asked to end first.
    Soft,
    /// As one half of a power cycle: what an earlier run did of it is not done again.
    Cycle,
}

/// The host has begun anew without losing power. Nothing can be said of it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    pub bmc: Bmc,
}

/// The host boots from this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetBoot {
    pub bmc: Bmc,
    pub boot: Boot,
}
