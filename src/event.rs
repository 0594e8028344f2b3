//! The public record of what happens in a run. Journal, terminal and JSON output are all made from these events.
//!
//! `docs/events.md` is the reference. The schema only grows: readers skip events and fields that they do not know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::trouble::Trouble;

/// Grows by one when an event's meaning changes; stands in every `run_started`.
pub const SCHEMA: u32 = 1;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened in a run. `subject` is a host, or an image's name where images are built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    RunStarted {
        schema: u32,
        run: u64,
        command: String,
        mode: Mode,
        /// Digest of the plan, `sha256:…`.
        plan: String,
        steps: usize,
    },
    StageStarted {
        stage: String,
        subjects: Vec<String>,
    },
    /// The step is being looked at; nothing has been changed.
    StepStarted {
        subject: String,
        step: String,
        title: String,
    },
    /// The intent: written before the first change, so that a crash leaves a trace.
    StepApplying {
        subject: String,
        step: String,
        changes: Vec<String>,
    },
    /// How far a long step is; replaces the step's earlier progress.
    StepProgress {
        subject: String,
        step: String,
        text: String,
    },
    /// What a command on a host left behind.
    StepOutput {
        subject: String,
        step: String,
        code: i32,
        stdout: String,
        stderr: String,
    },
    StepFinished {
        subject: String,
        step: String,
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The subject failed in an earlier stage and takes no part in this one.
    SubjectLeftOut {
        subject: String,
        stage: String,
    },
    HookStarted {
        hook: String,
    },
    HookOutput {
        hook: String,
        line: String,
    },
    HookFinished {
        hook: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<Trouble>,
    },
    /// Something to know that stops nothing.
    Warning {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        text: String,
    },
    /// The operator ended the run before its running steps had ended; nothing comes after this.
    RunAborted {
        run: u64,
    },
    RunFinished {
        run: u64,
        #[serde(flatten)]
        summary: Summary,
    },
    /// An event of a newer Ymir.
    #[serde(other)]
    Unknown,
}

/// Whether a run may change the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Check,
    Apply,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Unchanged {
        /// Why it is left as it is, if it is not as the step says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Changed {
        changes: Vec<String>,
    },
    WouldChange {
        changes: Vec<String>,
    },
    /// Cannot be told before an earlier step has acted (only in check mode).
    Undecided {
        why: String,
    },
    /// Not run again: an earlier run did it, and it cannot be looked at.
    DoneEarlier,
    Failed {
        trouble: Trouble,
    },
    /// Not run, because the operator stopped the run.
    Stopped,
}

/// What became of each subject of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub changed: Vec<String>,
    pub unchanged: Vec<String>,
    pub failed: Vec<String>,
    /// Stopped by the operator before they were done.
    pub stopped: Vec<String>,
}

impl Summary {
    /// Whether nothing failed and nothing was stopped.
    pub fn all_done(&self) -> bool {
        self.failed.is_empty() && self.stopped.is_empty()
    }
}
