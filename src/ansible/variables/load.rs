//! Reads every file of a site once and lays out who sets what, in Ansible's order of precedence.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Load, extra,
    listing::Levels,
    magic, release,
    site::Site,
    table::{BUILT_IN, Table},
};
use crate::{
    ansible::{
        builtin::{self, Release},
        config::{self, Config},
        duplicates::Duplicates,
        facts::{self, FactCache},
        files::Files,
        inventory::{ALL, Inventory, rules::Rules, source},
        layers::{Layers, Layout},
        unsupported,
        world::{Entry, World},
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::Result,
};

/// Whether gathered facts become variables of their own.
const FACTS_ARE_VARIABLES: config::Name =
    ("ANSIBLE_INJECT_FACT_VARS", "defaults", "inject_facts_as_vars");

/// Reads the site, with the defaults of this release, or else of the one that it seems to name.
pub(super) fn site(load: &Load, world: Arc<dyn World>, release: Option<Release>) -> Result<Site> {
    let mut files =
        Files { keys: load.vault.clone(), ..Files::without_keys(world, &load.config_path) };
    let layers = Layers::find(&files, &load.config_path, load.environment.as_deref())?;
    let sources = sources(&files, &layers, &load.inventories)?;
    let config = Config::find(&files.world, layers.base())?;
    unsupported::check(&config)?;
    files.duplicates = Duplicates::of(&config)?;
    let mut inventory = Inventory::new();
    source::read_all(&mut inventory, &files, &Rules::of(&config)?, &sources)?;
    inventory.settle()?;
    inventory.add_implicit_localhost();
    let order = inventory.group(ALL).map(|all| inventory.members(all)).unwrap_or_default();
    let facts_are_variables = config.flag(FACTS_ARE_VARIABLES).unwrap_or(true);
    let cache = FactCache::of(&config, load.facts.as_deref());
    let facts = match &cache {
        Some(cache) if !load.without_facts && cache.is_there(&*files.world)? => Some(cache),
        _ => None,
    };
    let mut reader = Reader {
        files: &files,
        layers: &layers,
        inventory: &inventory,
        release: Release::newest(),
        facts,
        facts_are_variables,
        listed: RefCell::default(),
    };
    let folders = sources.iter().map(|path| reader.folder_of(path)).collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<Utf8PathBuf> = folders.into_iter().flatten().collect();
    folders.extend(load.playbook_dir.clone());
    let extra = reader.extra(&load.extra_vars)?;
    reader.release = release.or_else(|| release::written(&extra)).unwrap_or(reader.release);
    let release = reader.release;
    let chains = reader.chains(&folders)?;
    let magic = magic::common(&inventory, &order, &config);
    let mut site = Site::new(files, layers, inventory, order, folders).with(chains, extra, magic);
    site.config = Some(config);
    site.facts = cache;
    site.release = release;
    Ok(site)
}

/// What is written for a group, lowest first.
pub(super) fn group_levels(site: &Site, group: usize) -> Result<Levels> {
    let Site { files, layers, inventory, folders, release, .. } = site;
    let (release, listed) = (*release, RefCell::default());
    let reader = Reader {
        files,
        layers,
        inventory,
        release,
        facts: None,
        facts_are_variables: true,
        listed,
    };
    let in_inventory = reader.inventory_vars(group);
    let levels = if inventory.groups[group].name == ALL {
        vec![own()?, in_inventory, reader.everywhere(folders)?]
    } else {
        let given = folders.iter().map(|folder| reader.group_vars(folder, group));
        let given = given.collect::<Result<Vec<_>>>()?;
        [in_inventory, reader.built_in(group)?].into_iter().chain(given).collect()
    };
    Ok(levels.into_iter().map(Arc::new).collect())
}

/// Where inventories are: what `-i` says, else every layer's `inventory`.
fn sources(files: &Files, layers: &Layers, given: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let mut found = Vec::new();
    for dir in &layers.dirs {
        let inventory = dir.join("inventory");
        if files.list(&inventory)?.is_some() {
            found.push(inventory);
        }
    }
    Ok(found)
}

/// Paths that Kayobe's defaults would derive from Kayobe's layout.
pub(super) fn layout_paths(layers: &Layers) -> Vec<(String, Node)> {
    let node = |data| Node { origin: Origin::whole("layout of the site repository"), data };
    let text = |path: &Utf8Path| node(Data::Text(path.to_string()));
    let search = layers.dirs[1..].iter().map(|dir| text(dir)).collect();
    vec![
        ("kayobe_config_path".to_owned(), text(layers.base())),
        ("kayobe_env_config_path".to_owned(), text(layers.selected())),
        ("kayobe_env_search_paths".to_owned(), node(Data::List(search))),
    ]
}

struct Reader<'a> {
    files: &'a Files,
    layers: &'a Layers,
    inventory: &'a Inventory,
    release: Release,
    facts: Option<&'a FactCache>,
    facts_are_variables: bool,
    /// What folders hold that were looked into: every host and group looks into the same ones.
    listed: RefCell<HashMap<Utf8PathBuf, Rc<[Entry]>>>,
}

