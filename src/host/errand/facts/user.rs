//! The account that Ymir is logged in as, and the Python that Ansible's modules would find.

use serde_json::{Map, Value, json};

use super::{Facts, put, said, text};
use crate::host::machine::Machine;

/// Prints what Ansible tells of its Python.
const PYTHON: &str = "import json, sys\n\
try:\n    from ssl import SSLContext\nexcept ImportError:\n    SSLContext = None\n\
v = sys.version_info\n\
print(json.dumps(dict(executable=sys.executable, type=sys.implementation.name, has_sslcontext=bool(SSLContext), \
version_info=list(v), version=dict(major=v[0], minor=v[1], micro=v[2], releaselevel=v[3], serial=v[4]))))";

pub(super) fn add(facts: &mut Facts, machine: &Machine) {
    let python: Value =
        serde_json::from_str(&said(machine, "python3", &["-c", PYTHON])).unwrap_or_default();
    if let Some(version) = python["version_info"].as_array() {
        let words: Vec<String> = version.iter().take(3).map(Value::to_string).collect();
        put(facts, "python_version", words.join("."));
        put(facts, "python", python);
    }
    account(facts, machine);
}

/// As `sudo` says who it was.
fn account(facts: &mut Facts, machine: &Machine) {
    let name = machine.caller();
    let accounts = text(machine, "/etc/passwd");
    let mut rows = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(row) = rows.find(|row| row.first() == Some(&name.as_str())) else { return };
    let [_, _, uid, gid, gecos, home, shell] = row[..] else { return };
    let (Ok(uid), Ok(gid)) = (uid.parse::<u32>(), gid.parse::<u32>()) else { return };
    put(facts, "user_id", name.as_str());
    put(facts, "user_gecos", gecos);
    put(facts, "user_dir", home);
    put(facts, "user_shell", shell);
    for name in ["user_uid", "real_user_id", "effective_user_id"] {
        put(facts, name, uid);
    }
    for name in ["user_gid", "real_group_id", "effective_group_id"] {
        put(facts, name, gid);
    }
    let env: Map<String, Value> =
        [("HOME", home), ("LOGNAME", &name), ("SHELL", shell), ("USER", &name)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
    put(facts, "env", env);
}
