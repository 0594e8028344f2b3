//! Everything that was read, and what of it counts for a host.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use super::table::{Entry, Table};
use crate::{
    ansible::{
        files::Files,
        inventory::Inventory,
        layers::Layers,
        patterns,
        template::{self, Scope},
        world::World,
        yaml::Node,
    },
    trouble::Result,
};

/// All levels of all hosts.
#[derive(Debug)]
pub(super) struct Site {
    files: Files,
    pub(super) layers: Layers,
    pub(super) inventory: Inventory,
    /// Hosts in inventory order.
    pub(super) order: Vec<usize>,
    /// For each host its levels below the extra variables, lowest first.
    chains: Vec<Vec<Arc<Table>>>,
    extra: Table,
    magic: Table,
    known: Mutex<HashMap<(usize, String), Known>>,
    /// Texts that came out of a vault and were read so far.
    secrets: Mutex<BTreeSet<String>>,
}

/// An evaluated variable.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) value: Result<Arc<Value>>,
    /// A vault text was read on the way to the value.
    pub(super) read_secret: bool,
}

impl Site {
    pub(super) fn new(
        files: Files,
        layers: Layers,
        inventory: Inventory,
        order: Vec<usize>,
    ) -> Self {
        let (chains, extra, magic) = (Vec::new(), Table::default(), Table::default());
        let (known, secrets) = (Mutex::default(), Mutex::default());
        Self { files, layers, inventory, order, chains, extra, magic, known, secrets }
    }

    pub(super) fn with(mut self, chains: Vec<Vec<Arc<Table>>>, extra: Table, magic: Table) -> Self {
        (self.chains, self.extra, self.magic) = (chains, extra, magic);
        self
    }

    /// A host's levels, highest first.
    fn levels(&self, host: usize) -> impl Iterator<Item = &Table> {
        let chain = self.chains[host].iter().rev().map(AsRef::as_ref);
        [&self.magic, &self.extra].into_iter().chain(chain)
    }

    /// Every place that sets a variable for a host, the winner first.
    pub(super) fn entries(&self, host: usize, name: &str) -> impl Iterator<Item = &Entry> {
        self.levels(host).flat_map(move |table| table.all(name))
    }

    pub(super) fn winner(&self, host: usize, name: &str) -> Option<&Entry> {
        self.levels(host).find_map(|table| table.winner(name))
    }

    pub(super) fn names(&self, host: usize) -> BTreeSet<&str> {
        self.levels(host).flat_map(Table::names).collect()
    }

    pub(super) fn name(&self, host: usize) -> &str {
        &self.inventory.hosts[host].name
    }

    /// A variable's value, evaluated once; `None` if nothing sets it.
    pub(super) fn known(self: &Arc<Self>, host: usize, name: &str) -> Option<Known> {
        let key = (host, name.to_owned());
        if let Some(known) = self.lock().get(&key) {
            return Some(known.clone());
        }
        let entry = self.winner(host, name)?;
        let read_secret = Arc::new(AtomicBool::new(entry.is_secret()));
        let view = View { site: Arc::clone(self), host, read_secret: Arc::clone(&read_secret) };
        let scope: Arc<dyn Scope> = Arc::new(view);
        let value =
            self.open(entry).and_then(|node| template::evaluate(&node, &scope)).map(Arc::new);
        let known = Known { value, read_secret: read_secret.load(Ordering::Relaxed) };
        self.lock().insert(key, known.clone());
        Some(known)
    }

    /// A place's value with its vault texts opened; these are remembered as secrets.
    fn open(&self, entry: &Entry) -> Result<Arc<Node>> {
        let node = entry.open(self.files.password.as_ref())?;
        if entry.is_secret() {
            self.secrets().extend(entry.secret_texts());
        }
        Ok(node)
    }

    pub(super) fn secrets(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(usize, String), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One host's view of all variables.
struct View {
    site: Arc<Site>,
    host: usize,
    /// Set once a vault text was read through this view or one that it led to.
    read_secret: Arc<AtomicBool>,
}

impl Scope for View {
    fn host(&self) -> &str {
        self.site.name(self.host)
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        let Some(entry) = self.site.winner(self.host, name) else { return Ok(None) };
        if entry.is_secret() {
            self.read_secret.store(true, Ordering::Relaxed);
        }
        self.site.open(entry).map(Some)
    }

    fn names(&self) -> Vec<String> {
        self.site.names(self.host).into_iter().map(str::to_owned).collect()
    }

    fn other(&self, host: &str) -> Option<Arc<dyn Scope>> {
        let host = self.site.inventory.host(host)?;
        let read_secret = Arc::clone(&self.read_secret);
        Some(Arc::new(Self { site: Arc::clone(&self.site), host, read_secret }))
    }

    fn hosts(&self) -> Vec<String> {
        self.site.order.iter().map(|host| self.site.name(*host).to_owned()).collect()
    }

    fn select(&self, pattern: &str) -> Result<Vec<String>> {
        let hosts = patterns::matching_hosts(&self.site.inventory, pattern)?;
        Ok(hosts.into_iter().map(|host| self.site.name(host).to_owned()).collect())
    }

    fn search_paths(&self) -> Vec<String> {
        self.site.layers.dirs.iter().map(ToString::to_string).collect()
    }

    fn world(&self) -> &dyn World {
        &*self.site.files.world
    }
}
