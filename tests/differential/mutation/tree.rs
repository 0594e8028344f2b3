//! The configurations that are changed: this repository's, and published ones where they are.

use std::{fs, os::unix::fs::symlink, sync::OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use ymir::settings::Environment;

use super::{change::Place, reach};
use crate::precedence::variable_files;

/// A configuration, an environment of it, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) label: String,
    path: Utf8PathBuf,
    pub(super) environment: Option<String>,
    /// The layers below the configuration, lowest first; the base is nothing.
    pub(super) layers: Vec<String>,
    /// Files of variables.
    pub(super) files: Vec<String>,
    /// What they define.
    pub(super) places: Vec<Place>,
    pub(super) names: Vec<String>,
    pub(super) hosts: Vec<String>,
    pub(super) groups: Vec<String>,
}

/// Of this repository: below `tests/sites`, with an environment.
const OWN: [(&str, &str); 2] = [("kayobe", "production"), ("merged", "production")];
/// Published ones, with each of their environments. What their secrets hold stays shut on both sides, but for those of
/// `aufn-vault`.
const PUBLISHED: [(&str, &str); 10] = [
    ("alaska", "base"),
    ("aufn-full", "base"),
    ("aufn-vault", "base"),
    ("bikolla", "base"),
    ("bikolla", "bikolla"),
    ("kayobe-config", "base"),
    ("stackhpc-kayobe-config", "aufn-ceph"),
    ("stackhpc-kayobe-config", "ci-aio"),
    ("stackhpc-kayobe-config", "ci-builder"),
    ("stackhpc-kayobe-config", "ci-multinode"),
];

impl Tree {
    /// All that are there. Published ones are looked for as `tests/conformance.rs` does.
    pub(super) fn all() -> Vec<Self> {
        static ALL: OnceLock<Vec<Tree>> = OnceLock::new();
        ALL.get_or_init(found).clone()
    }

    fn read(label: String, path: Utf8PathBuf, environment: &str) -> Self {
        let environment = (environment != "base").then(|| environment.to_owned());
        let dirs = layers(&path, environment.as_deref());
        let within = |at: &Utf8Path| at.strip_prefix(&path).unwrap().to_string();
        let files: Vec<Utf8PathBuf> = dirs.iter().flat_map(|layer| files(layer)).collect();
        let places = files.iter().flat_map(|file| {
            let names = reach::definitions(&fs::read_to_string(file).unwrap_or_default());
            names.into_iter().map(|(name, _)| Place { file: within(file), name })
        });
        let places: Vec<Place> = places.collect();
        let mut names: Vec<String> = places.iter().map(|place| place.name.clone()).collect();
        names.sort();
        names.dedup();
        let (hosts, groups) = hosts_and_groups(&dirs);
        Self {
            files: files.iter().map(|file| within(file)).collect(),
            layers: dirs.iter().map(|dir| within(dir)).collect(),
            label,
            path,
            environment,
            places,
            names,
            hosts,
            groups,
        }
    }

    /// Copies all of it.
    pub(super) fn copy(&self, to: &Utf8Path) {
        copy(&self.path, to);
    }
}

fn found() -> Vec<Tree> {
    let top = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = Environment::of_this_process();
    let named = named.get("YMIR_CONFORMANCE").map(Utf8PathBuf::from);
    let published = named.unwrap_or_else(|| top.join("../shared/conformance")).join("trees");
    let own = OWN.map(|(name, environment)| {
        let label = format!("tests/sites/{name} {environment}");
        Tree::read(label, top.join("tests/sites").join(name), environment)
    });
    let published = PUBLISHED.iter().filter_map(|(name, environment)| {
        let path = published.join(name).join("etc/kayobe");
        let tree = || Tree::read(format!("{name} {environment}"), path.clone(), environment);
        path.is_dir().then(tree)
    });
    own.into_iter().chain(published).collect()
}

/// The layers' directories: the base, what the environment depends on in the order as written, the environment.
pub(super) fn layers(site: &Utf8Path, environment: Option<&str>) -> Vec<Utf8PathBuf> {
    fn add(site: &Utf8Path, name: &str, layers: &mut Vec<Utf8PathBuf>) {
        let dir = site.join("environments").join(name);
        let said = fs::read_to_string(dir.join(".kayobe-environment")).unwrap_or_default();
        let list = said.split_once("dependencies:").map_or("", |(_, list)| list);
        let words = list.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        for needed in words.filter(|word| !word.trim_matches('-').is_empty()) {
            add(site, needed, layers);
        }
        if !layers.contains(&dir) {
            layers.push(dir);
        }
    }
    let mut layers = vec![site.to_owned()];
    if let Some(name) = environment {
        add(site, name, &mut layers);
    }
    layers
}

/// The files of variables of a layer that can be changed as text.
pub(super) fn files(layer: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = variable_files(layer);
    for folder in ["inventory/group_vars", "inventory/host_vars"] {
        collect(&layer.join(folder), &mut found);
    }
    found.retain(|file| {
        fs::read_to_string(file).is_ok_and(|text| !text.starts_with("$ANSIBLE_VAULT"))
    });
    found
}

/// Adds all files below a directory, sorted.
pub(super) fn collect(dir: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    let entries = dir.read_dir_utf8().into_iter().flatten();
    let mut paths: Vec<Utf8PathBuf> = entries.map(|entry| entry.unwrap().into_path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

/// Gives an inventory of nothing but variables a file of no hosts: the oracle fails where Ansible would only warn that
/// there is none.
pub(super) fn with_hosts(inventory: &Utf8Path) {
    let mut entries = inventory.read_dir_utf8().into_iter().flatten();
    if inventory.is_dir() && !entries.any(|entry| entry.unwrap().path().is_file()) {
        fs::write(inventory.join("hosts"), "").unwrap();
    }
}

/// The names in the layers' INI inventories.
fn hosts_and_groups(layers: &[Utf8PathBuf]) -> (Vec<String>, Vec<String>) {
    let (mut hosts, mut groups) = (Vec::new(), Vec::new());
    let entries =
        layers.iter().flat_map(|dir| dir.join("inventory").read_dir_utf8().into_iter().flatten());
    for text in entries.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()) {
        let mut of_hosts = true;
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some(section) = line.strip_prefix('[') {
                of_hosts = !section.contains(':');
                groups.extend(section.split([':', ']']).next().map(str::to_owned));
            } else if of_hosts && !line.contains('[') {
                hosts.extend(line.split_whitespace().next().map(str::to_owned));
            }
        }
    }
    for names in [&mut hosts, &mut groups] {
        names.sort();
        names.dedup();
    }
    hosts.extend(hosts.is_empty().then(|| "localhost".to_owned()));
    groups.extend(groups.is_empty().then(|| "all".to_owned()));
    (hosts, groups)
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// An inventory with Kayobe's defaults beside it, as Kayobe's own is.
pub(super) fn built_in_inventory() -> Utf8PathBuf {
    static MADE: OnceLock<Utf8PathBuf> = OnceLock::new();
    let make = || {
        let dir = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join("kayobe-inventory");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("hosts"), "").unwrap();
        let link = dir.join("group_vars");
        if !link.exists() {
            symlink(reach::BUILT_IN, link).unwrap();
        }
        dir
    };
    MADE.get_or_init(make).clone()
}
