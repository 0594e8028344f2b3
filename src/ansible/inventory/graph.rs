//! Who belongs to what: parents and children, depths, and the order in which hosts come.

use std::collections::BTreeSet;

use super::{ALL, Inventory, UNGROUPED};
use crate::{
    ansible::yaml::{Data, Node},
    trouble::{Result, Trouble},
};

/// The number that `ansible_group_priority` holds.
pub(super) fn priority(value: &Node) -> Result<i64> {
    let number = match &value.data {
        Data::Int(number) => i64::try_from(*number).ok(),
        Data::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        Trouble::refused("reading the inventory")
            .because("`ansible_group_priority` is not an integer")
            .at(&value.origin)
    })
}

impl Inventory {
    /// Makes a group a child of another; `Err` names the loop that this would close.
    pub(super) fn add_child(&mut self, parent: usize, child: usize) -> Result<(), String> {
        if self.groups[parent].children.contains(&child) {
            return Ok(());
        }
        if parent == child || self.ancestors(parent).contains(&child) {
            let name = |group: usize| &self.groups[group].name;
            return Err(format!(
                "the group `{}` would be inside itself through `{}`",
                name(child),
                name(parent)
            ));
        }
        self.groups[parent].children.push(child);
        self.groups[child].parents.push(parent);
        Ok(())
    }

    fn ancestors(&self, group: usize) -> BTreeSet<usize> {
        let mut known = BTreeSet::new();
        let mut next = self.groups[group].parents.clone();
        while let Some(group) = next.pop() {
            if known.insert(group) {
                next.extend(&self.groups[group].parents);
            }
        }
        known
    }

    /// Brings the graph into its final state once every source is read: all groups under `all`, hosts without a group
    /// in `ungrouped`, depths, and each host's groups.
    pub fn settle(&mut self) {
        let (all, ungrouped) = (self.add_group(ALL), self.add_group(UNGROUPED));
        for group in 0..self.groups.len() {
            if group != all && self.groups[group].parents.is_empty() {
                self.groups[all].children.push(group);
                self.groups[group].parents.push(all);
            }
        }
        self.collect_groups();
        for host in 0..self.hosts.len() {
            let real =
                self.hosts[host].groups.iter().any(|group| ![all, ungrouped].contains(group));
            let members = &mut self.groups[ungrouped].hosts;
            if real {
                members.retain(|member| *member != host);
            } else if !members.contains(&host) {
                members.push(host);
            }
        }
        self.collect_groups();
        self.measure(all);
    }

    fn collect_groups(&mut self) {
        for host in &mut self.hosts {
            host.groups.clear();
        }
        for group in 0..self.groups.len() {
            let mut both = self.ancestors(group);
            both.insert(group);
            for host in &self.groups[group].hosts {
                self.hosts[*host].groups.extend(&both);
            }
        }
    }

    /// Depths as the longest way from `all`; the graph has no loops.
    fn measure(&mut self, all: usize) {
        let mut next = vec![all];
        while let Some(group) = next.pop() {
            let depth = self.groups[group].depth + 1;
            let mut children = self.groups[group].children.clone();
            children.retain(|child| self.groups[*child].depth < depth);
            for child in children {
                self.groups[child].depth = depth;
                next.push(child);
            }
        }
    }

    /// A group's hosts: its own, then level by level those of the groups below it.
    pub fn members(&self, group: usize) -> Vec<usize> {
        let mut seen_groups = BTreeSet::from([group]);
        let mut ordered = vec![group];
        let mut at = 0;
        while at < ordered.len() {
            let children = &self.groups[ordered[at]].children;
            ordered.extend(children.iter().filter(|child| seen_groups.insert(**child)));
            at += 1;
        }
        let mut seen = BTreeSet::new();
        let hosts = ordered.iter().flat_map(|group| &self.groups[*group].hosts);
        hosts.copied().filter(|host| seen.insert(*host)).collect()
    }

    /// A host's groups in the order in which their variables are laid over each other, without `all`.
    pub fn layered_groups(&self, host: usize) -> Vec<usize> {
        let mut groups: Vec<usize> = self.hosts[host].groups.iter().copied().collect();
        groups.retain(|group| self.groups[*group].name != ALL);
        groups.sort_by_key(|group| {
            let group = &self.groups[*group];
            (group.depth, group.priority, &group.name)
        });
        groups
    }
}
