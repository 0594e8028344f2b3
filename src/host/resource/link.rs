//! A symbolic link.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Machine, Node, NodeKind},
    record::Trace,
};

/// A link that leads to the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    pub path: String,
    pub target: String,
}

impl Thing for Link {
    type Seen = Option<Node>;

    fn key(&self) -> String {
        format!("link:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Node>, Fault> {
        machine.node(&self.path)
    }

    fn diff(&self, seen: &Option<Node>) -> Vec<Change> {
        let leads = |target: &str| target == self.target;
        match seen {
            Some(Node { kind: NodeKind::Link(target), .. }) if leads(target) => Vec::new(),
            Some(Node { kind: NodeKind::Link(target), .. }) => {
                let text = format!("link {} to {} instead of {target}", self.path, self.target);
                vec![Change::new(text)]
            }
            _ => vec![Change::new(format!("link {} to {}", self.path, self.target))],
        }
    }

    fn perform(&self, machine: &Machine, seen: &Option<Node>) -> Result<(), Fault> {
        match seen {
            Some(Node { kind: NodeKind::Directory | NodeKind::Other, .. }) => {
                Err(Fault::new(format!("linking {} to {}", self.path, self.target))
                    .because("something that is no link stands there")
                    .hint("move it away"))
            }
            _ => machine.link(&self.path, &self.target),
        }
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Node>) -> Result<Option<Trace>, Fault> {
        let new = || Trace::Link { path: self.path.clone(), target: self.target.clone() };
        Ok(seen.is_none().then(new))
    }
}
