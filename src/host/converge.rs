//! Makes a host what a concern wants: looks, compares, writes down what it is about to do, does it, and looks again.
//!
//! Killed at any moment it takes on from what is there: the record is on the disk before each change, and every
//! resource is looked at again. What is due after a change, a restart say, is due until it has succeeded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    change::Change,
    concern::{Concern, Host},
    data::{Confirmed, Held},
    fault::Fault,
    leftovers::{Leftover, once},
    record::{Entry, Record},
    removal::Verdict,
    resource::{Condemned, InUse, Packages, Presence, Refresh, Resource},
    undo::{self, Undo},
};

/// Stands in the record while a refresh is due.
const DUE: &str = "due";

/// What a look at one concern found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What differs, in the order in which it would be changed.
    pub changes: Vec<Change>,
    /// What stays though nobody asks for it, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// What holds data and stays, though nobody asks for it, until the operator names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// How many of the changes take away what nobody asks for any more, what was named by the operator not among them.
    #[serde(default)]
    pub removals: usize,
    /// How many things of Ymir's the record of the host has, whatever they belong to.
    #[serde(default)]
    pub recorded: usize,
}

/// What was done for one concern.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub changes: Vec<Change>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// The change undoes itself unless this is confirmed over a new connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// A host being looked at or changed.
pub struct Converge<'m> {
    pub host: Host<'m>,
    pub record: Record,
    /// What the operator has named to be removed with its data.
    pub confirmed: Confirmed,
}

/// Keys of what a look finds otherwise than it is wanted.
#[derive(Default)]
struct Differing {
    changed: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// What is being done for one concern, and who hears of it.
struct Changes<'c> {
    done: &'c mut Done,
    progress: &'c mut dyn FnMut(&str),
}

impl<'m> Converge<'m> {
    pub fn new(host: Host<'m>) -> Result<Self, Fault> {
        let record = Record::read(host.machine)?;
        Ok(Self { record, host, confirmed: Confirmed::default() })
    }

    /// Removes what is named, too, though it holds data.
    #[must_use]
    pub fn removing(mut self, confirmed: Confirmed) -> Self {
        self.confirmed = confirmed;
        self
    }

    /// Says what differs, and changes nothing.
    pub fn look(&self, concern: &Concern) -> Result<Found, Fault> {
        let resources = concern.resources(&self.host)?;
        let mut found = Found { recorded: self.record.entries.len(), ..Found::default() };
        let mut differing = Differing::default();
        for leftover in self.leftovers(concern, &resources)? {
            match leftover.verdict {
                Verdict::Remove(change) => {
                    found.removals += usize::from(!self.is_data(&leftover.key));
                    differing.removed.insert(leftover.key);
                    once(&mut found.changes, change);
                }
                Verdict::Keep(why) | Verdict::Wait(why) => found.kept.push(why),
                Verdict::Ask(held) => found.held.push(held),
                Verdict::Forget => {}
            }
        }
        for resource in &resources {
            let changes = match resource {
                Resource::Refresh(refresh) => self.due(refresh, &differing),
                other => other.look(self.host.machine)?,
            };
            if !changes.is_empty() {
                differing.changed.insert(resource.key());
                found.held.extend(self.unnamed(resource).map(|condemned| condemned.held.clone()));
            }
            found.changes.extend(changes);
            found.kept.extend(self.note(concern, resource)?);
        }
        Ok(found)
    }

