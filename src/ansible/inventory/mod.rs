//! Hosts and groups as Ansible's inventory files describe them.

mod address;
mod constructed;
pub mod fnmatch;
mod graph;
mod ini;
pub(super) mod literal;
pub mod rules;
mod script;
pub mod source;
mod toml;
mod toml_version;
mod words;
mod yaml;

#[cfg(test)]
pub(in crate::ansible) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::yaml::{Data, Node};
use crate::{origin::Origin, trouble::Result};

/// Names of this machine.
const LOCALHOST: &[&str] = &["localhost", "127.0.0.1", "::1"];

/// The group that every host belongs to.
pub const ALL: &str = "all";
/// The group of hosts that are in no other group.
pub const UNGROUPED: &str = "ungrouped";

/// Whether Ansible takes a text as one host's name or address, ranges and a port included.
pub fn is_one_name(text: &str) -> bool {
    address::parse(text).is_some()
}

/// Hosts and groups, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Inventory {
    pub hosts: Vec<Host>,
    pub groups: Vec<Group>,
    /// Ranges that give no host, as `ctl[3:1]`, and where they are written.
    pub empty: Vec<(String, Origin)>,
    host_index: BTreeMap<String, usize>,
    /// The host that is this machine; known after [`Inventory::add_implicit_localhost`].
    this_machine: Option<usize>,
    group_index: BTreeMap<String, usize>,
}

/// A host and what inventory files say about it.
#[derive(Debug)]
pub struct Host {
    pub name: String,
    /// Where it is first named, as far as the kind of inventory tells.
    pub origin: Option<Origin>,
    /// As written, in order; a later one of the same name wins.
    pub vars: Vec<(String, Node)>,
    /// The variables that were made of text out of a vault.
    pub from_vault: BTreeSet<String>,
    /// Every group it is in, directly or through a group's parents; known after [`Inventory::settle`].
    pub groups: BTreeSet<usize>,
    /// Not in the inventory: this machine, which Ansible always knows.
    pub implicit: bool,
}

/// A group and what inventory files say about it.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    /// Where it is first declared, as far as the kind of inventory tells.
    pub origin: Option<Origin>,
    /// As written, in order; a later one of the same name wins.
    pub vars: Vec<(String, Node)>,
    pub hosts: Vec<usize>,
    pub children: Vec<usize>,
    pub parents: Vec<usize>,
    /// `ansible_group_priority`: of groups equally deep, the one with the highest has the last word.
    pub priority: i64,
    /// The longest way from `all`; known after [`Inventory::settle`].
    pub depth: usize,
}

impl Inventory {
    /// An inventory with the two groups that always exist.
    pub fn new() -> Self {
        let mut inventory = Self::default();
        let all = inventory.add_group(ALL);
        let ungrouped = inventory.add_group(UNGROUPED);
        inventory.groups[all].children.push(ungrouped);
        inventory.groups[ungrouped].parents.push(all);
        inventory
    }

    /// The host of this name. This machine answers to each of its names that no other host has.
    pub fn host(&self, name: &str) -> Option<usize> {
        self.written_host(name).or_else(|| self.this_machine(name))
    }

    /// The host that is written with this name.
    pub(super) fn written_host(&self, name: &str) -> Option<usize> {
        self.host_index.get(name).copied()
    }

    /// This machine, if that is a name of it.
    pub(super) fn this_machine(&self, name: &str) -> Option<usize> {
        self.this_machine.filter(|_| LOCALHOST.contains(&name))
    }

    pub fn group(&self, name: &str) -> Option<usize> {
        self.group_index.get(name).copied()
    }

    /// The group of this name, made if there is none.
    pub fn add_group(&mut self, name: &str) -> usize {
        if let Some(known) = self.group(name) {
            return known;
        }
        self.groups.push(Group {
            name: name.to_owned(),
            origin: None,
            vars: Vec::new(),
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
            priority: 1,
            depth: 0,
        });
        self.group_index.insert(name.to_owned(), self.groups.len() - 1);
        self.groups.len() - 1
    }

    /// The host of this name, made if there is none, as a member of the group. Tells whether it is new.
    fn add_host(&mut self, name: &str, group: usize) -> (usize, bool) {
        let known = self.written_host(name);
        let host = known.unwrap_or_else(|| {
            self.hosts.push(Host {
                name: name.to_owned(),
                origin: None,
                vars: Vec::new(),
                from_vault: BTreeSet::new(),
                groups: BTreeSet::new(),
                implicit: false,
            });
            self.host_index.insert(name.to_owned(), self.hosts.len() - 1);
            self.hosts.len() - 1
        });
        let members = &mut self.groups[group].hosts;
        // A new one is nowhere yet, and looking for it takes long among many.
        if known.is_none() || !members.contains(&host) {
            members.push(host);
        }
        (host, known.is_none())
    }

    /// Notes where a group is declared; the first place counts.
    pub(super) fn group_at(&mut self, group: usize, origin: &Origin) {
        self.groups[group].origin.get_or_insert_with(|| origin.clone());
    }

    /// Notes where the hosts of a name, which may have ranges, are named first.
    pub(super) fn hosts_at(&mut self, name: &str, hosts: &[String], origin: &Origin) {
        if hosts.is_empty() {
            self.empty.push((name.to_owned(), origin.clone()));
        }
        for host in hosts {
            if let Some(host) = self.written_host(host) {
                self.hosts[host].origin.get_or_insert_with(|| origin.clone());
            }
        }
    }

    /// Finds this machine, the first host with one of its names. If no inventory has it, it is added: it has the
    /// variables of `all` and is in no group.
    pub fn add_implicit_localhost(&mut self) {
        self.this_machine =
            self.hosts.iter().position(|host| LOCALHOST.contains(&host.name.as_str()));
        if self.this_machine.is_some() {
            return;
        }
        let node = |text: &str| Node {
            origin: Origin::whole("implicit localhost"),
            data: Data::Text(text.to_owned()),
        };
        self.hosts.push(Host {
            name: LOCALHOST[0].to_owned(),
            origin: None,
            vars: vec![("ansible_connection".to_owned(), node("local"))],
            from_vault: BTreeSet::new(),
            groups: BTreeSet::new(),
            implicit: true,
        });
        self.this_machine = Some(self.hosts.len() - 1);
    }

    /// Sets a variable of what has this name. As in Ansible, a group hides a host of the same name.
    fn set_variable(&mut self, entity: &str, name: &str, value: Node) -> Result<()> {
        if let Some(group) = self.group(entity) {
            return self.set_group_variable(group, name, value);
        }
        if let Some(host) = self.written_host(entity) {
            self.hosts[host].vars.push((name.to_owned(), value));
        }
        Ok(())
    }

    fn set_group_variable(&mut self, group: usize, name: &str, value: Node) -> Result<()> {
        if name == "ansible_group_priority" {
            if let Some(priority) = graph::priority(&value)? {
                self.groups[group].priority = priority;
            } else {
                let origin = &value.origin;
                tracing::warn!(
                    "{origin}: `ansible_group_priority` is no integer, so it does not count"
                );
            }
        } else {
            self.groups[group].vars.push((name.to_owned(), value));
        }
        Ok(())
    }
}

/// A value whose texts are no templates, whatever they hold.
fn never_templates(node: &Node) -> Node {
    let data = match &node.data {
        Data::Text(text) => Data::Unsafe(text.clone()),
        Data::List(items) => Data::List(items.iter().map(never_templates).collect()),
        Data::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.clone(), never_templates(value)));
            Data::Map(pairs.collect())
        }
        other => other.clone(),
    };
    Node { origin: node.origin.clone(), data }
}
