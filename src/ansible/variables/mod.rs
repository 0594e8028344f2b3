//! Every variable of every host: which layers set it, which one wins, and what it evaluates to.

mod extra;
mod handover;
mod listing;
mod load;
mod magic;
mod mask;
mod of_host;
mod play;
mod release;
mod site;
mod table;
mod unread;
mod written;

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

pub use self::extra::extra_names;
pub use self::listing::{AsWritten, Listing};
pub(super) use self::{magic::magic_of_host, table::open_texts};
pub use self::{
    of_host::{OfHost, Told},
    play::{Play, PlayVariables},
    unread::{Unread, Why},
    written::{Audience, Written},
};
use self::{release::Choice, site::Site, table::Entry};
use super::{
    builtin::Release,
    facts::FactCache,
    files::Files,
    patterns::{self, Unmatched},
    template::Evaluator,
    vault::Keys,
    world::World,
};
use crate::{
    near,
    origin::{Origin, Setting},
    secret::{Holder, MASK, Secret, SecretRef, Secrets},
    trouble::{Result, Trouble},
};

/// What to load, as the command line gives it.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// `--config-path`: a Kayobe configuration, or a directory that holds `environments/common`.
    pub config_path: Utf8PathBuf,
    pub environment: Option<String>,
    /// `-e` in the order given: `k=v`, `@file` or JSON.
    pub extra_vars: Vec<String>,
    /// `-i`: replaces the site's inventories.
    pub inventories: Vec<Utf8PathBuf>,
    /// `--playbook-dir`: its `group_vars` and `host_vars` count, too.
    pub playbook_dir: Option<Utf8PathBuf>,
    /// The passwords that open what is encrypted.
    pub vault: Keys,
    /// Where facts of hosts are kept, if Ansible's settings keep none.
    pub facts: Option<Utf8PathBuf>,
    /// Read none of the facts that are kept.
    pub without_facts: bool,
}

/// Where one layer sets a variable.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub origin: Origin,
    /// What kind of place it is: `extra-vars file`, `group_vars of controllers`, `built-in default`, …
    pub level: String,
    /// As written, secrets masked.
    pub written: String,
}

/// All variables of a site repository.
#[derive(Debug)]
pub struct Variables {
    site: Arc<Site>,
    /// Why the defaults are those of another release than the site's.
    unknown_release: Option<Trouble>,
    /// For each host, once it is asked for: what has been evaluated.
    evaluators: Vec<OnceLock<Evaluator>>,
    /// For each host, once a value is shown: the texts of its declared secrets.
    declared_texts: Vec<OnceLock<BTreeSet<String>>>,
}

