//! Everything that was read, and what of it counts for a host.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use camino::Utf8PathBuf;

use super::table::{Entry, Table};
use crate::{
    ansible::{
        builtin::Release,
        config::Config,
        facts::FactCache,
        files::Files,
        inventory::Inventory,
        layers::Layers,
        patterns,
        template::{Evaluator, Fixed, Scope},
        vault,
        world::World,
        yaml::Node,
    },
    origin::Origin,
    trouble::Result,
};

/// All levels of all hosts.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) files: Files,
    /// Where `group_vars` and `host_vars` lie.
    pub(super) folders: Vec<Utf8PathBuf>,
    pub(super) layers: Layers,
    pub(super) inventory: Inventory,
    /// Ansible's own settings, once they are read.
    pub(super) config: Option<Config>,
    /// Where facts of hosts are kept, if anywhere.
    pub(super) facts: Option<FactCache>,
    /// Whose defaults are below everything.
    pub(super) release: Release,
    /// Hosts in inventory order.
    pub(super) order: Vec<usize>,
    /// For each host its levels below the extra variables, lowest first.
    chains: Vec<Vec<Arc<Table>>>,
    extra: Table,
    magic: Table,
    /// Names that some hosts have of their own, or other values of.
    own_names: HashSet<String>,
    /// Whether anything anywhere came out of a vault.
    has_secrets: bool,
    /// Texts that came out of a vault and were read so far.
    secrets: Mutex<BTreeSet<String>>,
    /// Variables that the site sets and that are secrets by their type, though they may come out of no vault.
    declared: OnceLock<BTreeSet<String>>,
    /// Values that are the same for all hosts.
    fixed: Fixed,
}

impl Site {
    pub(super) fn new(
        files: Files,
        layers: Layers,
        inventory: Inventory,
        order: Vec<usize>,
        folders: Vec<Utf8PathBuf>,
    ) -> Self {
        let (chains, extra, magic) = (Vec::new(), Table::default(), Table::default());
        let own_names = HashSet::new();
        let (has_secrets, secrets) = (false, Mutex::default());
        Self {
            files,
            folders,
            layers,
            inventory,
            config: None,
            facts: None,
            release: Release::newest(),
            order,
            chains,
            extra,
            magic,
            own_names,
            has_secrets,
            secrets,
            declared: OnceLock::new(),
            fixed: Fixed::default(),
        }
    }

    pub(super) fn with(mut self, chains: Vec<Vec<Arc<Table>>>, extra: Table, magic: Table) -> Self {
        self.has_secrets =
            extra.has_secrets() || chains.iter().flatten().any(|table| table.has_secrets());
        self.own_names = own_names(&chains);
        self.own_names
            .retain(|name| [&magic, &extra].iter().all(|table| table.winner(name).is_none()));
        (self.chains, self.extra, self.magic) = (chains, extra, magic);
        self
    }

