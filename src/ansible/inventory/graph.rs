//! Who belongs to what: parents and children, depths, and the order in which hosts come.

use std::collections::BTreeSet;

use super::{ALL, Inventory, UNGROUPED};
use crate::{
    ansible::yaml::{Data, Node},
    trouble::{Result, Trouble},
};

/// Ansible puts every group below `all` and lonely hosts into `ungrouped`; these groups cannot be.
fn unsettled(cause: &str) -> Trouble {
    Trouble::refused("reading the inventories")
        .because(cause)
        .hint("every group is inside `all`, and a host in no group is in `ungrouped`: take these out of other groups, and give no group the name of a lonely host")
}

/// The number that `ansible_group_priority` holds; `None` if Python makes no integer of it.
pub(super) fn priority(value: &Node) -> Result<Option<i64>> {
    Ok(match &value.data {
        Data::Int(number) => Some(clamped(*number)),
        Data::Bool(value) => Some((*value).into()),
        Data::Float(number) if number.is_infinite() => {
            return Err(Trouble::refused("reading the inventory")
                .because("`ansible_group_priority` is infinite")
                .at(&value.origin)
                .hint("write it as an integer"));
        }
        // Ansible drops what is behind the point.
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as far as can matter")]
        Data::Float(number) => (!number.is_nan()).then_some(*number as i64),
        Data::Text(text) | Data::Unsafe(text) => python_integer(text),
        Data::Null | Data::Moment(_) | Data::List(_) | Data::Map(_) => None,
        Data::Vault(_) => {
            return Err(Trouble::refused("reading the inventory")
                .because("`ansible_group_priority` is encrypted")
                .at(&value.origin)
                .hint("write it as a plain integer"));
        }
    })
}

/// The largest or smallest priority stands for all beyond.
fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

/// The integer that Python reads in a text: `_` may stand between two digits.
pub(super) fn python_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.split_at_checked(1) {
        Some(("-", rest)) => (true, rest),
        Some(("+", rest)) => (false, rest),
        _ => (false, text),
    };
    let groups = digits.split('_');
    if !groups
        .into_iter()
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let number = digits.replace('_', "").parse().unwrap_or(i128::MAX);
    Some(clamped(if negative { -number } else { number }))
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
    pub fn settle(&mut self) -> Result<()> {
        let (all, ungrouped) = (self.add_group(ALL), self.add_group(UNGROUPED));
        for group in 0..self.groups.len() {
            if group != all && self.groups[group].parents.is_empty() {
                self.add_child(all, group).map_err(|cause| unsettled(&cause))?;
            }
        }
        self.collect_groups();
        for host in 0..self.hosts.len() {
            let groups = &self.hosts[host].groups;
            let elsewhere = groups.iter().any(|group| ![all, ungrouped].contains(group));
            match (groups.contains(&ungrouped), elsewhere) {
                (true, true) => self.take_from_ungrouped(host, ungrouped),
                (false, false) => self.add_to_ungrouped(host, ungrouped)?,
                (true, false) | (false, true) => {}
            }
        }
        self.measure(all);
        Ok(())
    }

    /// A host that is in another group leaves `ungrouped`, and what is above that group and above no other of its own.
    fn take_from_ungrouped(&mut self, host: usize, ungrouped: usize) {
        let members = &mut self.groups[ungrouped].hosts;
        let before = members.len();
        members.retain(|member| *member != host);
        if members.len() < before {
            self.leave(host, ungrouped);
        }
    }

    fn leave(&mut self, host: usize, group: usize) {
        if !self.hosts[host].groups.remove(&group) {
            return;
        }
        for above in self.ancestors(group) {
            let mut own = self.hosts[host].groups.iter();
            let needed = own.any(|group| self.ancestors(*group).contains(&above));
            if self.groups[above].name != ALL && !needed {
                self.leave(host, above);
            }
        }
    }

    /// As in Ansible, a group hides a host of the same name: then it is the group that `ungrouped` gets.
    fn add_to_ungrouped(&mut self, host: usize, ungrouped: usize) -> Result<()> {
        if let Some(namesake) = self.group(&self.hosts[host].name) {
            self.add_child(ungrouped, namesake).map_err(|cause| unsettled(&cause))?;
            let mut above = self.ancestors(ungrouped);
            above.insert(ungrouped);
            for member in self.members(namesake) {
                self.hosts[member].groups.extend(&above);
            }
            return Ok(());
        }
        self.groups[ungrouped].hosts.push(host);
        let above = self.ancestors(ungrouped);
        self.hosts[host].groups.extend(above);
        self.hosts[host].groups.insert(ungrouped);
        Ok(())
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

    /// A host's groups while inventories are still read, in the order in which their variables are laid over each
    /// other, and all their names sorted. Nothing is below `all` yet but what is written so.
    pub(super) fn groups_so_far(&self, host: usize) -> (Vec<usize>, Vec<&str>) {
        let mut found = BTreeSet::new();
        for (group, known) in self.groups.iter().enumerate() {
            if known.hosts.contains(&host) {
                found.insert(group);
                found.extend(self.ancestors(group));
            }
        }
        let mut ordered: Vec<usize> = found.into_iter().collect();
        ordered.sort_by_key(|group| {
            let known = &self.groups[*group];
            (self.depth_so_far(*group), known.priority, &known.name)
        });
        let mut names: Vec<&str> =
            ordered.iter().map(|group| self.groups[*group].name.as_str()).collect();
        names.sort_unstable();
        (ordered, names)
    }

    /// The longest way from a group that is in no other.
    fn depth_so_far(&self, group: usize) -> usize {
        let parents = self.groups[group].parents.iter();
        parents.map(|parent| self.depth_so_far(*parent) + 1).max().unwrap_or(0)
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
