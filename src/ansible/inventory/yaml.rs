//! Inventories in YAML: groups with `hosts`, `vars` and `children`.

use super::{Inventory, address, source::Place};
use crate::{
    ansible::{
        files,
        yaml::{Data, Node},
    },
    trouble::{Result, Trouble},
};

/// Groups inside one another deeper than this are refused.
const DEPTH: usize = 50;

/// Adds what a YAML inventory says.
pub(super) fn read(inventory: &mut Inventory, root: &Node, place: &Place) -> Result<()> {
    let mut reader = Reader { inventory, place, depth: 0 };
    for (name, body) in pairs(root) {
        reader.group(name, body)?;
    }
    Ok(())
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    place: &'a Place,
    depth: usize,
}

fn pairs(node: &Node) -> &[(Node, Node)] {
    match &node.data {
        Data::Map(pairs) => pairs,
        _ => &[],
    }
}

impl Reader<'_> {
    fn refused(&self, node: &Node, cause: impl Into<String>) -> Trouble {
        Trouble::refused(format!("reading the inventory {}", self.place.file))
            .because(cause.into())
            .at(&node.origin)
    }

    fn name<'n>(&self, node: &'n Node, what: &str) -> Result<&'n str> {
        let name = node.data.as_text().filter(|name| !name.is_empty());
        name.ok_or_else(|| {
            self.refused(node, format!("the name of a {what} must be text: quote it"))
        })
    }

    fn group(&mut self, name: &Node, body: &Node) -> Result<Option<usize>> {
        if !matches!(body.data, Data::Map(_) | Data::Null) {
            tracing::warn!("{}: this is no group, so it is left out", name.origin);
            return Ok(None);
        }
        if self.depth >= DEPTH {
            return Err(self.refused(name, "groups are nested too deep here"));
        }
        self.depth += 1;
        let group = self.inventory.add_group(self.name(name, "group")?);
        self.inventory.group_at(group, &name.origin);
        for (key, section) in pairs(body) {
            self.section(group, key, section)?;
        }
        self.depth -= 1;
        Ok(Some(group))
    }

    fn section(&mut self, group: usize, key: &Node, section: &Node) -> Result<()> {
        let kind = key.data.as_text().unwrap_or_default();
        // A lone name is as good as a map with that name.
        let lone = match &section.data {
            Data::Text(_) => vec![(section.clone(), Node { data: Data::Null, ..section.clone() })],
            _ => Vec::new(),
        };
        let known = matches!(kind, "vars" | "children" | "hosts");
        if known && lone.is_empty() && !matches!(section.data, Data::Map(_) | Data::Null) {
            let found = section.data.kind();
            return Err(self
                .refused(section, format!("`{kind}` must be a map, not {found}"))
                .hint("write each name as a key, with a colon after it"));
        }
        if !known {
            tracing::warn!("{}: `{kind}` is none of hosts, vars and children", key.origin);
        }
        let entries = if lone.is_empty() { pairs(section) } else { &lone };
        match kind {
            "vars" => entries.iter().try_for_each(|(name, value)| {
                let Some(name) = files::variable_name(name) else { return Ok(()) };
                self.inventory.set_group_variable(group, name, value.clone())
            }),
            "children" => entries.iter().try_for_each(|(name, body)| self.child(group, name, body)),
            "hosts" => entries.iter().try_for_each(|(name, vars)| self.hosts(group, name, vars)),
            _ => Ok(()),
        }
    }

    fn child(&mut self, group: usize, name: &Node, body: &Node) -> Result<()> {
        let text = name.data.as_text().unwrap_or_default();
        // As in Ansible, what is no group's body leaves a name that must be known.
        let child = self.group(name, body)?.or_else(|| self.inventory.group(text));
        match child {
            Some(child) => {
                self.inventory.add_child(group, child).map_err(|cause| self.refused(name, cause))
            }
            None if self.inventory.written_host(text).is_some() => {
                self.inventory.add_host(text, group);
                Ok(())
            }
            None => Err(self.refused(name, "this is neither a group nor a host")),
        }
    }

    fn hosts(&mut self, group: usize, name: &Node, vars: &Node) -> Result<()> {
        if !matches!(vars.data, Data::Map(_)) && !vars.data.is_nothing() {
            let found = vars.data.kind();
            return Err(self.refused(vars, format!("a host's variables are a map, not {found}")));
        }
        let pattern = self.name(name, "host")?;
        let (hosts, port) = address::expand(pattern).map_err(|cause| self.refused(name, cause))?;
        for host in &hosts {
            self.place.add_host(self.inventory, host, group, port)?;
            let named = pairs(vars)
                .iter()
                .filter_map(|(name, value)| Some((files::variable_name(name)?, value)));
            for (variable, value) in named {
                self.inventory.set_variable(host, variable, value.clone())?;
            }
        }
        self.inventory.hosts_at(pattern, &hosts, &name.origin);
        Ok(())
    }
}
