//! Facts of hosts that were gathered earlier: in the cache that `ansible.cfg` names, else in Ymir's own, which is like it.

use std::{sync::Arc, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    config::{Config, Name},
    world::World,
    yaml::{Data, Node},
};
use crate::{
    origin::Origin,
    trouble::{Result, Trouble},
};

const PLUGIN: Name = ("ANSIBLE_CACHE_PLUGIN", "defaults", "fact_caching");
const DIRECTORY: Name = ("ANSIBLE_CACHE_PLUGIN_CONNECTION", "defaults", "fact_caching_connection");
const PREFIX: Name = ("ANSIBLE_CACHE_PLUGIN_PREFIX", "defaults", "fact_caching_prefix");
const TIMEOUT: Name = ("ANSIBLE_CACHE_PLUGIN_TIMEOUT", "defaults", "fact_caching_timeout");

/// Before the host's name: which shape the file has.
const SHAPE: &str = "s1_";

/// Where in the file the facts are, as JSON in a text.
const PAYLOAD: &str = "__payload__";

/// In the facts of Ansible, a value that has marks is a map with this key.
const MARKED: &str = "__ansible_type";

/// How long facts count unless it is said otherwise.
const A_DAY: u64 = 24 * 60 * 60;

/// Facts never become variables with these names: they would change how a host is reached.
const REACHING: [&str; 22] = [
    "ansible_connection",
    "ansible_connection_user",
    "ansible_docker_extra_args",
    "ansible_facts",
    "ansible_host",
    "ansible_module_compression",
    "ansible_network_os",
    "ansible_password",
    "ansible_pipelining",
    "ansible_playbook_python",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_scp_extra_args",
    "ansible_sftp_extra_args",
    "ansible_shell_executable",
    "ansible_shell_type",
    "ansible_ssh_pass",
    "ansible_timeout",
    "ansible_user",
    "ansible_become",
    "ansible_remote_tmp",
    "ansible_local_tmp",
];

/// Connections whose own settings facts may not be either.
const CONNECTIONS: [&str; 6] = ["become", "local", "paramiko_ssh", "psrp", "ssh", "winrm"];

/// Where facts are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactCache {
    directory: Utf8PathBuf,
    prefix: String,
    /// How long they count; `None` for ever.
    lifetime: Option<Duration>,
}

impl FactCache {
    /// The site's own cache, if its `ansible.cfg` keeps facts in JSON files; else the directory `own`.
    pub fn of(config: &Config, own: Option<&Utf8Path>) -> Option<Self> {
        let is_json = |plugin: String| plugin == "jsonfile" || plugin == "ansible.builtin.jsonfile";
        let own = || {
            let directory = own?.to_owned();
            Some(Self { directory, prefix: String::new(), lifetime: None })
        };
        if !config.value(PLUGIN).is_some_and(is_json) {
            return own();
        }
        let seconds = config.value(TIMEOUT).and_then(|text| text.trim().parse().ok());
        let lifetime = Some(seconds.unwrap_or(A_DAY)).filter(|seconds| *seconds > 0);
        Some(Self {
            directory: config.path(DIRECTORY)?,
            prefix: config.value(PREFIX).unwrap_or_default(),
            lifetime: lifetime.map(Duration::from_secs),
        })
    }

    /// The file of a host.
    pub fn file(&self, host: &str) -> Utf8PathBuf {
        let mut name = format!("{SHAPE}{host}");
        if ["/", "..", "<", ">", "|"].iter().any(|part| name.contains(part)) {
            let digest = Sha256::digest(name.as_bytes());
            let hex = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            name = hex.chars().take(name.len().max(12)).collect();
        }
        self.directory.join(format!("{}{name}", self.prefix))
    }

    /// Whether there may be any.
    pub(super) fn is_there(&self, world: &dyn World) -> Result<bool> {
        Ok(world.list(self.directory.as_str())?.is_some())
    }

    /// A host's facts by the names that they have in the cache; none if there are none that count.
    pub(super) fn read(&self, world: &dyn World, host: &str) -> Result<Vec<(String, Node)>> {
        let file = self.file(host);
        let is_old = |lifetime| world.age(file.as_str()).is_some_and(|age| age > lifetime);
        if self.lifetime.is_some_and(is_old) {
            return Ok(Vec::new());
        }
        let Some(bytes) = world.read(file.as_str())? else { return Ok(Vec::new()) };
        let found = opened(&bytes).map_err(|error| {
            Trouble::refused(format!("reading the facts of {host} in {file}"))
                .because(error)
                .hint("facts are only kept to be read: remove the file, and gather them again")
        })?;
        let origin = Origin::whole(file.as_str());
        let kept = |(name, value)| (name, untrusted(Node::of_value(&unmarked(value), &origin)));
        let own = |(name, _): &(String, Value)| !name.starts_with("_ansible_");
        Ok(found.into_iter().filter(own).map(kept).collect())
    }
}

