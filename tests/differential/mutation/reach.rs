//! Which variables changes reach: those that are changed, those whose definitions mention them, and so on.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    sync::OnceLock,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{change::Change, tree};

/// Kayobe's defaults.
pub(super) const BUILT_IN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/ansible/builtin/2026.2/group_vars");

/// More would take too long; which are left out is chosen by the case's seed.
const MOST: usize = 40;

/// What every host has.
const ALWAYS: [&str; 4] =
    ["group_names", "inventory_hostname", "inventory_hostname_short", "ansible_host"];

/// For each variable the words of its definitions.
#[derive(Debug, Clone, Default)]
pub(super) struct Definitions {
    words: BTreeMap<String, HashSet<String>>,
    /// Those that are not the same for all hosts.
    of_groups: BTreeSet<String>,
}

impl Definitions {
    pub(super) fn names(&self) -> Vec<String> {
        self.words.keys().cloned().collect()
    }

    fn add(&mut self, file: &Utf8Path) {
        let of_group = file.as_str().contains("_vars/") && !file.as_str().contains("_vars/all");
        for (name, text) in definitions(&fs::read_to_string(file).unwrap_or_default()) {
            if of_group {
                self.of_groups.insert(name.clone());
            }
            self.words.entry(name).or_default().extend(words(&text).map(str::to_owned));
        }
    }

    /// The names whose definitions mention one of these, and their like.
    fn reached_from(&self, changed: BTreeSet<String>) -> BTreeSet<String> {
        let mut reached = changed.clone();
        let mut next = changed;
        while !next.is_empty() {
            let mentions = |words: &HashSet<String>| next.iter().any(|name| words.contains(name));
            let found = self
                .words
                .iter()
                .filter(|(name, words)| !reached.contains(*name) && mentions(words));
            next = found.map(|(name, _)| name.clone()).collect();
            reached.extend(next.iter().cloned());
        }
        reached
    }
}

/// Of Kayobe's defaults.
pub(super) fn built_in() -> &'static Definitions {
    static READ: OnceLock<Definitions> = OnceLock::new();
    READ.get_or_init(|| {
        let mut definitions = Definitions::default();
        let mut files = Vec::new();
        tree::collect(Utf8Path::new(BUILT_IN), &mut files);
        for file in &files {
            definitions.add(file);
        }
        definitions
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The names at the top of a file of variables, with the texts of their definitions.
pub(super) fn definitions(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let name = line.split_once(':').map(|(name, _)| name.trim_end());
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match (name.filter(|name| is_name(name)), found.last_mut()) {
            (Some(name), _) => found.push((name.to_owned(), line.to_owned())),
            (None, Some((_, definition))) => *definition += line,
            (None, None) => {}
        }
    }
    found
}

/// What is compared after the changes: what they reach, and a sample of the rest by seed and size.
pub(super) fn names(
    site: &Utf8Path,
    layers: &[Utf8PathBuf],
    options: &[String],
    changes: &[Change],
    (seed, sample): (&str, usize),
) -> Vec<String> {
    let mut known = built_in().clone();
    layers.iter().flat_map(|layer| tree::files(layer)).for_each(|file| known.add(&file));
    let files = options.iter().filter_map(|option| option.strip_prefix('@'));
    files.for_each(|file| known.add(Utf8Path::new(file)));
    let order = |name: &String| {
        let mut hasher = DefaultHasher::new();
        (seed, name).hash(&mut hasher);
        hasher.finish()
    };
    let mut reached: Vec<String> =
        known.reached_from(changed(&known, site, changes)).into_iter().collect();
    reached.sort_by_key(order);
    if sample != usize::MAX {
        reached.truncate(MOST);
    }
    let mut rest = known.names();
    rest.sort_by_key(order);
    rest.truncate(sample);
    let always = ALWAYS.map(str::to_owned).into_iter();
    let all: BTreeSet<String> = reached.into_iter().chain(rest).chain(always).collect();
    all.into_iter().collect()
}

fn changed(known: &Definitions, site: &Utf8Path, changes: &[Change]) -> BTreeSet<String> {
    let texts = changes.iter().flat_map(Change::texts);
    let mut names: BTreeSet<String> = texts.flat_map(words).map(str::to_owned).collect();
    names.retain(|name| {
        known.words.contains_key(name) || name.starts_with('x') || name.contains("ansible_")
    });
    for change in changes {
        if change.moves_hosts() {
            names.extend(known.of_groups.iter().cloned());
        }
        if let Change::DependOn { name, .. } = change {
            let files = tree::files(&site.join("environments").join(name));
            let texts = files.into_iter().filter_map(|file| fs::read_to_string(file).ok());
            names.extend(texts.flat_map(|text| definitions(&text)).map(|(name, _)| name));
        }
    }
    names
}
