//! What was seen on the way, or why it was not looked at.

use jiff::Timestamp;
use serde::Serialize;

use super::Hop;
use crate::{
    model::bmc::{Boot, Power},
    trouble::Trouble,
};

/// A look at one thing.
#[derive(Debug, Clone)]
pub enum Look<T> {
    Seen(T),
    /// It was tried, and failed.
    Failed(Trouble),
    /// Nobody could look, for this reason.
    NotLooked(String),
}

impl<T> Look<T> {
    pub fn seen(self) -> Option<T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Failed(_) | Self::NotLooked(_) => None,
        }
    }

    pub fn as_seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Failed(_) | Self::NotLooked(_) => None,
        }
    }
}

/// All that was seen of a host.
#[derive(Debug, Clone)]
pub struct Signs {
    pub host: String,
    /// `None`: Ironic has no such node.
    pub ironic: Look<Option<NodeSigns>>,
    pub bmc: Look<BmcSigns>,
    /// The newest line about the host in the log of the seed's DHCP server.
    pub dhcp: Look<Option<Line>>,
    /// The same, of the server of boot files.
    pub http: Look<Option<Line>>,
    pub ssh: Look<Ssh>,
    pub journal: Journal,
}

/// What Ironic has of the node.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NodeSigns {
    pub uuid: String,
    pub state: String,
    #[serde(skip)]
    pub stage: Stage,
    pub changed_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// The conductor that holds the node's lock.
    pub reservation: Option<String>,
    pub maintenance: bool,
    pub maintenance_reason: Option<String>,
    pub fault: Option<String>,
    pub power: Option<String>,
    pub boot_interface: Option<String>,
    pub image: Option<String>,
    /// The step of a cleaning that is under way, as in `bios.apply_configuration`.
    pub step: Option<String>,
    /// When the ramdisk called back last.
    pub heartbeat: Option<Timestamp>,
    /// What went wrong with it, the newest first.
    pub history: Vec<Entry>,
    /// The hop that Ironic's words are about.
    #[serde(skip)]
    pub blamed: Option<Hop>,
}

/// Where a node is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Ironic has not talked to its BMC yet.
    #[default]
    New,
    /// Nothing is under way.
    Rest,
    /// Ironic talks to its BMC.
    Verifying,
    /// A ramdisk is, or is to be, at work.
    Working(Work),
    /// Ironic works through the BMC alone, and no ramdisk is booted.
    ThroughBmc,
    Failed(Work),
    Active,
    /// Another tool is at work on it.
    Foreign,
}

/// What a ramdisk is booted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Inspect,
    Clean,
    Deploy,
}

/// An entry of the node's history in Ironic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub at: Option<Timestamp>,
    pub kind: Option<String>,
    pub text: String,
}

/// What the BMC says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BmcSigns {
    pub address: String,
    pub power: Power,
    pub boot: Option<Boot>,
    /// URLs of inserted virtual media; why they are not known, else.
    pub media: Result<Vec<String>, String>,
}

/// A line in a log of the seed's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `None`: the log has no times.
    pub at: Option<Timestamp>,
    pub text: String,
}

/// What came of an attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ssh {
    Answers,
    /// Somebody with another host key.
    WrongKey(String),
    /// It does not let us in.
    NoEntry(String),
    /// The machine refuses the connection: no SSH server listens.
    Refused(String),
    /// Nobody is there.
    Silent(String),
}

/// What the journal of this machine has of the host.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// The last steps, the newest last.
    pub last: Vec<Past>,
    /// When the last step that acted began to.
    pub began: Option<Timestamp>,
    /// Why the last step failed, if it did.
    pub trouble: Option<Trouble>,
    /// Whether a run has ever logged in to the host.
    pub answered_before: bool,
}

/// A step of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Past {
    pub at: Timestamp,
    pub run: u64,
    pub step: String,
    /// `failed`, `changed`, `under way` …
    pub outcome: String,
}