impl Variables {
    /// Reads every file once; nothing is evaluated yet.
    pub fn load(load: &Load, world: Arc<dyn World>) -> Result<Self> {
        let (site, unknown_release) = Self::of_release(load, world)?;
        let evaluators = site.inventory.hosts.iter().map(|_| OnceLock::new()).collect();
        let declared_texts = site.inventory.hosts.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { site, unknown_release, evaluators, declared_texts })
    }

    /// A release that a template makes is known once everything is read; then the defaults may be another's.
    fn of_release(load: &Load, world: Arc<dyn World>) -> Result<(Arc<Site>, Option<Trouble>)> {
        let site = Arc::new(load::site(load, Arc::clone(&world), None)?);
        let Choice { release, doubt } = release::named(&site);
        if release == site.release {
            return Ok((site, doubt));
        }
        Ok((Arc::new(load::site(load, world, Some(release))?), doubt))
    }

    /// The OpenStack release whose defaults count where the site says nothing.
    pub fn release(&self) -> Release {
        self.site.release
    }

    /// Why that is not the release which the site means: its defaults are not there. Whoever acts refuses then, for other
    /// defaults would silently be wrong.
    pub fn unknown_release(&self) -> Option<&Trouble> {
        self.unknown_release.as_ref()
    }

    /// Where facts of hosts are kept, if anywhere.
    pub fn fact_cache(&self) -> Option<&FactCache> {
        self.site.facts.as_ref()
    }

    /// All hosts, in inventory order.
    pub fn hosts(&self) -> Vec<String> {
        self.named(self.site.order.iter().copied())
    }

    /// Hosts of a group, in inventory order; `None` if there is no such group.
    pub fn group(&self, name: &str) -> Option<Vec<String>> {
        let group = self.site.inventory.group(name)?;
        Some(self.named(self.site.inventory.members(group)))
    }

    /// All groups of the inventory.
    pub fn groups(&self) -> Vec<String> {
        self.site.inventory.groups.iter().map(|group| group.name.clone()).collect()
    }

    /// A group and all that are below it; none if there is no such group.
    pub fn groups_below(&self, name: &str) -> Vec<String> {
        let inventory = &self.site.inventory;
        let mut below: Vec<usize> = inventory.group(name).into_iter().collect();
        let mut at = 0;
        while let Some(group) = below.get(at) {
            let children = inventory.groups[*group].children.iter();
            let new: Vec<usize> = children.copied().filter(|one| !below.contains(one)).collect();
            below.extend(new);
            at += 1;
        }
        below.into_iter().map(|group| inventory.groups[group].name.clone()).collect()
    }

    /// Groups of a host, its own and their parents.
    pub fn groups_of(&self, host: &str) -> Vec<String> {
        let inventory = &self.site.inventory;
        let Some(host) = inventory.host(host) else { return Vec::new() };
        let groups = inventory.hosts[host].groups.iter();
        groups.map(|group| inventory.groups[*group].name.clone()).collect()
    }

    /// Hosts that an Ansible host pattern selects, in inventory order; a pattern that selects none is refused.
    pub fn select(&self, pattern: &str) -> Result<Vec<String>> {
        let pattern = patterns::with_files(pattern, &*self.site.files.world)?;
        let chosen = patterns::select(&self.site.inventory, &pattern)
            .map_err(|trouble| self.with_environments(trouble))?;
        let ordered = self.site.order.iter().copied().filter(|host| chosen.contains(host));
        let implicit = chosen.iter().copied().filter(|host| !self.site.order.contains(host));
        Ok(self.named(ordered.chain(implicit)))
    }

    /// The byte at which the first part of a host pattern begins that is wrong or matches nothing; none if the parts only
    /// leave nothing together.
    pub fn fault_in_pattern(&self, pattern: &str) -> Option<usize> {
        let world = &*self.site.files.world;
        let unmatched = |part: &str| {
            patterns::with_files(part, world).and_then(|written| self.unmatched(&written))
        };
        let parts = patterns::parts(pattern);
        let looked_at = parts.into_iter().map(|(at, part)| (at, unmatched(part)));
        let looked_at: Vec<_> = looked_at.collect();
        let wrong = looked_at.iter().find(|(_, unmatched)| unmatched.is_err());
        let matches_none = |(_, found): &&(usize, Result<Vec<Unmatched>>)| {
            found.as_ref().is_ok_and(|found| !found.is_empty())
        };
        wrong.or_else(|| looked_at.iter().find(matches_none)).map(|(at, _)| *at)
    }

    /// The parts of a host pattern that match nothing.
    pub fn unmatched(&self, pattern: &str) -> Result<Vec<Unmatched>> {
        patterns::unmatched(&self.site.inventory, pattern)
    }

    /// Every variable name that the host has, sorted.
    pub fn names(&self, host: &str) -> Vec<String> {
        let Some(host) = self.site.inventory.host(host) else { return Vec::new() };
        self.site.names(host).into_iter().map(str::to_owned).collect()
    }

    /// A variable's value for a host; `Ok(None)` if nothing sets it. What cannot be evaluated is a trouble that names
    /// the chain of variables.
    pub fn value(&self, host: &str, name: &str) -> Result<Option<Value>> {
        let Some(host) = self.site.inventory.host(host) else { return Ok(None) };
        self.evaluators[host].get_or_init(|| self.site.evaluator(host)).variable(name)
    }

    /// Forgets the values of all hosts, which are evaluated again if somebody asks: a run that has its plan lasts long,
    /// and asks little.
    pub fn forget_values(&self) {
        self.evaluators.iter().filter_map(OnceLock::get).for_each(Evaluator::forget);
    }

    /// One value of a variable that is a dict, without a look at the others; `Ok(None)` if there is none.
    pub fn item(&self, host: &str, name: &str, key: &str) -> Result<Option<Value>> {
        let Some(host) = self.site.inventory.host(host) else { return Ok(None) };
        self.evaluators[host].get_or_init(|| self.site.evaluator(host)).item(name, key)
    }

    /// [`value`](Self::value) for people to see: secrets, and text that holds or was made from them, are stars.
    pub fn masked(&self, host: &str, name: &str) -> Result<Option<Value>> {
        let (Some(value), Some(host)) = (self.value(host, name)?, self.site.inventory.host(host))
        else {
            return Ok(None);
        };
        Ok(Some(self.masked_value(host, name, value).0))
    }

    /// From now on, these variables are taken for secrets wherever values are shown, if the site sets them: their type
    /// says so, though they may come out of no vault.
    pub fn declare_secrets(&self, names: &BTreeSet<String>) {
        self.site.declare_secrets(names);
    }

    /// Text for people to see: in a line that shows a secret, stars stand instead of the value. Where text was made
    /// from secrets and shows none, all of it goes; `hides` names lines, counted from 0, that must not be shown.
    pub fn mask_lines(
        &self,
        text: &str,
        reads_secret: bool,
        hides: impl Fn(usize) -> bool,
    ) -> String {
        let secrets = if reads_secret { self.site.secrets().clone() } else { BTreeSet::new() };
        mask::lines(text, &secrets, hides)
    }

    /// [`mask_lines`](Self::mask_lines) for data.
    pub fn mask_value(&self, value: &Value, reads_secret: bool) -> Value {
        if !reads_secret {
            return value.clone();
        }
        mask::secrets(value, &self.site.secrets(), false)
    }

    /// Where the winning value was written.
    pub fn setting(&self, host: &str, name: &str) -> Option<Setting> {
        let entry = self.site.winner(self.site.inventory.host(host)?, name)?;
        Some(Setting { variable: name.to_owned(), origin: entry.written().origin.clone() })
    }

    /// Whether the variable has the value for the host that Ymir brings, or none.
    pub fn is_built_in(&self, host: &str, name: &str) -> bool {
        let host = self.site.inventory.host(host);
        let winner = host.and_then(|host| self.site.winner(host, name));
        winner.is_none_or(|entry| !entry.is_of_site())
    }

    /// Where the winning value's entry for a key was written, if the value is written out as a map.
    pub fn setting_in(&self, host: &str, name: &str, key: &str) -> Option<Setting> {
        let entry = self.site.winner(self.site.inventory.host(host)?, name)?;
        let origin = entry.written().get(key)?.origin.clone();
        Some(Setting { variable: format!("{name}.{key}"), origin })
    }

    /// Everything that sets the variable for this host, the winner first.
    pub fn candidates(&self, host: &str, name: &str) -> Vec<Candidate> {
        let Some(host) = self.site.inventory.host(host) else { return Vec::new() };
        let by_type = self.site.declared().contains(name);
        let hides =
            |entry: &Entry| by_type && entry.is_of_site() && !entry.literal_texts().is_empty();
        let candidate = |entry: &Entry| Candidate {
            origin: entry.written().origin.clone(),
            level: entry.level.to_string(),
            written: if hides(entry) { MASK.to_owned() } else { entry.masked() },
        };
        self.site.entries(host, name).map(candidate).collect()
    }

    /// Whether the value holds text that came out of a vault or of a declared secret, or was made from such text.
    pub fn is_secret(&self, host: &str, name: &str) -> bool {
        let Some(host) = self.site.inventory.host(host) else { return false };
        self.site.reads_secret(host, name)
    }

    /// Whether this host's variable is written alike here and there, wherever that is; vault text as it is encrypted.
    pub fn is_written_as(&self, other: &Self, host: &str, name: &str) -> bool {
        let written = |side: &'_ Self| {
            let host = side.site.inventory.host(host)?;
            Some(side.site.winner(host, name)?.written().clone())
        };
        match (written(self), written(other)) {
            (Some(one), Some(same)) => one.is_alike(&same),
            (None, None) => true,
            _ => false,
        }
    }

    /// The selected environment's name.
    pub fn environment(&self) -> Option<&str> {
        self.site.layers.environment.as_deref()
    }

    /// The files of the site.
    pub fn files(&self) -> &Files {
        &self.site.files
    }

    /// The layers' directories, lowest first: the base, the environment's dependencies, the environment.
    pub fn layers(&self) -> &[Utf8PathBuf] {
        &self.site.layers.dirs
    }

    /// The directory of the selected environment, or the base without one: where Ymir writes files that are kept.
    pub fn environment_dir(&self) -> &Utf8Path {
        self.site.layers.selected()
    }

    /// Known variable names of a host that are like this one, best first.
    pub fn names_near(&self, host: &str, name: &str) -> Vec<String> {
        let names = self.names(host);
        let near = near::nearest(name, names.iter().map(String::as_str));
        near.into_iter().map(str::to_owned).collect()
    }

    /// What the file holds that a variable names.
    fn held(&self, reference: &SecretRef, named: &str) -> Result<Secret> {
        let path = match &reference.holder {
            Holder::Text { below } => Utf8Path::new(named).join(below),
            _ => named.into(),
        };
        let path = Utf8Path::new(path.as_str().trim_end_matches('/'));
        let gone = || {
            Trouble::refused(format!("{}: reading the secret in {path}", reference.host))
                .because(format!(
                    "there is no such file any more; `{}` names it",
                    reference.variable
                ))
                .hint("put the file back, or plan anew")
        };
        if reference.holder == Holder::Bytes {
            let (bytes, _) = self.files().bytes(path)?.ok_or_else(gone)?;
            let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Secret::new(hex.concat()));
        }
        let text = self.files().text(path)?.ok_or_else(gone)?;
        Ok(Secret::new(text.content))
    }

    fn named(&self, hosts: impl IntoIterator<Item = usize>) -> Vec<String> {
        hosts.into_iter().map(|host| self.site.name(host).to_owned()).collect()
    }
}

impl Secrets for Variables {
    fn find(&self, reference: &SecretRef) -> Result<Secret> {
        let SecretRef { host, variable, path, holder } = reference;
        let missing =
            || Trouble::refused(format!("{host}: `{variable}` no longer holds {}", path.join(".")));
        let value = self.value(host, variable)?.ok_or_else(missing)?;
        let found = path.iter().try_fold(&value, |value, key| match value {
            Value::Array(list) => list.get(key.parse::<usize>().ok()?),
            _ => value.get(key),
        });
        match found.ok_or_else(missing)? {
            Value::String(text) if !holder.is_value() => self.held(reference, text),
            Value::String(text) => Ok(Secret::new(text.clone())),
            Value::Number(number) => Ok(Secret::new(number.to_string())),
            _ => Err(missing()),
        }
    }
}
