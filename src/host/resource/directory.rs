//! A directory, and who may do what in it.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine, Node, NodeKind},
    record::Trace,
};

/// A directory with these permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Directory {
    pub path: String,
    pub access: Access,
}

/// What stands at the path, and the numbers of the wanted owner and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    node: Option<Node>,
    owner: (Option<u32>, Option<u32>),
}

impl Directory {
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), access: Access::default() }
    }

    #[must_use]
    pub fn access(mut self, owner: &str, group: &str, mode: u32) -> Self {
        self.access =
            Access { owner: Some(owner.into()), group: Some(group.into()), mode: Some(mode) };
        self
    }
}

impl Thing for Directory {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("directory:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let mut node = machine.node(&self.path)?;
        // A link to a directory serves as well, and keeps its own permissions.
        if let Some(found) = node.as_mut().filter(|node| matches!(node.kind, NodeKind::Link(_)))
            && machine.path(&self.path).is_dir()
        {
            found.kind = NodeKind::Directory;
            found.mode = self.access.mode.unwrap_or(found.mode);
        }
        let owner = self.access.owner.as_deref().and_then(|name| machine.uid(name).ok());
        let group = self.access.group.as_deref().and_then(|name| machine.gid(name).ok());
        match node {
            Some(Node { ref kind, .. }) if *kind != NodeKind::Directory => {
                Err(Fault::new(format!("looking at {}", self.path))
                    .because("something that is no directory stands there")
                    .hint("move it away"))
            }
            node => Ok(Seen { node, owner: (owner, group) }),
        }
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let Some(node) = &seen.node else {
            return vec![Change::new(format!("make the directory {}", self.path))];
        };
        let mut changes = Vec::new();
        if let Some(wanted) = self.access.mode.filter(|wanted| *wanted != node.mode) {
            let text =
                format!("set the mode of {} from {:04o} to {wanted:04o}", self.path, node.mode);
            changes.push(Change::new(text));
        }
        let differs = |wanted: Option<u32>, now: u32| wanted.is_some_and(|wanted| wanted != now);
        if differs(seen.owner.0, node.uid) || differs(seen.owner.1, node.gid) {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            let (owner, group) = (name(&self.access.owner), name(&self.access.group));
            changes.push(Change::new(format!("give {} to {owner}:{group}", self.path)));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        match seen.node {
            None => machine.make_directory(&self.path, &self.access),
            Some(_) => machine.set_access(&self.path, &self.access),
        }
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(seen.node.is_none().then(|| Trace::Directory { path: self.path.clone() }))
    }
}
