//! A group of the host.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts::{self, GroupLine},
    change::Change,
    fault::Fault,
    machine::Machine,
    programs::Call,
    record::Trace,
};

/// A group with this name, and this number if one is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub name: String,
    pub gid: Option<u32>,
    pub system: bool,
}

impl Group {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), gid: None, system: false }
    }
}

impl Thing for Group {
    type Seen = Option<GroupLine>;

    fn key(&self) -> String {
        format!("group:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Self::Seen, Fault> {
        Ok(accounts::groups(machine)?.into_iter().find(|group| group.name == self.name))
    }

    fn diff(&self, seen: &Self::Seen) -> Vec<Change> {
        match (seen, self.gid) {
            (None, _) => vec![Change::new(format!("make the group {}", self.name))],
            (Some(found), Some(gid)) if found.gid != gid => {
                let text = format!(
                    "change the number of the group {} from {} to {gid}",
                    self.name, found.gid
                );
                vec![Change::new(text)]
            }
            _ => Vec::new(),
        }
    }

    fn perform(&self, machine: &Machine, seen: &Self::Seen) -> Result<(), Fault> {
        let program = if seen.is_some() { "groupmod" } else { "groupadd" };
        let mut args = Vec::new();
        if let Some(gid) = self.gid {
            args.extend(["--gid".to_owned(), gid.to_string()]);
        }
        if self.system && seen.is_none() {
            args.push("--system".to_owned());
        }
        args.push(self.name.clone());
        machine.must(&Call::new(program, args)).map(drop)
    }

    fn trace(&self, _machine: &Machine, seen: &Self::Seen) -> Result<Option<Trace>, Fault> {
        Ok(seen.is_none().then(|| Trace::Group { name: self.name.clone() }))
    }
}
