//! A unit of systemd: whether it starts with the host, runs now, and may be started at all.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Resource, Thing, packages, rpm};
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace};

/// What a unit must be; what is not said stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// `chrony.service`
    pub name: String,
    pub enabled: Option<bool>,
    pub running: Option<bool>,
    pub masked: Option<bool>,
    /// A unit that is not there is as good as one that is off.
    pub may_be_missing: bool,
    /// A service that must not run while this socket of its starts or stops; it runs again afterwards.
    pub socket_of: Option<String>,
}

/// What systemd says of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// `loaded`, `not-found`, `masked`
    pub load: String,
    /// `enabled`, `disabled`, `static`, `masked`, or nothing
    pub file: String,
    /// `active`, `inactive`, `failed`, `activating`
    pub active: String,
}

impl State {
    fn is_masked(&self) -> bool {
        self.load == "masked" || self.file.starts_with("masked")
    }
}

impl Unit {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            enabled: None,
            running: None,
            masked: None,
            may_be_missing: false,
            socket_of: None,
        }
    }

    /// Starts with the host, and runs.
    pub fn on(name: impl Into<String>) -> Self {
        Self { enabled: Some(true), running: Some(true), ..Self::new(name) }
    }

    /// Neither runs nor starts with the host; a unit that is not there is off.
    pub fn off(name: impl Into<String>) -> Self {
        Self { enabled: Some(false), running: Some(false), may_be_missing: true, ..Self::new(name) }
    }

    /// Cannot be started by anybody.
    pub fn masked(name: impl Into<String>) -> Self {
        Self { masked: Some(true), running: Some(false), may_be_missing: true, ..Self::new(name) }
    }

    /// The verbs of `systemctl` that bring it about, in order, with words for people.
    fn steps(&self, state: &State) -> Vec<(&'static str, String)> {
        let name = &self.name;
        let mut steps = Vec::new();
        let masked = state.is_masked();
        let there = state.load != "not-found";
        if self.masked == Some(false) && masked {
            steps.push(("unmask", format!("unmask {name}")));
        }
        let is_on = matches!(
            state.file.as_str(),
            "enabled" | "enabled-runtime" | "static" | "alias" | "indirect" | "generated"
        );
        match self.enabled {
            Some(true) if !is_on => steps.push(("enable", format!("enable {name}"))),
            Some(false) if state.file.starts_with("enabled") => {
                steps.push(("disable", format!("disable {name}")));
            }
            _ => {}
        }
        let runs = matches!(state.active.as_str(), "active" | "activating" | "reloading");
        match self.running {
            Some(true) if !runs => steps.push(("start", format!("start {name}"))),
            Some(false) if runs => steps.push(("stop", format!("stop {name}"))),
            _ => {}
        }
        if self.masked == Some(true) && !masked && (there || !self.may_be_missing) {
            steps.push(("mask", format!("mask {name}")));
        }
        steps
    }
}

impl Thing for Unit {
    type Seen = State;

