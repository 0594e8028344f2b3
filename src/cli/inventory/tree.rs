//! The shapes in which Ansible lists an inventory: groups side by side, inside one another, or as tables.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    ansible::{
        AsWritten, Listing,
        inventory::{ALL, UNGROUPED},
        yaml::{Data, Node},
    },
    trouble::Result,
};

/// How the texts are marked that are no templates, and those that are encrypted.
const UNSAFE: &str = "__ansible_unsafe";
const VAULT: &str = "__ansible_vault";

/// A list in the making.
pub(super) struct Tree<'a> {
    pub(super) listing: &'a Listing<'a>,
    /// The hosts that are listed, in inventory order.
    pub(super) hosts: Vec<usize>,
    pub(super) export: bool,
}

impl Tree<'_> {
    fn group_name(&self, group: usize) -> &str {
        &self.listing.inventory().groups[group].name
    }

    fn host_name(&self, host: usize) -> &str {
        &self.listing.inventory().hosts[host].name
    }

    /// The group's own hosts, among those that are listed.
    fn members(&self, group: usize) -> impl Iterator<Item = usize> {
        let group = &self.listing.inventory().groups[group];
        let hosts: &[usize] = if group.name == ALL { &[] } else { &group.hosts };
        hosts.iter().copied().filter(|host| self.hosts.contains(host))
    }

    fn host_variables(&self, host: usize) -> Value {
        let written =
            if self.export { self.listing.own_of_host(host) } else { self.listing.of_host(host) };
        object(&written, true)
    }

    /// The group's variables, if they are wanted.
    fn group_variables(&self, group: usize) -> Result<Value> {
        let written = if self.export { self.listing.of_group(group)? } else { AsWritten::new() };
        Ok(object(&written, true))
    }

    fn children(&self, group: usize) -> &[usize] {
        &self.listing.inventory().groups[group].children
    }

    fn root(&self) -> impl Iterator<Item = usize> {
        self.listing.inventory().group(ALL).into_iter()
    }

    /// Groups side by side, and every host's variables: what a program prints as an inventory.
    pub(super) fn flat(&self) -> Result<Value> {
        let mut all = Map::new();
        let mut seen = BTreeSet::new();
        self.root().try_for_each(|root| self.flat_group(root, &mut seen, &mut all))?;
        let variables = self
            .hosts
            .iter()
            .map(|host| (self.host_name(*host).to_owned(), self.host_variables(*host)));
        let variables: Map<_, _> =
            variables.filter(|(_, variables)| *variables != json!({})).collect();
        all.insert("_meta".into(), json!({ "hostvars": variables, "profile": "inventory_legacy" }));
        Ok(Value::Object(all))
    }

    fn flat_group(
        &self,
        group: usize,
        seen: &mut BTreeSet<usize>,
        all: &mut Map<String, Value>,
    ) -> Result<()> {
        if !seen.insert(group) {
            return Ok(());
        }
        let hosts: Vec<&str> = self.members(group).map(|host| self.host_name(host)).collect();
        let children = self.children(group);
        let names: Vec<&str> = children.iter().map(|child| self.group_name(*child)).collect();
        let body = filled([
            ("hosts", json!(hosts)),
            ("children", json!(names)),
            ("vars", self.group_variables(group)?),
        ]);
        all.extend(body.map(|body| (self.group_name(group).to_owned(), body)));
        children.iter().try_for_each(|child| self.flat_group(*child, seen, all))
    }

    /// Groups inside one another, as a YAML inventory has them. A host's variables stand where it is met first.
    pub(super) fn nested(&self) -> Result<Value> {
        let mut all = Map::new();
        let mut seen = (BTreeSet::new(), BTreeSet::new());
        self.root().try_for_each(|root| self.nested_group(root, &mut seen, &mut all))?;
        Ok(Value::Object(all))
    }

    fn nested_group(
        &self,
        group: usize,
        seen: &mut (BTreeSet<usize>, BTreeSet<usize>),
        into: &mut Map<String, Value>,
    ) -> Result<()> {
        let name = self.group_name(group).to_owned();
        if !seen.0.insert(group) {
            into.insert(name, json!({}));
            return Ok(());
        }
        let mut children = Map::new();
        let below = self.children(group);
        below.iter().try_for_each(|child| self.nested_group(*child, seen, &mut children))?;
        let hosts = self.hosts_with_variables(group, &mut seen.1);
        let variables = self.group_variables(group)?;
        let body = [("children", Value::Object(children)), ("hosts", hosts), ("vars", variables)];
        into.extend(filled(body).map(|body| (name, body)));
        Ok(())
    }

    fn hosts_with_variables(&self, group: usize, seen: &mut BTreeSet<usize>) -> Value {
        let hosts = self.members(group).map(|host| {
            let first = seen.insert(host);
            let variables = if first { self.host_variables(host) } else { json!({}) };
            (self.host_name(host).to_owned(), variables)
        });
        Value::Object(hosts.collect())
    }

    /// Groups side by side, as a TOML inventory has them.
    pub(super) fn tables(&self) -> Result<Value> {
        let mut all = Map::new();
        let mut seen = (BTreeSet::new(), BTreeSet::new());
        self.root().try_for_each(|root| self.table(root, &mut seen, &mut all))?;
        Ok(Value::Object(all))
    }

    fn table(
        &self,
        group: usize,
        seen: &mut (BTreeSet<usize>, BTreeSet<usize>),
        all: &mut Map<String, Value>,
    ) -> Result<()> {
        if !seen.0.insert(group) {
            return Ok(());
        }
        let nobody = |child: &usize| {
            let child = &self.listing.inventory().groups[*child];
            child.name == UNGROUPED && child.hosts.is_empty()
        };
        let below = self.children(group).iter().filter(|child| !nobody(child));
        let names: Vec<&str> = match self.group_name(group) {
            ALL => Vec::new(),
            _ => below.clone().map(|child| self.group_name(*child)).collect(),
        };
        let hosts = self.hosts_with_variables(group, &mut seen.1);
        let variables = self.group_variables(group)?;
        let body = [("children", json!(names)), ("hosts", hosts), ("vars", variables)];
        all.extend(filled(body).map(|body| (self.group_name(group).to_owned(), body)));
        below.into_iter().try_for_each(|child| self.table(*child, seen, all))
    }
}

