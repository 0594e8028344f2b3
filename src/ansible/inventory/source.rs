//! Where inventories are read from: files, directories, programs, and lists of hosts on the command line.

use std::sync::Arc;

use camino::Utf8Path;

use super::{
    Inventory, UNGROUPED, address, constructed, ini,
    rules::{Plugin, Rules},
    script, toml, yaml,
};
use crate::{
    ansible::{
        files::{Files, Text},
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::{Result, Trouble},
};

/// Endings of files that may hold YAML.
const YAML_ENDINGS: &[&str] = &["yml", "yaml", "json"];

/// What is being read.
pub(super) struct Place {
    /// As messages name it.
    pub(super) file: Arc<str>,
    /// With its directory; of hosts on the command line the hosts.
    pub(super) path: String,
    /// Its text came out of a vault.
    pub(super) secret: bool,
    is_file: bool,
}

/// More hosts than any site has.
const MOST_HOSTS: usize = 100_000;

impl Place {
    /// Adds a host as member of a group; one that is new remembers where it was first met.
    pub(super) fn add_host(
        &self,
        inventory: &mut Inventory,
        name: &str,
        group: usize,
        port: Option<i128>,
    ) -> Result<()> {
        if name.is_empty() {
            return Err(Trouble::refused(format!("reading the inventory {}", self.file))
                .because("a host without a name is written in it"));
        }
        let (host, new) = inventory.add_host(name, group);
        if inventory.hosts.len() > MOST_HOSTS {
            return Err(Trouble::refused(format!("reading the inventory {}", self.file))
                .because(format!("there are more than {MOST_HOSTS} hosts")));
        }
        if !new {
            return Ok(());
        }
        let node = |data| Node { origin: Origin::whole(&self.file), data };
        // Ansible takes 0 for none.
        if let Some(port) = port.filter(|port| *port != 0) {
            let port = node(Data::Int(port));
            inventory.hosts[host].vars.push(("ansible_port".to_owned(), port));
        }
        let dir = Utf8Path::new(&self.path).parent().unwrap_or(Utf8Path::new("")).to_string();
        let dir = if self.is_file { Data::Text(dir) } else { Data::Null };
        inventory.set_variable(name, "inventory_file", node(Data::Text(self.path.clone())))?;
        inventory.set_variable(name, "inventory_dir", node(dir))
    }
}

/// Reads all sources, the later ones over the earlier ones.
pub fn read_all<P: AsRef<Utf8Path>>(
    inventory: &mut Inventory,
    files: &Files,
    rules: &Rules,
    sources: &[P],
) -> Result<()> {
    let mut reader = Reader { inventory, files, rules, read: Vec::new() };
    let mut any = false;
    for source in sources {
        any |= reader.source(source.as_ref())?;
    }
    if any || !rules.unparsed_is_failed {
        return Ok(());
    }
    Err(Trouble::refused("reading the inventories")
        .because("there is none, and `unparsed_is_failed` is set in `ansible.cfg`"))
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    files: &'a Files,
    rules: &'a Rules,
    /// The sources that were read before.
    read: Vec<String>,
}

impl Reader<'_> {
    /// Reads a file, every inventory in a directory, or hosts with commas between them. Tells whether there was one.
    fn source(&mut self, source: &Utf8Path) -> Result<bool> {
        let Some(entries) = self.files.list(source)? else { return self.single(source) };
        let mut any = false;
        for entry in entries.iter().filter(|entry| !self.rules.ignore(&entry.name)) {
            any |= self.source(&source.join(&entry.name))?;
        }
        if !any && self.rules.any_unparsed_is_failed == Some(true) {
            return Err(Trouble::refused(format!("reading the inventory {source}")).because(
                "the directory holds none, and `any_unparsed_is_failed` is set in `ansible.cfg`",
            ));
        }
        Ok(any)
    }

    /// Lets each plug-in try that wants the source, until one can read it.
    fn single(&mut self, source: &Utf8Path) -> Result<bool> {
        let exists = self.files.read(source)?.is_some();
        if !exists && !source.as_str().contains(',') {
            return Err(Trouble::refused(format!("reading the inventory {source}"))
                .because("there is no such file or directory")
                .hint("check the path; hosts that are named themselves need a comma: `-i host,`"));
        }
        let mut failures = Vec::new();
        for plugin in &self.rules.plugins {
            let done = match plugin {
                Plugin::HostList | Plugin::AdvancedHostList if exists => continue,
                Plugin::HostList => self.list(source, false),
                Plugin::AdvancedHostList => self.list(source, true),
                _ if !exists => continue,
                Plugin::Script if !self.files.world.is_program(source.as_str()) => continue,
                Plugin::Script => self.script(source),
                // What is meant for a plug-in is meant for nothing else.
                plugin @ (Plugin::Auto | Plugin::Constructed) => {
                    match self.constructed(*plugin, source)? {
                        Some((root, place)) => self.construct(&root, &place),
                        None => continue,
                    }
                }
                plugin if !wants(*plugin, source) => continue,
                plugin => self.text(*plugin, source),
            };
            match done {
                Ok(()) => {
                    self.read.push(source.to_string());
                    return Ok(true);
                }
                Err(trouble) => failures.push((*plugin, trouble)),
            }
            // Ansible would go on to read what was meant for this plug-in as if it were a list of hosts.
            if matches!(plugin, Plugin::Script | Plugin::Auto | Plugin::Constructed) {
                break;
            }
        }
        self.unparsed(source, failures)
    }

    /// What comes of a source that no plug-in could read.
    fn unparsed(&self, source: &Utf8Path, failures: Vec<(Plugin, Trouble)>) -> Result<bool> {
        let telling = |(plugin, _): &(Plugin, Trouble)| *plugin == natural(source);
        let most = failures.into_iter().max_by_key(telling);
        let nobody = || {
            Trouble::refused(format!("reading the inventory {source}"))
                .because("no plug-in that `enable_plugins` names reads it")
        };
        let trouble = most.map_or_else(nobody, |(_, trouble)| trouble);
        // Ansible only warns unless it is told otherwise; what a mistyped inventory means is not worth a guess.
        if self.rules.any_unparsed_is_failed == Some(false) {
            tracing::warn!("{source} is left out: {trouble}");
            return Ok(false);
        }
        Err(trouble)
    }

    fn place(&self, source: &Utf8Path, secret: bool) -> Place {
        Place { file: self.files.shown(source), path: source.to_string(), secret, is_file: true }
    }

    /// Hosts with commas between them.
    fn list(&mut self, source: &Utf8Path, ranges: bool) -> Result<()> {
        let path = source.to_string();
        let place = Place { file: "-i".into(), path, secret: false, is_file: false };
        let ungrouped = self.inventory.add_group(UNGROUPED);
        for text in source.as_str().split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let alone = || (vec![text.to_owned()], None);
            let (hosts, port) = if ranges {
                address::expand(text).unwrap_or_else(|_| alone())
            } else {
                address::single(text).map_or_else(alone, |(name, port)| (vec![name.into()], port))
            };
            let known = |host: &String| self.inventory.host(host).is_some();
            let new: Vec<String> = hosts.into_iter().filter(|host| !known(host)).collect();
            new.iter()
                .try_for_each(|host| place.add_host(self.inventory, host, ungrouped, port))?;
        }
        Ok(())
    }

    fn script(&mut self, source: &Utf8Path) -> Result<()> {
        let place = self.place(source, false);
        script::read(self.inventory, &*self.files.world, &place)
    }

    fn text(&mut self, plugin: Plugin, source: &Utf8Path) -> Result<()> {
        let text = self.files.text(source)?;
        let text = text.ok_or_else(|| {
            Trouble::refused(format!("reading the inventory {source}")).because("it is gone")
        })?;
        let place = self.place(source, text.secret);
        match plugin {
            Plugin::Yaml => self.yaml(&text, &place),
            Plugin::Toml => toml::read(self.inventory, &text.content, &place),
            _ => ini::read(self.inventory, &text.content, &place).map_err(|trouble| {
                if text.content.starts_with("#!") {
                    trouble.hint("if it is a program that prints an inventory, make it executable")
                } else {
                    trouble
                }
            }),
        }
    }

    fn yaml(&mut self, text: &Text, place: &Place) -> Result<()> {
        let root = self.files.parse(text)?;
        let refused = |cause: String| {
            Trouble::refused(format!("reading the inventory {}", text.file))
                .because(cause)
                .at(&root.origin)
        };
        if let Some((name, _)) = plugin_of(&root) {
            return Err(refused(format!("it is for the inventory plug-in `{name}`"))
                .hint("let `enable_plugins` name `auto`, or take it away from the inventories"));
        }
        match &root.data {
            Data::Map(pairs) if !pairs.is_empty() => yaml::read(self.inventory, &root, place),
            // Ansible leaves such a file out with a warning unless it is told to fail.
            Data::Null if self.rules.any_unparsed_is_failed != Some(true) => Ok(()),
            data => Err(refused(format!("it holds {}, not a map of groups", data.kind()))
                .hint("write groups as keys, and below them `hosts:` with each host as a key")),
        }
    }

    fn construct(&mut self, root: &Node, place: &Place) -> Result<()> {
        let Rules { any_condition, .. } = *self.rules;
        let around = constructed::Around { files: self.files, sources: &self.read, any_condition };
        constructed::read(self.inventory, root, place, &around)
    }

    /// The options of a constructed inventory, if the file holds them; what is for another plug-in is refused.
    fn constructed(&self, plugin: Plugin, source: &Utf8Path) -> Result<Option<(Node, Place)>> {
        let endings: &[&str] = if plugin == Plugin::Auto {
            &["yml", "yaml"]
        } else {
            &["yml", "yaml", "json", "config"]
        };
        let fits = source
            .extension()
            .map_or(plugin == Plugin::Constructed, |ending| endings.contains(&ending));
        if !fits {
            return Ok(None);
        }
        let Some(text) = self.files.text(source)? else { return Ok(None) };
        let Ok(root) = self.files.parse(&text) else { return Ok(None) };
        match plugin_of(&root) {
            None => Ok(None),
            Some((name, _)) if constructed::is_constructed(name) => {
                let place = self.place(source, text.secret);
                Ok(Some((root, place)))
            }
            Some((name, origin)) => Err(Trouble::refused(format!("reading the inventory {}", text.file))
                .because(format!("it is for the inventory plug-in `{name}`, which only Ansible can run"))
                .at(origin)
                .hint("save what `ansible-inventory --list --export` makes of it as an inventory, or let a program print it")),
        }
    }
}

/// The inventory plug-in that a file is for, if it is for one.
fn plugin_of(root: &Node) -> Option<(&str, &Origin)> {
    let plugin = root.get("plugin").filter(|plugin| !plugin.data.is_nothing())?;
    // What is no text names none, but is no group either.
    Some((plugin.data.as_text().unwrap_or(plugin.data.kind()), &plugin.origin))
}

/// Whether a plug-in tries files with this ending.
fn wants(plugin: Plugin, source: &Utf8Path) -> bool {
    match plugin {
        Plugin::Yaml => source.extension().is_none_or(|ending| YAML_ENDINGS.contains(&ending)),
        Plugin::Toml => source.extension() == Some("toml"),
        // Much of TOML could be taken for INI.
        Plugin::Ini => source.extension() != Some("toml"),
        _ => true,
    }
}

/// The plug-in for which a file with this ending is made.
fn natural(source: &Utf8Path) -> Plugin {
    match source.extension() {
        Some("toml") => Plugin::Toml,
        Some(ending) if YAML_ENDINGS.contains(&ending) => Plugin::Yaml,
        _ => Plugin::Ini,
    }
}