    fn key(&self) -> String {
        format!("unit:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<State, Fault> {
        if let Some(state) = machine.memory.borrow().units.get(&self.name) {
            return Ok(state.clone());
        }
        let mut found = show(machine, std::slice::from_ref(&self.name))?;
        Ok(found.remove(&self.name).unwrap_or_default())
    }

    fn diff(&self, seen: &State) -> Vec<Change> {
        self.steps(seen).into_iter().map(|(_, text)| Change::new(text)).collect()
    }

    fn perform(&self, machine: &Machine, seen: &State) -> Result<(), Fault> {
        let systemctl =
            |verb: &str, unit: &str| machine.must(&Call::new("systemctl", [verb, unit])).map(drop);
        for (verb, _) in self.steps(seen) {
            let service = self.socket_of.as_deref().filter(|_| ["start", "stop"].contains(&verb));
            service.map_or(Ok(()), |service| systemctl("stop", service))?;
            systemctl(verb, &self.name)?;
            service.map_or(Ok(()), |service| systemctl("start", service))?;
        }
        Ok(())
    }

    fn trace(&self, _machine: &Machine, seen: &State) -> Result<Option<Trace>, Fault> {
        let name = self.name.clone();
        if self.masked == Some(true) {
            return Ok((!seen.is_masked()).then_some(Trace::Mask { name }));
        }
        let turned_on = self.enabled == Some(true) && seen.file == "disabled";
        Ok(turned_on.then_some(Trace::Unit { name }))
    }
}

/// What puts a unit back to what it is now, after it was changed.
pub(crate) fn back(unit: &Unit, machine: &Machine) -> Result<Vec<Vec<String>>, Fault> {
    let now = unit.observe(machine)?;
    let verbs = unit.steps(&now).into_iter().filter_map(|(verb, _)| {
        Some(match verb {
            "enable" => "disable",
            "disable" => "enable",
            "start" => "stop",
            "stop" => "start",
            "mask" => "unmask",
            "unmask" => "mask",
            _ => return None,
        })
    });
    let call = |verb: &str| vec!["systemctl".to_owned(), verb.to_owned(), unit.name.clone()];
    Ok(verbs.map(call).collect::<Vec<_>>().into_iter().rev().collect())
}

/// Asks systemd for all units of the resources at once, and rpm for all packages, for the looks that follow.
pub(crate) fn prefetch<'a>(
    machine: &Machine,
    resources: impl Iterator<Item = &'a Resource> + Clone,
) -> Result<(), Fault> {
    if !packages::is_debian(machine) {
        rpm::prefetch(machine, resources.clone())?;
    }
    let names: Vec<String> = resources
        .filter_map(|resource| match resource {
            Resource::Unit(unit) => Some(unit.name.clone()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let found = show(machine, &names)?;
    machine.memory.borrow_mut().units.extend(found);
    Ok(())
}

fn show(machine: &Machine, names: &[String]) -> Result<BTreeMap<String, State>, Fault> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let call =
        Call::new("systemctl", ["show", "--property=LoadState,UnitFileState,ActiveState", "--"])
            .also(names.clone());
    let said = machine.must(&call)?.stdout;
    Ok(names.into_iter().zip(said.split("\n\n").map(read)).collect())
}

fn read(block: &str) -> State {
    let mut state = State::default();
    for (name, value) in block.lines().filter_map(|line| line.split_once('=')) {
        match name {
            "LoadState" => value.clone_into(&mut state.load),
            "UnitFileState" => value.clone_into(&mut state.file),
            "ActiveState" => value.clone_into(&mut state.active),
            _ => {}
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(load: &str, file: &str, active: &str) -> State {
        State { load: load.into(), file: file.into(), active: active.into() }
    }

    #[test]
    fn what_is_done_to_a_unit() {
        let on = state("loaded", "enabled", "active");
        let off = state("loaded", "disabled", "inactive");
        let masked = state("masked", "masked", "inactive");
        let missing = state("not-found", "", "inactive");
        let table = [
            (Unit::on("x"), &on, vec![]),
            (Unit::on("x"), &off, vec!["enable", "start"]),
            (Unit::on("x"), &missing, vec!["enable", "start"]),
            (
                Unit { masked: Some(false), ..Unit::on("x") },
                &masked,
                vec!["unmask", "enable", "start"],
            ),
            (Unit::off("x"), &on, vec!["disable", "stop"]),
            (Unit::off("x"), &missing, vec![]),
            (Unit::masked("x"), &on, vec!["stop", "mask"]),
            (Unit::masked("x"), &masked, vec![]),
            (Unit::masked("x"), &missing, vec![]),
        ];
        for (unit, state, verbs) in table {
            let steps: Vec<_> = unit.steps(state).into_iter().map(|(verb, _)| verb).collect();
            assert_eq!(steps, verbs, "{unit:?} {state:?}");
        }
    }
}
