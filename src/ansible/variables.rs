//! Every variable of every host: which layers set it, which one wins, and what it evaluates to.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::world::World;
use crate::{
    origin::{Origin, Setting},
    secret::{Secret, SecretRef, Secrets},
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
    pub vault_password: Option<Secret>,
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
pub struct Variables {}

impl Variables {
    /// Reads every file once; nothing is evaluated yet.
    pub fn load(_load: &Load, _world: Arc<dyn World>) -> Result<Self> {
        Err(Trouble::internal("reading variables is not built in yet"))
    }

    /// All hosts, in inventory order.
    pub fn hosts(&self) -> Vec<String> {
        Vec::new()
    }

    /// Hosts of a group, in inventory order; `None` if there is no such group.
    pub fn group(&self, _name: &str) -> Option<Vec<String>> {
        None
    }

    /// Groups of a host, its own and their parents.
    pub fn groups_of(&self, _host: &str) -> Vec<String> {
        Vec::new()
    }

    /// Hosts that an Ansible host pattern selects, in inventory order.
    pub fn select(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Every variable name that the host has, sorted.
    pub fn names(&self, _host: &str) -> Vec<String> {
        Vec::new()
    }

    /// A variable's value for a host; `Ok(None)` if nothing sets it. What cannot be evaluated is a trouble that names
    /// the chain of variables.
    pub fn value(&self, _host: &str, _name: &str) -> Result<Option<Value>> {
        Ok(None)
    }

    /// Where the winning value was written.
    pub fn setting(&self, _host: &str, _name: &str) -> Option<Setting> {
        None
    }

    /// Everything that sets the variable for this host, the winner first.
    pub fn candidates(&self, _host: &str, _name: &str) -> Vec<Candidate> {
        Vec::new()
    }

    /// Whether the value holds text that came out of a vault.
    pub fn is_secret(&self, _host: &str, _name: &str) -> bool {
        false
    }

    /// The layers' directories, lowest first: the base, the environment's dependencies, the environment.
    pub fn layers(&self) -> &[Utf8PathBuf] {
        &[]
    }

    /// The directory of the selected environment, or the base without one: where Ymir writes files that are kept.
    pub fn environment_dir(&self) -> &Utf8Path {
        Utf8Path::new("")
    }
}

impl Secrets for Variables {
    fn find(&self, reference: &SecretRef) -> Result<Secret> {
        let SecretRef { host, variable, path } = reference;
        let missing =
            || Trouble::refused(format!("{host}: `{variable}` no longer holds {}", path.join(".")));
        let value = self.value(host, variable)?.ok_or_else(missing)?;
        let found = path.iter().try_fold(&value, |value, key| match value {
            Value::Array(list) => list.get(key.parse::<usize>().ok()?),
            _ => value.get(key),
        });
        match found.ok_or_else(missing)? {
            Value::String(text) => Ok(Secret::new(text.clone())),
            Value::Number(number) => Ok(Secret::new(number.to_string())),
            _ => Err(missing()),
        }
    }
}