/// A group without the sections that hold nothing; `None` if none holds anything.
fn filled<const N: usize>(sections: [(&str, Value); N]) -> Option<Value> {
    let empty = |value: &Value| {
        value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
    };
    let sections = sections.into_iter().filter(|(_, value)| !empty(value));
    let body: Map<_, _> = sections.map(|(name, value)| (name.to_owned(), value)).collect();
    (!body.is_empty()).then_some(Value::Object(body))
}

/// Variables as a map.
pub(super) fn object(written: &AsWritten, marks: bool) -> Value {
    let pairs = written.iter().map(|(name, node)| (name.clone(), value(node, marks)));
    Value::Object(pairs.collect())
}

/// A value as written; with `marks`, texts that are no templates are marked.
pub(super) fn value(node: &Node, marks: bool) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(number) => match (i64::try_from(*number), u64::try_from(*number)) {
            (Ok(number), _) => json!(number),
            (_, Ok(number)) => json!(number),
            _ => json!(number.to_string()),
        },
        Data::Float(number) => json!(number),
        Data::Moment(moment) => json!(moment.to_string()),
        Data::Unsafe(text) if marks => json!({ UNSAFE: text }),
        Data::Text(text) | Data::Unsafe(text) => json!(text),
        Data::Vault(text) => json!({ VAULT: text }),
        Data::List(items) => items.iter().map(|item| value(item, marks)).collect(),
        Data::Map(pairs) => {
            let key = |key: &Node| match value(key, false) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let pairs = pairs.iter().map(|(name, item)| (key(name), value(item, marks)));
            Value::Object(pairs.collect())
        }
    }
}

/// TOML can say neither nothing nor that a text is encrypted; `Err` names the first such place.
pub(super) fn check_toml(value: &Value, place: &str) -> std::result::Result<(), String> {
    let inside =
        |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match value {
        Value::Null => Err(format!("it has no word for the nothing in `{place}`")),
        Value::Object(pairs) if pairs.contains_key(VAULT) => {
            Err(format!("it cannot say that `{place}` is encrypted"))
        }
        Value::Object(pairs) => {
            pairs.iter().try_for_each(|(key, value)| check_toml(value, &inside(key)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| check_toml(item, &inside(&at.to_string()))),
        _ => Ok(()),
    }
}
