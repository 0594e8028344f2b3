//! Inventories that are programs: `--list` prints groups and hosts as JSON, `--host` one host's variables.

use std::{collections::BTreeSet, sync::Arc};

use super::{Inventory, never_templates, source::Place};
use crate::{
    ansible::{
        json,
        world::World,
        yaml::{Data, Node, excerpt},
    },
    trouble::{Result, Trouble},
};

/// The only shape of output that there is.
const PROFILE: &str = "inventory_legacy";
/// What a group may say.
const SECTIONS: &[&str] = &["hosts", "vars", "children"];

/// Runs a program and adds what it prints.
pub(super) fn read(inventory: &mut Inventory, world: &dyn World, place: &Place) -> Result<()> {
    let mut reader = Reader {
        inventory,
        world,
        place,
        hosts: Vec::new(),
        known: BTreeSet::new(),
        printed: String::new(),
    };
    let Some(root) = reader.output(&["--list"])? else {
        return Err(reader.trouble("it prints nothing"));
    };
    let variables = reader.meta(&root)?;
    for (name, body) in reader.pairs(&root, "the output")? {
        if name.data.as_text() != Some("_meta") {
            reader.group(name, body)?;
        }
    }
    for host in std::mem::take(&mut reader.hosts) {
        reader.host(&host, variables)?;
    }
    Ok(())
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    world: &'a dyn World,
    place: &'a Place,
    /// In the order in which groups name them.
    hosts: Vec<String>,
    known: BTreeSet<String>,
    /// What the program has printed last.
    printed: String,
}

impl Reader<'_> {
    fn trouble(&self, cause: impl std::fmt::Display) -> Trouble {
        let file = &self.place.file;
        Trouble::refused(format!("running the inventory {file}"))
            .because(cause)
            .hint(format!("give `{file} --list` by itself, and mend the program or what it needs"))
    }

    fn refused(&self, node: &Node, cause: impl std::fmt::Display) -> Trouble {
        let lines = excerpt(&self.printed, &node.origin, "here");
        self.trouble(cause).at(&node.origin).excerpt(lines)
    }

    /// What the program prints; `None` if that is nothing.
    fn output(&mut self, args: &[&str]) -> Result<Option<Node>> {
        let line = args.join(" ");
        let ran = self.world.run(&self.place.path, args).map_err(|trouble| {
            trouble.causes.iter().fold(self.trouble(&trouble.what), Trouble::because)
        })?;
        let told = ran.stderr.trim();
        if ran.code != 0 {
            let trouble = self.trouble(match ran.code {
                code @ 0.. => format!("`{line}` ends with exit code {code}"),
                _ => format!("`{line}` is ended by a signal"),
            });
            return Err(if told.is_empty() { trouble } else { trouble.because(told) });
        }
        if !told.is_empty() {
            tracing::warn!("{} {line}: {told}", self.place.file);
        }
        if ran.stdout.trim().is_empty() {
            return Ok(None);
        }
        let file: Arc<str> = format!("{} {line}", self.place.file).into();
        self.printed = ran.stdout;
        let parsed = json::parse(&self.printed, &file).map_err(|fault| {
            let lines = excerpt(&self.printed, &fault.origin, "here");
            self.trouble(format!("what `{line}` prints is no JSON"))
                .because(fault.message)
                .at(&fault.origin)
                .excerpt(lines)
        });
        parsed.map(Some)
    }

    fn pairs<'n>(&self, node: &'n Node, what: &str) -> Result<&'n [(Node, Node)]> {
        match &node.data {
            Data::Map(pairs) => Ok(pairs),
            data => Err(self.refused(node, format!("{what} must be a map, not {}", data.kind()))),
        }
    }

    /// The variables of all hosts, if the program gives them together.
    fn meta<'n>(&self, root: &'n Node) -> Result<Option<&'n Node>> {
        self.pairs(root, "the output")?;
        let Some(meta) = root.get("_meta") else { return Ok(None) };
        self.pairs(meta, "`_meta`")?;
        if let Some(profile) = meta.get("profile")
            && profile.data.as_text() != Some(PROFILE)
        {
            return Err(self.refused(profile, format!("`_meta.profile` can only be `{PROFILE}`")));
        }
        let variables = meta.get("hostvars");
        let variables = variables.ok_or_else(|| self.refused(meta, "`_meta` lacks `hostvars`"))?;
        self.pairs(variables, "`_meta.hostvars`")?;
        Ok(Some(variables))
    }

    fn group(&mut self, name: &Node, body: &Node) -> Result<()> {
        let text = name.data.as_text().filter(|name| !name.is_empty());
        let text = text.ok_or_else(|| self.refused(name, "a group has no name"))?;
        let group = self.inventory.add_group(text);
        let Data::Map(pairs) = &body.data else {
            return self.members(group, body);
        };
        if !pairs
            .iter()
            .any(|(key, _)| SECTIONS.iter().any(|known| key.data.as_text() == Some(known)))
        {
            // A host with its variables instead of a group.
            self.member(group, name)?;
            return self.variables(group, body, true);
        }
        if let Some(hosts) = body.get("hosts") {
            self.members(group, hosts)?;
        }
        if let Some(variables) = body.get("vars") {
            self.variables(group, variables, false)?;
        }
        body.get("children").map_or(Ok(()), |children| self.children(group, children))
    }

    fn members(&mut self, group: usize, hosts: &Node) -> Result<()> {
        let Data::List(hosts) = &hosts.data else {
            let kind = hosts.data.kind();
            return Err(self.refused(hosts, format!("a group's hosts are a list, not {kind}")));
        };
        hosts.iter().try_for_each(|host| self.member(group, host))
    }

    fn member(&mut self, group: usize, host: &Node) -> Result<()> {
        let name = host.data.as_text().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| self.refused(host, "the name of a host must be text"))?;
        if self.known.insert(name.to_owned()) {
            self.hosts.push(name.to_owned());
        }
        self.place.add_host(self.inventory, name, group, None)
    }

    fn variables(&mut self, group: usize, variables: &Node, plain: bool) -> Result<()> {
        for (name, value) in self.pairs(variables, "`vars`")? {
            let name = name.data.as_text().unwrap_or_default();
            let value = if plain { never_templates(value) } else { value.clone() };
            self.inventory.set_group_variable(group, name, value)?;
        }
        Ok(())
    }

    fn children(&mut self, group: usize, children: &Node) -> Result<()> {
        let names: Vec<&Node> = match &children.data {
            Data::List(names) => names.iter().collect(),
            Data::Map(pairs) => pairs.iter().map(|(name, _)| name).collect(),
            data => {
                let kind = data.kind();
                return Err(
                    self.refused(children, format!("a group's children are a list, not {kind}"))
                );
            }
        };
        names.into_iter().try_for_each(|name| {
            let text = name.data.as_text().filter(|name| !name.is_empty());
            let text = text.ok_or_else(|| self.refused(name, "a group has no name"))?;
            let child = self.inventory.add_group(text);
            self.inventory.add_child(group, child).map_err(|cause| self.refused(name, cause))
        })
    }

    fn host(&mut self, host: &str, together: Option<&Node>) -> Result<()> {
        let asked;
        let variables = if let Some(all) = together {
            all.get(host)
        } else {
            asked = self.output(&["--host", host])?;
            asked.as_ref()
        };
        let Some(variables) = variables else { return Ok(()) };
        for (name, value) in self.pairs(variables, "a host's variables")? {
            let name = name.data.as_text().unwrap_or_default();
            self.inventory.set_variable(host, name, value.clone())?;
        }
        Ok(())
    }
}
