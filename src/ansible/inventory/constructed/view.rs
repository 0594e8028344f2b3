//! A host's variables while inventories are still being read.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{super::Inventory, Around};
use crate::{
    ansible::{
        files::{Files, VarsFile},
        template::Scope,
        variables::{magic_of_host, open_texts},
        vault::Keys,
        world::World,
        yaml::Node,
    },
    trouble::Result,
};

/// The variables of one kind of file for one name: those of a host or group.
type Found = Arc<Vec<VarsFile>>;

/// What is read of files once for all hosts.
pub(super) struct Known<'a> {
    files: &'a Files,
    /// Where `group_vars` and `host_vars` lie, if they count.
    folders: Vec<Utf8PathBuf>,
    read: Mutex<BTreeMap<(&'static str, String), Found>>,
}

impl<'a> Known<'a> {
    pub(super) fn new(around: &Around<'a>, use_vars_plugins: bool) -> Self {
        let mut folders: Vec<Utf8PathBuf> = Vec::new();
        for source in around.sources.iter().filter(|_| use_vars_plugins) {
            let Some(folder) = Utf8Path::new(source).parent() else { continue };
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.into());
            }
        }
        Self { files: around.files, folders, read: Mutex::default() }
    }

    /// As Ansible lays the variables over each other before the inventories are complete: those of groups, then of
    /// the host, each in the inventory and then in files.
    pub(super) fn view(&self, inventory: &Inventory, host: usize) -> Result<View> {
        let mut view = View {
            host: inventory.hosts[host].name.clone(),
            variables: BTreeMap::new(),
            keys: self.files.keys.clone(),
            world: Arc::clone(&self.files.world),
            read_secret: AtomicBool::new(false),
        };
        let (groups, mut settled) = inventory.groups_so_far(host);
        for group in &groups {
            view.add(&inventory.groups[*group].vars, &|_| false);
        }
        for group in &groups {
            self.add_files(&mut view, "group_vars", &inventory.groups[*group].name)?;
        }
        let own = &inventory.hosts[host];
        view.add(&own.vars, &|name| own.from_vault.contains(name));
        settled.retain(|name| *name != super::super::ALL);
        view.add(&magic_of_host(&own.name, &settled), &|_| false);
        self.add_files(&mut view, "host_vars", &own.name)?;
        Ok(view)
    }

    fn add_files(&self, view: &mut View, kind: &'static str, name: &str) -> Result<()> {
        for file in self.files_for(kind, name)?.iter() {
            view.add(&file.pairs, &|_| file.secret);
        }
        Ok(())
    }

    fn files_for(&self, kind: &'static str, name: &str) -> Result<Found> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, name.to_owned());
        if let Some(known) = read.get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut found = Vec::new();
        // Ansible leaves out names that are absolute paths.
        for folder in self.folders.iter().filter(|_| !name.starts_with('/')) {
            for path in self.files.vars_files(&folder.join(kind), name)? {
                found.extend(self.files.vars(&path)?);
            }
        }
        let found = Arc::new(found);
        read.insert(key, Arc::clone(&found));
        Ok(found)
    }
}

/// One host's variables so far.
pub(super) struct View {
    host: String,
    /// With whether it came out of a vault.
    variables: BTreeMap<String, (Arc<Node>, bool)>,
    keys: Keys,
    world: Arc<dyn World>,
    read_secret: AtomicBool,
}

impl View {
    fn add(&mut self, pairs: &[(String, Node)], secret: &dyn Fn(&str) -> bool) {
        for (name, node) in pairs {
            let value = (Arc::new(node.clone()), secret(name));
            self.variables.insert(name.clone(), value);
        }
    }

    /// Whether anything that came out of a vault has been read.
    pub(super) fn has_read_secret(&self) -> bool {
        self.read_secret.load(Ordering::Relaxed)
    }
}

impl Scope for View {
    fn is_play(&self) -> bool {
        false
    }

    fn host(&self) -> &str {
        &self.host
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        let Some((node, secret)) = self.variables.get(name) else { return Ok(None) };
        let opened = open_texts(node, &self.keys)?;
        if *secret || opened != **node {
            self.read_secret.store(true, Ordering::Relaxed);
        }
        Ok(Some(Arc::new(opened)))
    }

    fn names(&self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    fn other(&self, _host: &str) -> Option<Arc<dyn Scope>> {
        None
    }

    fn hosts(&self) -> Vec<String> {
        Vec::new()
    }

    fn select(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn search_paths(&self) -> Vec<String> {
        Vec::new()
    }

    fn world(&self) -> &dyn World {
        &*self.world
    }
}