fn opened(bytes: &[u8]) -> serde_json::Result<Map<String, Value>> {
    let file: Map<String, Value> = serde_json::from_slice(bytes)?;
    match file.get(PAYLOAD).and_then(Value::as_str) {
        Some(payload) => serde_json::from_str(payload),
        None => Ok(Map::new()),
    }
}

/// A value without Ansible's marks.
fn unmarked(value: Value) -> Value {
    match value {
        Value::Object(mut map) if map.contains_key(MARKED) => {
            unmarked(map.remove("value").unwrap_or_default())
        }
        Value::Object(map) => {
            map.into_iter().map(|(name, value)| (name, unmarked(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(unmarked).collect(),
        other => other,
    }
}

/// What stands in facts is never a template.
fn untrusted(Node { origin, data }: Node) -> Node {
    let data = match data {
        Data::Text(text) => Data::Unsafe(text),
        Data::List(items) => Data::List(items.into_iter().map(untrusted).collect()),
        Data::Map(pairs) => {
            let pair = |(name, value)| (untrusted(name), untrusted(value));
            Data::Map(pairs.into_iter().map(pair).collect())
        }
        other => other,
    };
    Node { origin, data }
}

/// The variable `ansible_facts`, with short names.
pub(super) fn together(facts: &[(String, Node)], origin: &Origin) -> (String, Node) {
    let short = |name: &str| match name.strip_prefix("ansible_") {
        Some(short) if name != "ansible_local" => short.to_owned(),
        _ => name.to_owned(),
    };
    let key = |name: &str| Node { origin: origin.clone(), data: Data::Unsafe(short(name)) };
    let pairs = facts.iter().map(|(name, value)| (key(name), value.clone())).collect();
    ("ansible_facts".to_owned(), Node { origin: origin.clone(), data: Data::Map(pairs) })
}

/// Facts as variables of their own, but for those that would change how a host is reached.
pub(super) fn alone(facts: Vec<(String, Node)>) -> impl Iterator<Item = (String, Node)> {
    facts.into_iter().filter(|(name, _)| !changes_the_way(name))
}

fn changes_the_way(name: &str) -> bool {
    if name.starts_with("ansible_ssh_host_key_") {
        return false;
    }
    let of_connection = CONNECTIONS.iter().any(|connection| {
        let rest = name.strip_prefix("ansible_").and_then(|rest| rest.strip_prefix(connection));
        rest.is_some_and(|rest| rest.starts_with('_'))
    });
    let is_device = name.ends_with("_bridge") || name.ends_with("_gwbridge");
    REACHING.contains(&name)
        || (of_connection && !is_device)
        || (name.starts_with("ansible_") && name.ends_with("_interpreter"))
}

/// The level at which facts stand.
pub(super) fn level() -> Arc<str> {
    "facts".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_do_not_change_how_a_host_is_reached() {
        let table = [
            ("ansible_kernel", false),
            ("ansible_ssh_host_key_rsa_public", false),
            ("ansible_ssh_common_args", true),
            ("ansible_become_password", true),
            ("ansible_python_interpreter", true),
            ("ansible_user", true),
            ("ansible_user_id", false),
            ("ansible_local", false),
            ("ansible_ssh_bridge", false),
        ];
        for (name, changes) in table {
            assert_eq!(changes_the_way(name), changes, "{name}");
        }
    }

    #[test]
    fn facts_are_read_as_ansible_keeps_them() {
        let payload = r#"{\"a\": [{\"__ansible_type\": \"_AnsibleTaggedStr\", \"value\": \"x\"}], \"b\": {\"c\": 1}}"#;
        let text = format!("{{\"__payload__\": \"{payload}\"}}");
        let found = opened(text.as_bytes()).unwrap();
        let found = unmarked(found.into());
        assert_eq!(found, serde_json::json!({ "a": ["x"], "b": { "c": 1 } }));
        assert_eq!(opened(b"{}").unwrap(), Map::new());
    }

    #[test]
    fn files_are_named_as_ansibles_cache_names_them() {
        let cache = FactCache { directory: "/cache".into(), prefix: "p_".into(), lifetime: None };
        assert_eq!(cache.file("ctl0.example"), "/cache/p_s1_ctl0.example");
        // By Python: hashlib.sha256(b"s1_a/b").hexdigest()[:12]
        assert_eq!(cache.file("a/b"), "/cache/p_7c0c47a5cac8");
    }
}
