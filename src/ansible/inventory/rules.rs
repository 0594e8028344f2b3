//! What Ansible's settings say about inventories: which plug-ins read them, and which files are none.

use crate::{
    ansible::config::{Config, Name},
    pattern,
    trouble::{Result, Trouble},
};

const ENABLED: Name = ("ANSIBLE_INVENTORY_ENABLED", "inventory", "enable_plugins");
const IGNORED_ENDINGS: [Name; 2] = [
    ("ANSIBLE_INVENTORY_IGNORE", "inventory", "ignore_extensions"),
    ("ANSIBLE_INVENTORY_IGNORE", "defaults", "inventory_ignore_extensions"),
];
const IGNORED_PATTERNS: [Name; 2] = [
    ("ANSIBLE_INVENTORY_IGNORE_REGEX", "inventory", "ignore_patterns"),
    ("ANSIBLE_INVENTORY_IGNORE_REGEX", "defaults", "inventory_ignore_patterns"),
];
const UNPARSED_IS_FAILED: Name =
    ("ANSIBLE_INVENTORY_UNPARSED_FAILED", "inventory", "unparsed_is_failed");
const ANY_UNPARSED_IS_FAILED: Name =
    ("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "inventory", "any_unparsed_is_failed");
const ANY_CONDITION: Name =
    ("ANSIBLE_ALLOW_BROKEN_CONDITIONALS", "defaults", "allow_broken_conditionals");

/// Endings of files that are no inventory though they lie among inventories.
const ENDINGS: &[&str] = &[
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

/// Folders beside inventories that hold variables.
const VARIABLE_FOLDERS: &[&str] = &["host_vars", "group_vars", "vars_plugins"];

/// One way to read an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plugin {
    HostList,
    AdvancedHostList,
    Script,
    Auto,
    Constructed,
    Yaml,
    Ini,
    Toml,
}

/// What counts as an inventory, and how it is read.
#[derive(Debug)]
pub struct Rules {
    /// In the order in which they are tried.
    pub(super) plugins: Vec<Plugin>,
    ignored_endings: Vec<String>,
    ignored_patterns: Vec<fancy_regex::Regex>,
    /// Whether it is a failure if nothing can be read.
    pub(super) unparsed_is_failed: bool,
    /// Whether it is a failure if something cannot be read; `None` if nobody has said so.
    pub(super) any_unparsed_is_failed: Option<bool>,
    /// Whether a condition may be something else than true or false.
    pub(super) any_condition: bool,
}

impl Default for Rules {
    fn default() -> Self {
        use Plugin::{Auto, HostList, Ini, Script, Toml, Yaml};
        Self {
            plugins: vec![HostList, Script, Auto, Yaml, Ini, Toml],
            ignored_endings: ENDINGS.iter().map(|ending| (*ending).to_owned()).collect(),
            ignored_patterns: Vec::new(),
            unparsed_is_failed: false,
            any_unparsed_is_failed: None,
            any_condition: false,
        }
    }
}

impl Rules {
    /// The rules that the operator has set over Ansible's own.
    pub fn of(config: &Config) -> Result<Self> {
        let list = |names: &[Name]| names.iter().find_map(|name| config.list(*name));
        let mut rules = Self::default();
        if let Some(names) = list(&[ENABLED]) {
            // The others are left out: a file for one of them is refused by name where it is met.
            rules.plugins = names.iter().filter_map(|name| plugin(name)).collect();
            if rules.plugins.is_empty() {
                return Err(Trouble::refused("choosing how inventories are read").because(
                    format!("`enable_plugins` names none that is known: {}", names.join(", ")),
                ));
            }
        }
        if let Some(endings) = list(&IGNORED_ENDINGS) {
            rules.ignored_endings = endings;
        }
        let patterns = list(&IGNORED_PATTERNS).unwrap_or_default();
        rules.ignored_patterns =
            patterns.iter().map(|pattern| regex(pattern)).collect::<Result<_>>()?;
        rules.unparsed_is_failed = config.flag(UNPARSED_IS_FAILED).unwrap_or(false);
        rules.any_unparsed_is_failed = config.flag(ANY_UNPARSED_IS_FAILED);
        rules.any_condition = config.flag(ANY_CONDITION).unwrap_or(false);
        Ok(rules)
    }

    /// Whether what has this name lies in a folder of inventories without being one.
    pub(super) fn ignore(&self, name: &str) -> bool {
        name.starts_with('.')
            || VARIABLE_FOLDERS.contains(&name)
            || self.ignored_endings.iter().any(|ending| name.ends_with(ending))
            || self.ignored_patterns.iter().any(|regex| regex.is_match(name).unwrap_or(false))
    }
}

fn regex(written: &str) -> Result<fancy_regex::Regex> {
    pattern::compiled(written).map_err(|error| {
        Trouble::refused(format!("reading `ignore_patterns`: `{written}`")).caused_by(&error)
    })
}

fn plugin(name: &str) -> Option<Plugin> {
    let own = |prefix| name.strip_prefix(prefix);
    Some(match own("ansible.builtin.").or_else(|| own("ansible.legacy.")).unwrap_or(name) {
        "host_list" => Plugin::HostList,
        "advanced_host_list" => Plugin::AdvancedHostList,
        "script" => Plugin::Script,
        "auto" => Plugin::Auto,
        "constructed" => Plugin::Constructed,
        "yaml" => Plugin::Yaml,
        "ini" => Plugin::Ini,
        "toml" => Plugin::Toml,
        _ => return None,
    })
}
