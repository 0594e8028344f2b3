//! Inventories in TOML: tables of groups with `hosts`, `vars` and `children`.

use std::sync::Arc;

use ::toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Inventory, address, source::Place, toml_version::newer};
use crate::{
    ansible::yaml::{self, Data, Node, excerpt},
    origin::Origin,
    trouble::{Result, Trouble},
};

/// What is read of a document takes many times its length.
const MOST: usize = 2 << 20;

/// Adds what a TOML inventory says.
pub(super) fn read(inventory: &mut Inventory, text: &str, place: &Place) -> Result<()> {
    let places = Places { text, file: &place.file };
    let refused = |cause: &str| {
        Trouble::refused(format!("reading the inventory {}", place.file)).because(cause)
    };
    if text.len() > MOST {
        return Err(refused("it has more than 2 MiB").hint("split it, or write it as YAML"));
    }
    if text.starts_with('\u{feff}') {
        let trouble = refused("it begins with a byte-order mark, which Ansible takes for a key");
        return Err(trouble.hint("save it as UTF-8 without a byte-order mark"));
    }
    let root = DeTable::parse(text).map_err(|error| {
        let origin = places.origin(error.span().unwrap_or_default().start);
        let trouble = refused(error.message()).at(&origin);
        if place.secret { trouble } else { trouble.excerpt(excerpt(text, &origin, "here")) }
    })?;
    if let Some((at, what)) = newer(text) {
        let trouble = refused(&format!("{what} came with TOML 1.1, which Ansible does not read"));
        return Err(trouble.at(&places.origin(at)));
    }
    let root = places.table(root.get_ref());
    if root.is_empty() {
        return Err(refused("it is empty"));
    }
    let is_plugin = |(name, value): &&(Node, Node)| {
        name.data.as_text() == Some("plugin") && !value.data.is_nothing()
    };
    if let Some((plugin, _)) = root.iter().find(is_plugin) {
        return Err(refused("it configures an inventory plugin").at(&plugin.origin));
    }
    let mut reader = Reader { inventory, place };
    root.iter().try_for_each(|(name, body)| reader.group(name, body))
}

/// Turns TOML into the values that all inventories are made of.
struct Places<'a> {
    text: &'a str,
    file: &'a Arc<str>,
}

impl Places<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |text: &str, of: fn(&char) -> bool| {
            u32::try_from(text.chars().filter(of).count()).unwrap_or(0) + 1
        };
        let line = count(before, |c| *c == '\n');
        Origin::at(self.file, line, count(&before[line_start..], |_| true))
    }

    fn table(&self, table: &DeTable<'_>) -> Vec<(Node, Node)> {
        let mut pairs: Vec<_> = table.iter().collect();
        // The order written, which the table does not keep.
        pairs.sort_by_key(|(key, _)| key.span().start);
        let key = |key: &Spanned<std::borrow::Cow<'_, str>>| Node {
            origin: self.origin(key.span().start),
            data: Data::Text(key.get_ref().to_string()),
        };
        pairs.into_iter().map(|(name, value)| (key(name), self.node(value))).collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let data = match value.get_ref() {
            DeValue::String(text) => Data::Text(text.to_string()),
            DeValue::Boolean(value) => Data::Bool(*value),
            DeValue::Integer(number) => {
                i128::from_str_radix(number.as_str(), number.radix()).map_or(Data::Null, Data::Int)
            }
            DeValue::Float(number) => number.as_str().parse().map_or(Data::Null, Data::Float),
            DeValue::Datetime(time) => {
                let text = time.to_string();
                yaml::moment(&text).map_or(Data::Text(text), Data::Moment)
            }
            DeValue::Array(items) => Data::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Data::Map(self.table(table)),
        };
        Node { origin: self.origin(value.span().start), data }
    }
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    place: &'a Place,
}

impl Reader<'_> {
    fn refused(&self, node: &Node, cause: impl std::fmt::Display) -> Trouble {
        Trouble::refused(format!("reading the inventory {}", self.place.file))
            .because(cause)
            .at(&node.origin)
    }

    fn pairs<'n>(&self, node: &'n Node, what: &str) -> Result<&'n [(Node, Node)]> {
        match &node.data {
            Data::Map(pairs) => Ok(pairs),
            data => Err(self.refused(node, format!("{what} must be a table, not {}", data.kind()))),
        }
    }

    fn group(&mut self, name: &Node, body: &Node) -> Result<()> {
        let Data::Map(sections) = &body.data else {
            tracing::warn!("{}: this is no group, so it is left out", name.origin);
            return Ok(());
        };
        let group = self.inventory.add_group(name.data.as_text().unwrap_or_default());
        sections.iter().try_for_each(|(kind, section)| match kind.data.as_text() {
            Some("vars") => self.pairs(section, "`vars`")?.iter().try_for_each(|(name, value)| {
                let name = name.data.as_text().unwrap_or_default();
                self.inventory.set_group_variable(group, name, value.clone())
            }),
            Some("children") => self.children(group, section),
            Some("hosts") => self
                .pairs(section, "`hosts`")?
                .iter()
                .try_for_each(|(name, variables)| self.hosts(group, name, variables)),
            _ => {
                tracing::warn!("{}: this is none of hosts, vars and children", kind.origin);
                Ok(())
            }
        })
    }

    fn children(&mut self, group: usize, children: &Node) -> Result<()> {
        let Data::List(names) = &children.data else {
            let kind = children.data.kind();
            return Err(self.refused(children, format!("`children` must be a list, not {kind}")));
        };
        names.iter().try_for_each(|name| {
            let text = name.data.as_text().filter(|name| !name.is_empty());
            let text =
                text.ok_or_else(|| self.refused(name, "the name of a group must be text"))?;
            let child = self.inventory.add_group(text);
            self.inventory.add_child(group, child).map_err(|cause| self.refused(name, cause))
        })
    }

    fn hosts(&mut self, group: usize, name: &Node, variables: &Node) -> Result<()> {
        let pattern = name.data.as_text().unwrap_or_default();
        let (hosts, port) = address::expand(pattern).map_err(|cause| self.refused(name, cause))?;
        for host in hosts {
            self.place.add_host(self.inventory, &host, group, port)?;
            for (variable, value) in self.pairs(variables, "a host's variables")? {
                let variable = variable.data.as_text().unwrap_or_default();
                self.inventory.set_variable(&host, variable, value.clone())?;
            }
        }
        Ok(())
    }
}
