//! Pure planning: a site and a request become a plan. Nothing here does I/O or sees YAML.

pub mod action;
pub mod baremetal_compute;
pub mod batches;
pub mod bios_raid;
pub mod bmc;
pub mod compute_nodes;
pub mod deployment_image;
pub mod deprovision;
pub mod facts_gather;
pub mod hardware_inspect;
pub mod hardware_register;
pub mod host_command;
pub mod host_configure;
pub mod host_drift;
pub mod host_image;
pub mod introspection_rules;
pub mod introspection_save;
pub mod inventory_discover;
pub mod known_hosts;
pub mod package_update;
pub mod provision;
pub mod reprovision;
pub mod serial_console;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::action::Action;

/// What a command intends: stages in order, and in each stage one lane per subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan<A = Action> {
    /// The command's words, `overcloud provision`.
    pub command: String,
    pub stages: Vec<Stage<A>>,
}

/// Lanes that run side by side; the next stage starts when all of them have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage<A = Action> {
    pub name: String,
    pub lanes: Vec<Lane<A>>,
    /// How many percent of the subjects may have failed for a step with this title to be begun still; any number where
    /// it says nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tolerates: BTreeMap<String, f64>,
    /// Nothing of it is begun if anything has failed before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub careful: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One subject's steps, in order. A failure ends this lane and no other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane<A = Action> {
    /// A host, or an image's name.
    pub subject: String,
    pub steps: Vec<Step<A>>,
}

/// One thing to be so. `id` names its place and digests the action, so a step with edited inputs is a new step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step<A = Action> {
    pub id: String,
    pub title: String,
    pub action: A,
}

impl<A: Serialize> Plan<A> {
    pub fn named(command: &str) -> Self {
        Self { command: command.into(), stages: Vec::new() }
    }

    /// Adds a stage with one lane per subject; `steps` gives each subject's titles and actions. Empty lanes are left out.
    #[must_use]
    pub fn stage<S, L>(mut self, name: &str, subjects: &[S], steps: L) -> Self
    where
        L: Fn(&S) -> (String, Vec<(String, A)>),
    {
        let lanes = subjects.iter().map(|subject| lane(name, steps(subject)));
        let lanes = lanes.filter(|lane| !lane.steps.is_empty()).collect();
        let tolerates = BTreeMap::new();
        self.stages.push(Stage { name: name.into(), lanes, tolerates, careful: false });
        self
    }

    /// Has nothing of the last stage begun if anything has failed before it.
    #[must_use]
    pub fn careful(mut self) -> Self {
        if let Some(stage) = self.stages.last_mut() {
            stage.careful = true;
        }
        self
    }

    /// Has the last stage begin nothing more, by the titles of its steps, when more than so many percent have failed.
    #[must_use]
    pub fn tolerating(mut self, percentages: BTreeMap<String, f64>) -> Self {
        if let Some(stage) = self.stages.last_mut() {
            stage.tolerates = percentages;
        }
        self
    }

    /// Digest of the whole plan: two plans with the same digest do the same.
    pub fn digest(&self) -> String {
        format!("sha256:{}", digest(self))
    }

    /// All subjects, in the order in which the plan first names them.
    pub fn subjects(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let lanes = self.stages.iter().flat_map(|stage| &stage.lanes);
        lanes.map(|lane| lane.subject.clone()).filter(|name| seen.insert(name.clone())).collect()
    }

    pub fn steps(&self) -> usize {
        self.stages.iter().flat_map(|stage| &stage.lanes).map(|lane| lane.steps.len()).sum()
    }
}

fn lane<A: Serialize>(stage: &str, (subject, steps): (String, Vec<(String, A)>)) -> Lane<A> {
    let steps = steps.into_iter().map(|(title, action)| Step {
        id: format!("{stage}/{subject}/{title}@{}", &digest(&action)[..12]).replace(' ', "-"),
        title,
        action,
    });
    Lane { steps: steps.collect(), subject }
}

/// Hex SHA-256 over the value's JSON; the order of struct fields and of sorted maps makes it stable.
pub fn digest<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("plans hold no maps with keys that JSON lacks");
    Sha256::digest(json).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
