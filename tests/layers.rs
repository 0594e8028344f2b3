//! The layers of `docs/architecture.md` as a test: each module names what it may use.
#![expect(clippy::unwrap_used, reason = "test")]

use std::{fs, path::Path};

/// The vocabulary that everybody may use.
const WORDS: &[&str] =
    &["event", "holder", "near", "origin", "pattern", "secret", "settings", "trouble"];

const MAY_USE: &[(&str, &[&str])] = &[
    ("event", &["trouble", "origin"]),
    ("holder", &[]),
    ("near", &[]),
    ("origin", &[]),
    ("pattern", &[]),
    ("secret", &["holder", "trouble"]),
    ("settings", &[]),
    ("trouble", &["origin"]),
    ("why", &["model"]),
    ("ansible", &[]),
    ("host", &[]),
    ("model", &["host"]),
    ("reference", &["ansible"]),
    ("resolve", &["ansible", "host", "model"]),
    ("check", &["ansible", "reference", "model", "resolve"]),
    ("plan", &["host", "model"]),
    ("run", &["plan"]),
    ("drivers", &["host", "model", "plan", "run", "why"]),
    ("report", &["plan"]),
    ("lab", &["model", "drivers"]),
    ("rack", &[]),
    (
        "cli",
        &[
            "ansible",
            "reference",
            "host",
            "model",
            "resolve",
            "check",
            "plan",
            "run",
            "drivers",
            "report",
            "lab",
            "rack",
            "why",
        ],
    ),
];

fn sources(path: &Path) -> Vec<String> {
    if path.is_file() {
        return vec![fs::read_to_string(path).unwrap()];
    }
    let entries = fs::read_dir(path).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"));
    paths.iter().flat_map(|path| sources(path)).collect()
}

/// Whether the code names `crate::module`, by itself or inside `use crate::{…}`.
fn uses(code: &str, module: &str) -> bool {
    let named =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next() == Some(module);
    let direct = code.match_indices("crate::").any(|(at, found)| named(&code[at + found.len()..]));
    let grouped = code.split("use crate::{").skip(1).any(|rest| {
        let mut depth = 1_i32;
        let mut top = String::new();
        for c in rest.chars() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if depth == 0 {
                break;
            }
            if depth == 1 {
                top.push(c);
            }
        }
        top.split(',').any(|item| named(item.trim()))
    });
    direct || grouped
}

#[test]
fn every_module_uses_only_the_layers_below_it() {
    for (module, allowed) in MAY_USE {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module);
        let code = [sources(&root), sources(&root.with_extension("rs"))].concat().join("\n");
        assert!(!code.is_empty(), "`{module}` has no source: mend the table");
        let upper = MAY_USE.iter().map(|(other, _)| *other).filter(|other| other != module);
        for other in upper.filter(|other| !allowed.contains(other)) {
            let common = WORDS.contains(&other) && !WORDS.contains(module);
            assert!(common || !uses(&code, other), "`{module}` must not use `{other}`");
        }
    }
}

#[test]
fn every_top_module_stands_in_the_table() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<_> =
        modules.filter(|module| MAY_USE.iter().all(|(known, _)| known != module)).collect();
    assert!(missing.is_empty(), "give these a row: {missing:?}");
}

#[test]
fn the_test_sees_a_forbidden_use() {
    assert!(uses("use crate::{origin::Origin, drivers};", "drivers"));
    assert!(uses("crate::drivers::process", "drivers"));
    assert!(!uses("use crate::{plan::{drivers}};", "drivers"));
}
