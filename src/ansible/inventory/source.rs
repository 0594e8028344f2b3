//! Where inventories are read from: files, directories, and lists of hosts on the command line.

use std::sync::Arc;

use camino::Utf8Path;

use super::{ALL, Inventory, ini, yaml};
use crate::{
    ansible::{
        files::{Files, Text},
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::{Result, Trouble},
};

/// Endings of files that are no inventory though they lie among inventories.
const IGNORED_ENDINGS: &[&str] = &[
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

/// Folders beside inventories that hold variables.
const VARIABLE_FOLDERS: &[&str] = &["host_vars", "group_vars", "vars_plugins"];

/// The file that is being read.
pub(super) struct Place {
    /// As messages name it.
    pub(super) file: Arc<str>,
    /// With its directory.
    path: String,
    /// Its text came out of a vault.
    pub(super) secret: bool,
}

impl Place {
    /// Adds a host as member of a group; one that is new remembers where it was first met.
    pub(super) fn add_host(
        &self,
        inventory: &mut Inventory,
        name: &str,
        group: usize,
        port: Option<u16>,
    ) -> Result<()> {
        let (host, new) = inventory.add_host(name, group);
        if !new {
            return Ok(());
        }
        let node = |data| Node { origin: Origin::whole(&self.file), data };
        if let Some(port) = port {
            let port = node(Data::Int(port.into()));
            inventory.hosts[host].vars.push(("ansible_port".to_owned(), port));
        }
        let dir = Utf8Path::new(&self.path).parent().unwrap_or(Utf8Path::new("")).to_string();
        inventory.set_variable(name, "inventory_file", node(Data::Text(self.path.clone())))?;
        inventory.set_variable(name, "inventory_dir", node(Data::Text(dir)))
    }
}

/// Reads a file, every inventory in a directory, or hosts with commas between them.
pub fn read(inventory: &mut Inventory, files: &Files, source: &Utf8Path) -> Result<()> {
    if let Some(entries) = files.list(source)? {
        let chosen = entries.iter().filter(|entry| !is_ignored(&entry.name));
        return chosen
            .map(|entry| source.join(&entry.name))
            .try_for_each(|path| read(inventory, files, &path));
    }
    if let Some(text) = files.text(source)? {
        return file(inventory, files, &text, source);
    }
    if source.as_str().contains(',') {
        let place = Place { file: "-i".into(), path: source.to_string(), secret: false };
        let all = inventory.add_group(ALL);
        let hosts = source.as_str().split(',').map(str::trim).filter(|host| !host.is_empty());
        return hosts.into_iter().try_for_each(|host| place.add_host(inventory, host, all, None));
    }
    Err(Trouble::refused(format!("reading the inventory {source}"))
        .because("there is no such file or directory"))
}

fn is_ignored(name: &str) -> bool {
    name.starts_with('.')
        || VARIABLE_FOLDERS.contains(&name)
        || IGNORED_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn file(inventory: &mut Inventory, files: &Files, text: &Text, path: &Utf8Path) -> Result<()> {
    let place = Place { file: Arc::clone(&text.file), path: path.to_string(), secret: text.secret };
    let refused = |cause: &str| {
        Trouble::refused(format!("reading the inventory {}", text.file)).because(cause)
    };
    if text.content.starts_with("#!") {
        return Err(refused("it is a program, and inventories that are programs are not run")
            .hint("save its output as a YAML inventory, or move it out of the inventory folder"));
    }
    let yaml_ending = matches!(path.extension(), Some("yml" | "yaml" | "json"));
    if !yaml_ending && path.extension().is_some() {
        return ini::read(inventory, &text.content, &place);
    }
    match files.parse(text) {
        Ok(root) if matches!(&root.data, Data::Map(pairs) if !pairs.is_empty()) => {
            if let Some(plugin) = root.get("plugin") {
                let cause = "it configures an inventory plugin, which only Ansible itself can run";
                return Err(refused(cause).at(&plugin.origin));
            }
            yaml::read(inventory, &root, &place)
        }
        Err(trouble) if yaml_ending => Err(trouble),
        Ok(root) if yaml_ending && root.data != Data::Null => {
            Err(refused(&format!("it holds {}, not a map of groups", root.data.kind())))
        }
        _ => ini::read(inventory, &text.content, &place),
    }
}
