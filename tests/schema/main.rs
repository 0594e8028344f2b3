//! The JSON Schema that `ymir configuration schema` writes, held against a validator that others use.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test")]

use std::{
    io::Write,
    process::{Command, Stdio},
};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};
use ymir::{
    ansible::yaml::{self, Data, Node},
    settings::Environment,
};

/// Python with the package `jsonschema`; without it the test says that it is skipped.
fn python() -> Option<Utf8PathBuf> {
    let venv = Environment::of_this_process().cache_dir().join("test-ansible");
    if venv.join("with-jsonschema").exists() {
        return Some(venv.join("bin/python"));
    }
    // Not `eprintln!`: the test harness would swallow it.
    let skipped = b"SKIPPED: no validator of JSON Schema; run tests/setup-ansible\n".as_slice();
    std::io::stderr().write_all(skipped).unwrap();
    None
}

/// The schema for an environment of a configuration.
fn schema(site: &Utf8Path, environment: Option<&str>) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .args(["configuration", "schema", "--config-path", site.as_str()])
        .args(environment.iter().flat_map(|name| ["--environment", name]))
        .env_clear()
        .env("HOME", "/home/operator")
        .env("KAYOBE_VAULT_PASSWORD", "golden-vault-password")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// What the validator does not accept: documents, and the places in them.
fn faults(python: &Utf8Path, schema: &Value, documents: &Value) -> Vec<String> {
    let mut validator = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema/validate.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let asked = json!({ "schema": schema, "documents": documents }).to_string();
    validator.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let output = validator.wait_with_output().unwrap();
    assert!(output.status.success(), "the schema is none of its dialect");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A value as an editor sees it: what is encrypted may be anything.
fn as_json(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(number) => json!(i64::try_from(*number).unwrap()),
        Data::Float(number) => json!(number),
        Data::Moment(moment) => json!(moment.to_string()),
        Data::Text(text) | Data::Unsafe(text) => json!(text),
        Data::Vault(_) => json!("{{ vault }}"),
        Data::List(items) => items.iter().map(as_json).collect(),
        Data::Map(pairs) => {
            let key = |key: &Node| match as_json(key) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let pairs = pairs.iter().map(|(name, value)| (key(name), as_json(value)));
            Value::Object(pairs.collect())
        }
    }
}

/// The files of variables of a layer that can be read without a password.
fn documents(layer: &Utf8Path, into: &mut Map<String, Value>) {
    let mut files = Vec::new();
    for entry in layer.read_dir_utf8().into_iter().flatten() {
        files.push(entry.unwrap().into_path());
    }
    files.retain(|file| file.is_file());
    for folder in ["inventory/group_vars", "inventory/host_vars"] {
        collect(&layer.join(folder), &mut files);
    }
    files.retain(|file| matches!(file.extension(), None | Some("yml" | "yaml" | "json")));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if !text.starts_with("$ANSIBLE_VAULT") && !file.ends_with("LICENSE") {
            let read = yaml::parse(&text, &file.as_str().into()).unwrap();
            into.insert(file.into_string(), as_json(&read));
        }
    }
}

fn collect(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().into_iter().flatten() {
        let path = entry.unwrap().into_path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// This repository's configurations, and published ones where they are: found as `tests/conformance.rs` finds them.
fn sites() -> Vec<Utf8PathBuf> {
    let top = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = Environment::of_this_process();
    let named = named.get("YMIR_CONFORMANCE").map(Utf8PathBuf::from);
    let published = named.unwrap_or_else(|| top.join("../shared/conformance")).join("trees");
    let trees = published.read_dir_utf8().into_iter().flatten();
    let trees = trees.map(|entry| entry.unwrap().path().join("etc/kayobe"));
    let own = ["kayobe", "merged"].map(|name| top.join("tests/sites").join(name));
    own.into_iter().chain(trees).collect()
}

/// The environments of a configuration, or none of them.
fn environments(site: &Utf8Path) -> Vec<Option<String>> {
    let entries = site.join("environments").read_dir_utf8().into_iter().flatten();
    let names = entries.map(|entry| Some(entry.unwrap().file_name().to_owned()));
    let found: Vec<_> = names.collect();
    if found.is_empty() { vec![None] } else { found }
}

#[test]
fn the_schema_accepts_what_real_configurations_say() {
    let Some(python) = python() else { return };
    let mut seen = 0;
    for site in sites() {
        // The base is the same with every environment.
        let mut base = Map::new();
        documents(&site, &mut base);
        for environment in environments(&site) {
            let mut read = std::mem::take(&mut base);
            if let Some(name) = &environment {
                documents(&site.join("environments").join(name), &mut read);
            }
            seen += read.len();
            let schema = schema(&site, environment.as_deref());
            let found = faults(&python, &schema, &read.into());
            assert!(found.is_empty(), "{found:#?}");
        }
    }
    assert!(seen > 20, "only {seen} files were read");
}

#[test]
fn the_schema_refuses_what_is_of_no_type() {
    let Some(python) = python() else { return };
    let site = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites/kayobe");
    let schema = schema(&site, Some("production"));
    let documents = json!({
        "word": { "container_engine": "dokcer" },
        "number": { "kolla_internal_fqdn": ["a"], "inspector_keep_ports": 3 },
        "inside": { "seed_swap": [{ "path": 1 }] },
        "no map": ["a"],
        "template": { "container_engine": "{{ engine }}" },
        "own": { "whatever_else": { "a": [1] } },
        "empty": null,
    });
    let found = faults(&python, &schema, &documents);
    insta::assert_snapshot!(found.join("\n"), @"
    inside: seed_swap
    no map: all of it
    number: inspector_keep_ports
    number: kolla_internal_fqdn
    word: container_engine
    ");
}