    /// What the site condemns and the operator has not named.
    fn unnamed<'r>(&self, resource: &'r Resource) -> Option<&'r Condemned> {
        match resource {
            Resource::Condemned(condemned) if !self.confirmed.has(&condemned.held) => {
                Some(condemned)
            }
            _ => None,
        }
    }

    /// Brings the concern about. `progress` hears what is being done.
    pub fn apply(
        &mut self,
        concern: &Concern,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Done, Fault> {
        let resources = concern.resources(&self.host)?;
        let mut done = Done::default();
        let leftovers = self.leftovers(concern, &resources)?;
        let mut changes = Changes { done: &mut done, progress };
        // Mirrors and other package programs take as long as they like; the host's undoing does not wait for them.
        let calm = if concern.is_risky() { calm(&resources) } else { 0 };
        self.bring_all(concern, &resources[..calm], &resources, &mut changes)?;
        if concern.is_risky() {
            changes.done.undo = self.arm(concern, &resources, &leftovers)?;
        }
        match self.carry_out(concern, &resources, (leftovers, calm), &mut changes) {
            Ok(()) => Ok(done),
            Err(fault) if done.undo.is_some() => {
                // Half of a change that can cut the operator off is worse than none.
                undo::undo(self.host.machine)?;
                self.record = Record::read(self.host.machine)?;
                Err(fault.because("files that were changed for it before are as they were"))
            }
            Err(fault) => Err(fault),
        }
    }

    fn carry_out(
        &mut self,
        concern: &Concern,
        resources: &[Resource],
        (leftovers, from): (Vec<Leftover>, usize),
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        for leftover in leftovers {
            self.take_away(leftover, resources, changes.done, changes.progress)?;
        }
        self.bring_all(concern, &resources[from..], resources, changes)
    }

    /// Brings these about, which are part of all that the concern asks for.
    fn bring_all(
        &mut self,
        concern: &Concern,
        these: &[Resource],
        all: &[Resource],
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        for resource in these {
            let made = self.bring_about(concern, resource, all, changes.progress)?;
            changes.done.changes.extend(made);
            changes.done.kept.extend(self.note(concern, resource)?);
        }
        Ok(())
    }

    /// What an operator should know of a resource. That something stays is no news where nothing is Ymir's.
    fn note(&self, concern: &Concern, resource: &Resource) -> Result<Option<String>, Fault> {
        let is_own = |entry: &Entry| entry.concern == concern.name();
        if matches!(resource, Resource::InUse(InUse { own_only: true, .. }))
            && !self.record.entries.values().any(is_own)
        {
            return Ok(None);
        }
        resource.note(self.host.machine)
    }

    /// Whether a refresh is due, given what differs of what it follows.
    fn due(&self, refresh: &Refresh, differing: &Differing) -> Vec<Change> {
        let follows = refresh.of.iter().any(|key| differing.changed.contains(key))
            || differing.removed.iter().any(|key| refresh.follows_removal_of(key));
        let in_force = self.record.refreshed.get(&refresh.name);
        // A host that somebody else configured so already needs no restart.
        let outdated = in_force.is_some_and(|digest| *digest != refresh.digest);
        if follows || outdated { vec![Change::new(refresh.name.clone())] } else { Vec::new() }
    }

    fn bring_about(
        &mut self,
        concern: &Concern,
        resource: &Resource,
        all: &[Resource],
        progress: &mut dyn FnMut(&str),
    ) -> Result<Vec<Change>, Fault> {
        let machine = self.host.machine;
        if let Resource::Refresh(refresh) = resource {
            return self.refresh(refresh, progress);
        }
        let changes = resource.look(machine)?;
        let Some(first) = changes.first() else {
            self.adopt(concern, resource)?;
            return Ok(changes);
        };
        progress(&first.text);
        if let Resource::Condemned(condemned) = resource
            && self.confirmed.has(&condemned.held)
        {
            condemned.held.take_away(machine)?;
            machine.forget();
            return Ok(changes);
        }
        let key = resource.key();
        self.mark_due(all, |refresh| refresh.of.contains(&key));
        let record = &mut self.record;
        resource.perform(machine, &mut |traces| {
            for (key, trace) in traces {
                let trace = trace.after(record.entries.get(&key).map(|entry| &entry.trace));
                record.entries.insert(key, Entry { concern: concern.name().into(), trace });
            }
            record.write(machine)
        })?;
        machine.forget();
        let left = resource.look(machine)?;
        if let Some(change) = left.first() {
            return Err(Fault::new(change.text.clone())
                .because("it was done without an error, and a second look finds the same difference")
                .hint("something else on the host changes it back: look for another program that configures it"));
        }
        self.settle(resource)?;
        Ok(changes)
    }

    /// Does what is due; it stays due until it has succeeded.
    fn refresh(
        &mut self,
        refresh: &Refresh,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Vec<Change>, Fault> {
        let changes = self.due(refresh, &Differing::default());
        if !changes.is_empty() {
            progress(&refresh.name);
            Resource::Refresh(refresh.clone()).perform(self.host.machine, &mut |_| Ok(()))?;
            self.host.machine.forget();
        }
        let before = self.record.refreshed.insert(refresh.name.clone(), refresh.digest.clone());
        if before.as_ref() != Some(&refresh.digest) {
            self.record.write(self.host.machine)?;
        }
        Ok(changes)
    }

    pub(super) fn mark_due(&mut self, resources: &[Resource], follows: impl Fn(&Refresh) -> bool) {
        for resource in resources {
            if let Resource::Refresh(refresh) = resource
                && follows(refresh)
            {
                self.record.refreshed.insert(refresh.name.clone(), DUE.into());
            }
        }
    }

    /// Knows as Ymir's own what is as wanted and what nobody else would write.
    fn adopt(&mut self, concern: &Concern, resource: &Resource) -> Result<(), Fault> {
        let mut news = false;
        for (key, trace) in resource.adopted(self.host.machine)? {
            let entry = Entry { concern: concern.name().into(), trace: trace.settled() };
            if let std::collections::btree_map::Entry::Vacant(e) = self.record.entries.entry(key) {
                e.insert(entry);
                news = true;
            }
        }
        if news { self.record.write(self.host.machine) } else { Ok(()) }
    }

    fn settle(&mut self, resource: &Resource) -> Result<(), Fault> {
        for key in resource.keys() {
            if let Some(entry) = self.record.entries.get_mut(&key) {
                entry.trace = entry.trace.clone().settled();
            }
        }
        self.record.write(self.host.machine)
    }

    /// Makes sure that the host undoes the change by itself, before anything is changed.
    fn arm(
        &self,
        concern: &Concern,
        resources: &[Resource],
        leftovers: &[Leftover],
    ) -> Result<Option<Undo>, Fault> {
        let machine = self.host.machine;
        let mut differs = leftovers.iter().any(|left| matches!(left.verdict, Verdict::Remove(_)));
        for resource in resources {
            differs |= match resource {
                Resource::Refresh(refresh) => !self.due(refresh, &Differing::default()).is_empty(),
                other => !other.look(machine)?.is_empty(),
            };
        }
        if !differs {
            return Ok(None);
        }
        let removed = leftovers.iter().filter_map(|left| {
            self.record.entries.get(&left.key).and_then(|entry| entry.trace.path())
        });
        let mut paths: Vec<String> = removed.map(str::to_owned).collect();
        for resource in resources {
            paths.extend(resource.paths(machine)?);
        }
        undo::arm(machine, paths, resources, concern.name()).map(Some)
    }
}

/// How many resources a risky concern begins with that cut nobody off: packages, and what keeps their services from
/// starting until they are configured.
fn calm(resources: &[Resource]) -> usize {
    let is_package = |resource: &Resource| {
        matches!(resource, Resource::Packages(Packages { presence: Presence::Installed, .. }))
    };
    let leading = resources.iter().take_while(|one| is_package(one) || one.is_mask());
    let packages = leading.enumerate().filter(|(_, one)| is_package(one));
    packages.last().map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
#[path = "converge_tests.rs"]
mod tests;
