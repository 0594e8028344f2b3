//! Keeps what hosts tell of themselves, in the files that Ansible's own cache would have.

use std::{io::Write, os::unix::fs::PermissionsExt};

use camino::Utf8Path;
use serde_json::{Map, Value, json};

use crate::trouble::{Result, Tell};

/// Facts that are other ones each time.
const FLEETING: [&str; 7] = [
    "ansible_date_time",
    "ansible_loadavg",
    "ansible_memfree_mb",
    "ansible_memory_mb",
    "ansible_mounts",
    "ansible_swapfree_mb",
    "ansible_uptime_seconds",
];

/// Ansible's own cache has the facts as JSON in a text of this name.
const PAYLOAD: &str = "__payload__";

/// How many names of facts a change tells.
const NAMED: usize = 6;

/// What keeping the facts changes, in words.
pub fn change(file: &Utf8Path, found: &Map<String, Value>) -> Result<String> {
    let count = found.len();
    let before = match std::fs::read(file) {
        Ok(bytes) => opened(&bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(error).or_host(|| format!("reading {file}")),
    };
    if before.is_empty() {
        return Ok(format!("keep {count} facts, the first of this host"));
    }
    let names = found.keys().chain(before.keys().filter(|name| !found.contains_key(*name)));
    let changed = names.filter(|name| found.get(*name) != before.get(*name));
    let changed: Vec<&str> = changed
        .filter(|name| !FLEETING.contains(&name.as_str()))
        .map(|name| name.strip_prefix("ansible_").unwrap_or(name))
        .collect();
    Ok(match changed.len() {
        0 => format!("keep {count} facts; what should stay the same has done so"),
        more if more > NAMED => format!("keep {count} facts; {more} are others than before"),
        _ => format!("keep {count} facts; others than before: {}", changed.join(", ")),
    })
}

/// The facts in a file; none if it is damaged: it is about to be replaced.
fn opened(bytes: &[u8]) -> Map<String, Value> {
    let file: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let payload = file[PAYLOAD].as_str().unwrap_or_default();
    serde_json::from_str(payload).unwrap_or_default()
}

/// Writes the facts of one host, whole or not at all.
pub fn keep(file: &Utf8Path, found: &Map<String, Value>) -> Result<()> {
    let told = || format!("keeping facts in {file}");
    let directory = file.parent().unwrap_or(Utf8Path::new("."));
    std::fs::create_dir_all(directory).or_host(told)?;
    // Ansible's cache takes every file for a host, but for hidden ones.
    let beside = tempfile::Builder::new().prefix(".facts.").tempfile_in(directory);
    let mut beside = beside.or_host(told)?;
    let payload = serde_json::to_string(found).or_internal(told)?;
    let text = serde_json::to_vec(&json!({ PAYLOAD: payload })).or_internal(told)?;
    beside.write_all(&text).or_host(told)?;
    beside.as_file().set_permissions(PermissionsExt::from_mode(0o640)).or_host(told)?;
    beside.persist(file).or_host(told)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn it_is_told_which_facts_are_others() {
        let directory = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(directory.path()).unwrap().join("cache/node1");
        let first = facts(&json!({ "ansible_kernel": "6.1.0-1", "ansible_uptime_seconds": 5 }));
        assert_eq!(change(&file, &first).unwrap(), "keep 2 facts, the first of this host");
        keep(&file, &first).unwrap();
        let later = facts(&json!({ "ansible_kernel": "6.1.0-1", "ansible_uptime_seconds": 9 }));
        assert_eq!(
            change(&file, &later).unwrap(),
            "keep 2 facts; what should stay the same has done so"
        );
        let newer = facts(&json!({ "ansible_kernel": "6.1.0-2" }));
        assert_eq!(change(&file, &newer).unwrap(), "keep 1 facts; others than before: kernel");
        let names: Vec<_> = file.parent().unwrap().read_dir_utf8().unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
}
