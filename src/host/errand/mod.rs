//! Errands: what a host is asked or told to do that is no part of its configuration. One question, one answer.

pub mod facts;
pub mod pings;
pub mod updates;

use serde::{Deserialize, Serialize};

use self::{
    pings::{Ping, Pinged},
    updates::{Updates, Wanted},
};
use super::{concern::Host, fault::Fault};

/// What a host is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Which packages would be updated, by the lists that the host has.
    Updates(Wanted),
    /// The same, with lists that are fetched first.
    FreshUpdates(Wanted),
    /// Updates packages.
    Update(Wanted),
    /// Everything that the host can tell of itself.
    Facts,
    /// Whether others answer.
    Pings(Vec<Ping>),
}

/// What a host answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Updates(Updates),
    Facts(serde_json::Map<String, serde_json::Value>),
    Pings(Vec<Pinged>),
}

impl Errand {
    /// Whether the host's lock has to be held.
    pub fn changes_the_host(&self) -> bool {
        match self {
            Self::Update(_) | Self::FreshUpdates(_) => true,
            Self::Updates(_) | Self::Facts | Self::Pings(_) => false,
        }
    }

    /// Does it; `progress` hears how far it is.
    pub fn run(&self, host: Host<'_>, progress: &mut dyn FnMut(&str)) -> Result<Told, Fault> {
        match self {
            Self::Updates(wanted) => updates::look(host, wanted).map(Told::Updates),
            Self::FreshUpdates(wanted) => {
                updates::refresh(host, progress)?;
                updates::look(host, wanted).map(Told::Updates)
            }
            Self::Update(wanted) => updates::update(host, wanted, progress).map(Told::Updates),
            Self::Facts => facts::gather(host).map(Told::Facts),
            Self::Pings(pings) => pings::all(host.machine, pings).map(Told::Pings),
        }
    }
}