    /// Whether hosts may have different values of a variable, or only some of them one.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own_names.contains(name)
    }

    /// A host's levels below the extra variables, lowest first.
    pub(super) fn chains(&self, host: usize) -> &[Arc<Table>] {
        &self.chains[host]
    }

    /// The extra variables.
    pub(super) fn extra(&self) -> &Table {
        &self.extra
    }

    /// The plain text of a vault text.
    pub(super) fn open_text(&self, text: &str, origin: &Origin) -> Result<String> {
        vault::open(text, &self.files.keys, origin)
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

    /// Whether a variable is an extra one, over which nothing counts.
    pub(super) fn is_extra(&self, name: &str) -> bool {
        self.extra.winner(name).is_some()
    }

    pub(super) fn names(&self, host: usize) -> BTreeSet<&str> {
        self.levels(host).flat_map(Table::names).collect()
    }

    pub(super) fn name(&self, host: usize) -> &str {
        &self.inventory.hosts[host].name
    }

    /// Evaluates a host's variables and remembers them.
    pub(super) fn evaluator(self: &Arc<Self>, host: usize) -> Evaluator {
        self.tracking_evaluator(host, &Arc::default())
    }

    /// An evaluator that sets `read_secret` once it reads a text that came out of a vault.
    fn tracking_evaluator(
        self: &Arc<Self>,
        host: usize,
        read_secret: &Arc<AtomicBool>,
    ) -> Evaluator {
        let read_secret = Arc::clone(read_secret);
        Evaluator::new(Arc::new(View { site: Arc::clone(self), host, read_secret }))
    }

    /// Takes these variables for secrets, as far as the site sets them: what a built-in default says is no secret, but
    /// for what it takes from outside.
    pub(super) fn declare_secrets(self: &Arc<Self>, names: &BTreeSet<String>) {
        let tables = self.chains.iter().flatten().map(AsRef::as_ref).chain([&self.extra]);
        let mut set = BTreeSet::new();
        for table in tables {
            set.extend(names.iter().filter(|name| table.all(name).any(Entry::is_of_site)).cloned());
        }
        set.extend(names.iter().filter(|name| self.comes_from_outside(name)).cloned());
        // Whoever came first has declared the same: they follow from the release.
        drop(self.declared.set(set));
    }

    /// Whether a built-in default takes text from outside: the environment gives a vault's password to all hosts alike, so
    /// any of them tells.
    fn comes_from_outside(self: &Arc<Self>, name: &str) -> bool {
        const ANY: usize = 0;
        let found = !self.inventory.hosts.is_empty()
            && self
                .winner(ANY, name)
                .is_some_and(|entry| !entry.is_of_site() && entry.looks_outside());
        let text = |value: serde_json::Value| value.as_str().is_some_and(|text| !text.is_empty());
        found && self.evaluator(ANY).variable(name).ok().flatten().is_some_and(text)
    }

    /// The variables that are secrets by their type.
    pub(super) fn declared(&self) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.declared.get().unwrap_or(&NONE)
    }

    /// Whether a variable's value is made with text that came out of a vault, or with a declared secret.
    pub(super) fn reads_secret(self: &Arc<Self>, host: usize, name: &str) -> bool {
        if !self.has_secrets && self.declared().is_empty() {
            return false;
        }
        // An evaluator that remembers nothing yet reads everything that the value is made with.
        let read_secret = Arc::default();
        let value = self.tracking_evaluator(host, &read_secret).variable(name);
        if let Err(trouble) = value {
            tracing::trace!(name, %trouble, "looking for secrets");
        }
        read_secret.load(Ordering::Relaxed)
    }

    /// A place's value with its vault texts opened; these are remembered as secrets.
    fn open(&self, entry: &Entry) -> Result<Arc<Node>> {
        let node = entry.open(&self.files.keys)?;
        if entry.is_secret() {
            self.secrets().extend(entry.secret_texts());
        }
        Ok(node)
    }

    pub(super) fn secrets(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names in levels that not every host has.
fn own_names(chains: &[Vec<Arc<Table>>]) -> HashSet<String> {
    let mut owners: HashMap<*const Table, (&Table, usize)> = HashMap::new();
    for table in chains.iter().flatten() {
        owners.entry(Arc::as_ptr(table)).or_insert((table, 0)).1 += 1;
    }
    let of_some = owners.into_values().filter(|(_, hosts)| *hosts < chains.len());
    of_some.flat_map(|(table, _)| table.names()).map(str::to_owned).collect()
}

/// One host's view of all variables.
pub(super) struct View {
    pub(super) site: Arc<Site>,
    pub(super) host: usize,
    /// Set once a vault text or a declared secret was read through this view or one that it led to.
    pub(super) read_secret: Arc<AtomicBool>,
}

impl Scope for View {
    fn host(&self) -> &str {
        self.site.name(self.host)
    }

    fn is_own(&self, name: &str) -> bool {
        self.site.is_own(name)
    }

    fn fixed(&self) -> Option<&Fixed> {
        // The site's tables hold what they are asked for as long as the site is there.
        Some(&self.site.fixed)
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        let Some(entry) = self.site.winner(self.host, name) else { return Ok(None) };
        let by_type = self.site.declared().contains(name);
        if by_type {
            self.site.secrets().extend(entry.literal_texts());
        }
        if by_type || entry.is_secret() {
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
        // `hostvars` has them as they were met, whatever their groups, and also who is in none.
        let met = self.site.inventory.hosts.iter().filter(|host| !host.implicit);
        met.map(|host| host.name.clone()).collect()
    }

    fn select(&self, pattern: &str) -> Result<Vec<String>> {
        let hosts = patterns::matching_hosts(&self.site.inventory, pattern)?;
        Ok(hosts.into_iter().map(|host| self.site.name(host).to_owned()).collect())
    }

    fn search_paths(&self) -> Vec<String> {
        self.site.layers.dirs.iter().map(ToString::to_string).collect()
    }

    fn config(&self) -> Option<&Config> {
        self.site.config.as_ref()
    }

    fn shown(&self, path: &str) -> Arc<str> {
        self.site.files.shown(path.into())
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some((bytes, secret)) = self.site.files.bytes(path.into())? else { return Ok(None) };
        if secret {
            self.read_secret.store(true, Ordering::Relaxed);
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            self.site.secrets().extend((!text.is_empty()).then_some(text));
        }
        Ok(Some(bytes))
    }

    fn world(&self) -> &dyn World {
        &*self.site.files.world
    }
}