/// Group variables of one inventory, by group.
type ByGroup = HashMap<usize, Arc<Table>>;

impl Reader<'_> {
    /// The folder in which `group_vars` and `host_vars` lie; none for hosts on the command line.
    fn folder_of(&self, source: &Utf8Path) -> Result<Option<Utf8PathBuf>> {
        if self.files.list(source)?.is_some() {
            return Ok(Some(source.into()));
        }
        let is_file =
            !source.as_str().contains(',') || self.files.world.read(source.as_str())?.is_some();
        Ok(source.parent().filter(|_| is_file).map(Into::into))
    }

    /// For each host the levels that set its variables, lowest first.
    fn chains(&self, folders: &[Utf8PathBuf]) -> Result<Vec<Vec<Arc<Table>>>> {
        let used: Vec<usize> = (0..self.inventory.groups.len())
            .filter(|group| self.inventory.hosts.iter().any(|host| host.groups.contains(group)))
            .collect();
        let all = self.inventory.group(ALL);
        let (own, everywhere) = (Arc::new(own()?), Arc::new(self.everywhere(folders)?));
        let in_inventory: ByGroup =
            used.iter().map(|group| (*group, Arc::new(self.inventory_vars(*group)))).collect();
        let mut by_source = vec![by_group(&used, |group| self.built_in(group))?];
        for folder in folders {
            by_source.push(by_group(&used, |group| self.group_vars(folder, group))?);
        }
        let mut chains = Vec::new();
        for host in 0..self.inventory.hosts.len() {
            let groups = self.inventory.layered_groups(host);
            let mut chain = vec![Arc::clone(&own)];
            chain.extend(all.and_then(|all| in_inventory.get(&all)).cloned());
            chain.extend(groups.iter().filter_map(|group| in_inventory.get(group)).cloned());
            chain.push(Arc::clone(&everywhere));
            // As in Ansible: what a later inventory says about any group counts more than the depth of the group.
            for source in &by_source {
                chain.extend(groups.iter().filter_map(|group| source.get(group)).cloned());
            }
            chain.push(Arc::new(self.host_vars(folders, host)?));
            chain.push(Arc::new(self.facts(&self.inventory.hosts[host].name)?));
            chain.retain(|table| !table.is_empty());
            chains.push(chain);
        }
        Ok(chains)
    }

    /// `group_vars` of `all`: built in, then of each inventory.
    fn everywhere(&self, folders: &[Utf8PathBuf]) -> Result<Table> {
        let mut table = Table::default();
        table.extend(self.release.defaults(ALL)?, &BUILT_IN.into(), false);
        if self.layers.layout == Layout::Own {
            table.extend(layout_paths(self.layers), &BUILT_IN.into(), false);
        }
        for folder in folders {
            self.read_into(&mut table, folder, "group_vars", ALL)?;
        }
        Ok(table)
    }

    fn inventory_vars(&self, group: usize) -> Table {
        let group = &self.inventory.groups[group];
        let mut table = Table::default();
        let level = format!("inventory, group {}", group.name).into();
        table.extend(group.vars.iter().cloned(), &level, false);
        table
    }

    fn built_in(&self, group: usize) -> Result<Table> {
        let name = &self.inventory.groups[group].name;
        let mut table = Table::default();
        if name != ALL {
            let level = format!("{BUILT_IN} of {name}").into();
            table.extend(self.release.defaults(name)?, &level, false);
        }
        Ok(table)
    }

    fn group_vars(&self, folder: &Utf8Path, group: usize) -> Result<Table> {
        let name = &self.inventory.groups[group].name;
        let mut table = Table::default();
        if name != ALL {
            self.read_into(&mut table, folder, "group_vars", name)?;
        }
        Ok(table)
    }

    fn host_vars(&self, folders: &[Utf8PathBuf], host: usize) -> Result<Table> {
        let name = &self.inventory.hosts[host].name;
        let mut table = Table::default();
        let level = format!("inventory, host {name}").into();
        for (name, node) in &self.inventory.hosts[host].vars {
            let secret = self.inventory.hosts[host].from_vault.contains(name);
            table.extend([(name.clone(), node.clone())], &level, secret);
        }
        table.extend(magic::of_host(self.inventory, host), &"Ansible".into(), false);
        for folder in folders {
            self.read_into(&mut table, folder, "host_vars", name)?;
        }
        Ok(table)
    }

    /// What was gathered from a host earlier.
    fn facts(&self, host: &str) -> Result<Table> {
        let mut table = Table::default();
        let found = match self.facts {
            Some(cache) => cache.read(&*self.files.world, host)?,
            None => Vec::new(),
        };
        let Some((_, first)) = found.first() else {
            table.extend([magic::facts()], &"Ansible".into(), false);
            if !self.facts_are_variables {
                table.extend([magic::local_facts()], &"Ansible".into(), false);
            }
            return Ok(table);
        };
        let all = facts::together(&found, &first.origin.clone());
        table.extend([all], &facts::level(), false);
        let is_alone = |name: &str| self.facts_are_variables || name == "ansible_local";
        let alone = facts::alone(found).filter(|(name, _)| is_alone(name));
        table.extend(alone, &facts::level(), false);
        Ok(table)
    }

    /// Adds what the files for one name in `group_vars` or `host_vars` say.
    fn read_into(
        &self,
        table: &mut Table,
        folder: &Utf8Path,
        kind: &str,
        name: &str,
    ) -> Result<()> {
        // Ansible leaves out names that are absolute paths.
        if name.starts_with('/') {
            return Ok(());
        }
        let level = format!("{kind} of {name}").into();
        let folder = folder.join(kind);
        let entries = self.entries(&folder)?;
        for path in self.files.vars_files_among(&entries, &folder, name)? {
            self.read_file(table, &path, &level)?;
        }
        Ok(())
    }

    /// What a folder holds, sorted by name; nothing if there is none.
    fn entries(&self, folder: &Utf8Path) -> Result<Rc<[Entry]>> {
        if let Some(known) = self.listed.borrow().get(folder) {
            return Ok(Rc::clone(known));
        }
        let entries: Rc<[Entry]> = self.files.list(folder)?.unwrap_or_default().into();
        self.listed.borrow_mut().insert(folder.to_owned(), Rc::clone(&entries));
        Ok(entries)
    }

    fn read_file(&self, table: &mut Table, path: &Utf8Path, level: &Arc<str>) -> Result<()> {
        if let Some(found) = self.files.vars(path)? {
            table.extend(found.pairs, level, found.secret);
        }
        Ok(())
    }

    fn extra_file(&self, table: &mut Table, path: &Utf8Path, level: &Arc<str>) -> Result<()> {
        if let Some(found) = self.files.extra_vars(path)? {
            table.extend(found.pairs, level, found.secret);
        }
        Ok(())
    }

    /// The files at the top of each layer, then `-e`.
    fn extra(&self, options: &[String]) -> Result<Table> {
        let mut table = Table::default();
        let level = "extra-vars file".into();
        for dir in &self.layers.dirs {
            for path in self.files.extra_vars_files(dir)? {
                self.extra_file(&mut table, &path, &level)?;
            }
        }
        let level = "-e".into();
        for option in options {
            let found = extra::read(self.files, option)?;
            table.extend(found.pairs, &level, found.secret);
        }
        Ok(table)
    }
}

fn own() -> Result<Table> {
    let mut table = Table::default();
    table.extend(builtin::own()?, &BUILT_IN.into(), false);
    Ok(table)
}

fn by_group(used: &[usize], read: impl Fn(usize) -> Result<Table>) -> Result<ByGroup> {
    used.iter().map(|group| Ok((*group, Arc::new(read(*group)?)))).collect()
}
