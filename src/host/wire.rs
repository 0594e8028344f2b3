//! What the control host and the agent say to each other: one JSON value a line, questions one way, answers the other.

use serde::{Deserialize, Serialize};

use super::{
    concern::Concern,
    converge::{Done, Found},
    data::Confirmed,
    errand::{Errand, Told},
    facts::Facts,
    fault::Fault,
    lock::Owner,
    wipe::Device,
};

/// Grows when a message changes its meaning. Both sides come from one build, so this is a check, no negotiation.
pub const VERSION: u32 = 1;

/// From the control host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Says that the control host is there; nothing is answered.
    Alive,
    /// Takes the lock, for a run that changes the host.
    Own { owner: Owner },
    /// Lists the disks.
    Disks,
    /// Looks at these, changes nothing.
    Look { parts: Vec<Part> },
    /// Brings one about.
    Apply { part: Box<Part> },
    /// Does what is no part of the host's configuration.
    Run { errand: Box<Errand> },
    /// The control host has come back through the new configuration.
    Confirm { undo: String },
    /// The operator knows by now that the host has undone this change; nothing is answered.
    Told { undo: String },
}

/// One concern of a plan's step.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// The step's id.
    pub id: String,
    pub concern: Concern,
    /// What the operator has named to be removed with its data.
    #[serde(default)]
    pub confirmed: Confirmed,
}

/// From the agent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Comes first, unasked.
    Ready {
        version: u32,
        facts: Facts,
        /// A change that waits for its confirmation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting: Option<String>,
        /// A change that the host has undone by itself, and its concern. It is said until the control host has told it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undone: Option<(String, String)>,
    },
    /// The lock is held. A change that the host was still undoing when it greeted is told here.
    Owned {
        outcome: Outcome<Option<(String, String)>>,
    },
    Disks {
        outcome: Outcome<Vec<Device>>,
    },
    Found {
        id: String,
        outcome: Outcome<Found>,
    },
    Progress {
        id: String,
        text: String,
    },
    Applied {
        id: String,
        outcome: Outcome<Done>,
    },
    Confirmed {
        outcome: Outcome<()>,
    },
    Ran {
        outcome: Outcome<Told>,
    },
    /// The agent cannot work at all.
    Broken {
        fault: Fault,
    },
}

/// A `Result` with words that stay the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<T> {
    Ok(T),
    Fault(Fault),
}

impl<T> From<Result<T, Fault>> for Outcome<T> {
    fn from(result: Result<T, Fault>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(fault) => Self::Fault(fault),
        }
    }
}

impl<T> From<Outcome<T>> for Result<T, Fault> {
    fn from(outcome: Outcome<T>) -> Self {
        match outcome {
            Outcome::Ok(value) => Ok(value),
            Outcome::Fault(fault) => Err(fault),
        }
    }
}
