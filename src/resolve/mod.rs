//! Translates variables to the model; the only place where a Kayobe variable name is spelled.

pub mod addressing;
pub mod allocation;
pub mod baremetal_compute;
pub mod bios_raid;
pub mod bmc;
pub mod concerns;
pub mod dib;
pub mod discovery;
pub mod downtime;
pub mod hosts;
pub mod image_recipe;
pub mod image_source;
pub mod images;
pub mod inspection_rules;
pub mod lab;
pub mod login;
pub mod merged;
pub mod networks;
pub mod node_list;
pub mod nodes;
mod ports;
pub mod reached;
pub mod serial_console;
pub mod tolerance;
pub mod vips;
pub mod ways;
mod wrong_type;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    ansible::Variables,
    origin::{Setting, Sourced},
    secret::names_secret,
    trouble::{Result, Trouble},
};

/// Variables that only say which environment it is, where it lies, and who else is in it.
pub const SAYS_WHERE: &[&str] = &[
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "groups",
    "inventory_dir",
    "inventory_file",
    "kayobe_env_config_path",
    "kayobe_env_search_paths",
    "kayobe_environment",
    "play_hosts",
];

/// Reads one host's variables into types, with messages that name the host, the variable and its place.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub variables: &'a Variables,
    pub host: &'a str,
}

impl<'a> Reader<'a> {
    pub fn new(variables: &'a Variables, host: &'a str) -> Self {
        Self { variables, host }
    }

    /// A variable that must be set and not null.
    pub fn need<T: DeserializeOwned>(&self, name: &str) -> Result<Sourced<T>> {
        self.get(name)?.ok_or_else(|| match self.variables.setting(self.host, name) {
            Some(setting) => {
                Trouble::refused(format!("{}: `{name}` is empty", self.host)).set_by(&setting)
            }
            None => Trouble::refused(format!("{}: `{name}` is not set", self.host)),
        })
    }

    /// A variable that may be absent or null.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Sourced<T>>> {
        let found = self.variables.value(self.host, name).map_err(|trouble| {
            if trouble.what.contains(name) {
                return trouble;
            }
            trouble
                .while_trying(format!("{}: reading `{name}`", self.host))
                .set_by(&self.setting(name))
        });
        let Some(value) = found?.filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let setting = self.setting(name);
        match T::deserialize(&value) {
            Ok(read) => Ok(Some(Sourced { value: read, setting })),
            Err(error) => match wrong_type::expected(&error.to_string()) {
                Some(expected) => Err(self.wrong(name, &expected, &value)),
                None => Err(Trouble::refused(format!("{}: reading `{name}`", self.host))
                    .because(error)
                    .set_by(&setting)),
            },
        }
    }

    /// One value of a variable that is a dict, without a look at the others: those may be as many as there are hosts.
    pub fn item(&self, name: &str, key: &str) -> Result<Option<Value>> {
        let found = self.variables.item(self.host, name, key).map_err(|trouble| {
            trouble
                .while_trying(format!("{}: reading `{name}`", self.host))
                .set_by(&self.setting(name))
        });
        match found? {
            Some(found) => Ok(Some(found)),
            // A variable that cannot be evaluated, or is no dict, is told here.
            None => Ok(self
                .get::<BTreeMap<String, Value>>(name)?
                .and_then(|mut all| all.value.remove(key))),
        }
    }

    /// The trouble of a variable that holds something else than is expected; a secret is not shown.
    fn wrong(&self, name: &str, expected: &str, found: &Value) -> Trouble {
        let hidden = names_secret(name) || self.variables.is_secret(self.host, name);
        let found = wrong_type::described(found, hidden);
        Trouble::refused(format!("{}: reading `{name}`", self.host))
            .because(format!("expected {expected}, found {found}"))
            .set_by(&self.setting(name))
    }

    /// Where the variable's winning value was written.
    pub fn setting(&self, name: &str) -> Setting {
        self.variables.setting(self.host, name).unwrap_or_else(|| Setting {
            variable: name.into(),
            origin: crate::origin::Origin::whole("not set"),
        })
    }
}
