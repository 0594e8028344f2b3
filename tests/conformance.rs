//! Every variable of every host of published configurations, and every file for Kolla, compared with what real Kayobe
//! made of them.
//!
//! The trees are not part of this repository. `YMIR_CONFORMANCE` names the directory with them; by default it is looked
//! for beside the repository.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "test")]

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the trees are; without any the test says that it is skipped.
fn trees() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    let trees = std::env::var_os("YMIR_CONFORMANCE").map_or_else(beside, PathBuf::from);
    if trees.join("check").is_file() {
        return Some(trees);
    }
    // Not `eprintln!`: the test harness would swallow it.
    let skipped =
        b"SKIPPED conformance: there are no trees to compare with; YMIR_CONFORMANCE names them\n";
    std::io::stderr().write_all(skipped).unwrap();
    None
}

#[test]
fn variables_mean_what_they_mean_in_kayobe() {
    let Some(trees) = trees() else { return };
    let check = Command::new("python3")
        .arg(trees.join("check"))
        .args(["--ymir", env!("CARGO_BIN_EXE_ymir")])
        .output();
    let output = check.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A published tree, an environment, and a file of it that needs programs which the tree lacks.
const INCOMPLETE: &[(&str, &str, &str)] = &[("stackhpc-kayobe-config", "aufn-ceph", "globals.yml")];

#[test]
fn merged_files_are_those_that_kayobe_makes() {
    let Some(root) = trees() else { return };
    for tree in directories(&root.join("kolla")) {
        for environment in directories(&root.join("kolla").join(&tree)) {
            compare_files(&root, &tree, &environment);
        }
    }
}

fn directories(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What the command says about an environment of a tree, with tokens for places on this machine.
fn merged(root: &Path, tree: &str, environment: &str, paths: &[String]) -> serde_json::Value {
    let (home, tree) = (root.join("home"), root.join("trees").join(tree));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
    command
        .args(["configuration", "merged", "--show-secrets", "--output", "json", "--config-path"])
        .arg(tree.join("etc/kayobe"))
        .args(paths)
        .env_clear()
        .envs([("USER", "operator"), ("KAYOBE_VAULT_PASSWORD", "golden-vault-password")])
        .envs([("KOLLA_CONFIG_PATH", "/out/kolla"), ("KOLLA_VENV_PATH", "/out/venv")])
        .env("HOME", &home);
    if environment != "base" {
        command.args(["--environment", environment]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let places = [(tree.to_str().unwrap(), "@TREE@"), (home.to_str().unwrap(), "@HOME@")];
    let places = [places, [("/out/kolla", "@KOLLA_CONFIG@"), ("/out/venv", "@KOLLA_VENV@")]];
    let tokens = |text: String, (place, token): &(&str, &str)| text.replace(place, token);
    serde_json::from_str(&places.as_flattened().iter().fold(text, tokens)).unwrap()
}

fn compare_files(root: &Path, tree: &str, environment: &str) {
    let listed = merged(root, tree, environment, &[]);
    let ours = listed.as_array().unwrap().iter().filter(|file| file["place"] == "control_host");
    let ours: BTreeSet<String> = ours.map(|file| file["path"].as_str().unwrap().into()).collect();
    let kolla = root.join("kolla").join(tree).join(environment).join("kolla");
    let mut theirs = BTreeSet::from(["globals.yml".to_owned()]);
    collect(&kolla, "config", &mut theirs);
    assert_eq!(ours, theirs, "{tree} {environment}");
    let complete = |path: &String| !INCOMPLETE.contains(&(tree, environment, path));
    let paths: Vec<String> = ours.into_iter().filter(complete).collect();
    let files = merged(root, tree, environment, &paths);
    for path in paths {
        let expected = std::fs::read_to_string(kolla.join(&path)).unwrap();
        assert_eq!(files[&path]["text"], expected, "{path} of {tree} {environment}");
    }
}

fn collect(root: &Path, dir: &str, found: &mut BTreeSet<String>) {
    for name in directories(&root.join(dir)) {
        let path = format!("{dir}/{name}");
        if root.join(&path).is_dir() {
            collect(root, &path, found);
        } else {
            found.insert(path);
        }
    }
}
