//! Ymir's side: variables of one host, and whole configurations.

use std::{collections::BTreeMap, sync::Arc};

use camino::Utf8Path;
use serde_json::{Map, Value, json};
use ymir::{
    ansible::{
        self, Load,
        template::Scope,
        vault::{DEFAULT_LABEL, Key, Keys},
        world::{Machine, World},
        yaml::{Data, Node},
    },
    secret::Secret,
    settings::Environment,
    trouble::Result,
};

use crate::{
    compare,
    oracle::{HOME, Outcome, PASSWORD},
};

/// An environment of nothing but a home, the settings of the other side and the directory in which both are started.
fn home() -> Environment {
    let set = [("HOME", HOME), ("ANSIBLE_CONFIG", CONFIG), ("PWD", env!("CARGO_MANIFEST_DIR"))];
    Environment(set.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

/// This machine with such an environment.
pub(crate) fn world() -> Machine {
    Machine::new(home())
}

/// What Ansible is told about how to read.
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/ansible.cfg");

/// The password of the one published tree whose secrets open.
const PUBLISHED_PASSWORD: &str = "golden-vault-password";

/// One vault password.
pub(crate) fn keys(password: &str) -> Keys {
    Keys { keys: vec![key(password)], only_matching: false }
}

fn key(password: &str) -> Key {
    Key { label: DEFAULT_LABEL.to_owned(), password: Secret::new(password) }
}

/// The variables of a lonely host.
pub(crate) struct Variables {
    variables: Node,
    world: Machine,
}

impl Variables {
    pub(crate) fn new(variables: Node) -> Self {
        Self { variables, world: world() }
    }
}

impl Scope for Variables {
    fn host(&self) -> &'static str {
        "host"
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        Ok(self.variables.get(name).cloned().map(Arc::new))
    }

    fn names(&self) -> Vec<String> {
        let Data::Map(pairs) = &self.variables.data else { return Vec::new() };
        pairs.iter().filter_map(|(key, _)| Some(key.data.as_text()?.to_owned())).collect()
    }

    fn other(&self, _host: &str) -> Option<Arc<dyn Scope>> {
        None
    }

    fn hosts(&self) -> Vec<String> {
        vec!["host".to_owned()]
    }

    fn select(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn search_paths(&self) -> Vec<String> {
        Vec::new()
    }

    fn world(&self) -> &dyn World {
        &self.world
    }
}

/// A site below the directory, read.
pub(crate) fn load(
    dir: &Utf8Path,
    environment: Option<&str>,
    options: &str,
) -> Result<ansible::Variables, String> {
    load_in(home(), dir, environment, options)
}

/// [`load`] where there are more environment variables.
pub(crate) fn load_in(
    process: Environment,
    dir: &Utf8Path,
    environment: Option<&str>,
    options: &str,
) -> Result<ansible::Variables, String> {
    let load = Load {
        config_path: dir.join("site"),
        environment: environment.map(str::to_owned),
        extra_vars: options
            .split('\n')
            .filter(|option| !option.is_empty())
            .map(str::to_owned)
            .collect(),
        inventories: Vec::new(),
        vault: Keys { keys: [PASSWORD, PUBLISHED_PASSWORD].map(key).into(), only_matching: false },
        ..Load::default()
    };
    ansible::Variables::load(&load, Arc::new(Machine::new(process)))
        .map_err(|trouble| trouble.to_string())
}

/// Hosts, groups, and the named variables of every host, each evaluated by itself.
pub(crate) fn told(site: &ansible::Variables, names: &[&str]) -> Outcome {
    let hosts = site.hosts();
    // This machine is known even where there is no host.
    let host = hosts.first().map_or("localhost", String::as_str);
    let groups = site.value(host, "groups").map_err(|trouble| trouble.to_string())?;
    let Some(Value::Object(groups)) = groups else { return Ok(Value::Null) };
    let sorted = |(name, hosts): (String, Value)| {
        let mut hosts = hosts.as_array().cloned().unwrap_or_default();
        hosts.sort_by_key(|host| host.as_str().map(str::to_owned));
        (name, Value::from(hosts))
    };
    let groups: BTreeMap<String, Value> = groups.into_iter().map(sorted).collect();
    let variables = hosts.iter().map(|host| (host.clone(), evaluated(site, host, names)));
    let variables: Map<String, Value> = variables.collect();
    Ok(json!({ "hosts": hosts, "groups": groups, "variables": variables }))
}

fn evaluated(site: &ansible::Variables, host: &str, names: &[&str]) -> Value {
    let values = names.iter().filter_map(|name| {
        let value = site.value(host, name).map_err(|trouble| trouble.to_string()).transpose()?;
        Some(((*name).to_owned(), compare::as_value(&value)))
    });
    Value::Object(values.collect())
}
