//! Something that is mounted now.

use std::fs;

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    data::Held,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::Trace,
};

/// A source at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mounted {
    pub source: String,
    pub place: String,
}

/// What is mounted at the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Nothing,
    Wanted,
    Other(String),
}

impl Thing for Mounted {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("mounted:{}", self.place)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let found = source_at(machine, &self.place)?;
        let real = |path: &str| {
            fs::canonicalize(machine.path(path)).unwrap_or_else(|_| machine.path(path))
        };
        Ok(match found {
            None => Seen::Nothing,
            Some(source) if real(&source) == real(&self.source) => Seen::Wanted,
            Some(source) => Seen::Other(source),
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        if *seen == Seen::Wanted {
            return Vec::new();
        }
        vec![Change::new(format!("mount {} at {}", self.source, self.place))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        if let Seen::Other(source) = seen {
            return Err(Fault::new(format!("mounting {} at {}", self.source, self.place))
                .because(format!("{source} is mounted there"))
                .hint("unmount it by hand if nobody needs it there"));
        }
        if machine.node(&self.place)?.is_none() {
            machine.make_directory(&self.place, &Access::of_root(0o755))?;
        }
        machine.must(&Call::new("mount", [&self.place])).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        let (place, source) = (self.place.clone(), self.source.clone());
        Ok(Some(Trace::Data { held: Held::Mount { place, source } }))
    }
}

/// What is mounted at a place.
pub(in crate::host) fn source_at(machine: &Machine, place: &str) -> Result<Option<String>, Fault> {
    let mounts = machine.text("/proc/self/mounts")?.unwrap_or_default();
    let place = place.replace('\\', "\\134").replace(' ', "\\040");
    // The last one lies above the others.
    let found = mounts.lines().rev().find_map(|line| {
        let mut words = line.split_whitespace();
        let source = words.next()?;
        (words.next()? == place).then(|| source.to_owned())
    });
    Ok(found)
}
