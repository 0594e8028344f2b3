//! Random inventories in INI and YAML, with variables beside them.

use proptest::{collection::vec, prelude::*};

use crate::grammar::{Grammar, one_of};

/// What is compared of every host.
pub(crate) const NAMES: &[&str] = &[
    "v0",
    "v1",
    "v2",
    "v3",
    "ansible_port",
    "ansible_host",
    "ansible_connection",
    "group_names",
    "inventory_hostname",
    "inventory_hostname_short",
    "inventory_dir",
    "inventory_file",
    "ansible_group_priority",
];

/// Files of one inventory: names below it, with their texts.
pub(crate) fn files() -> BoxedStrategy<Vec<(String, String)>> {
    let grammar = Grammar::read(include_str!("grammar/inventories.txt"));
    let ini = vec(grammar.text('L'), 0..12).prop_map(|lines| lines.join("\n") + "\n");
    let main = (one_of(&["hosts", "hosts", "hosts", "10-a", "hosts.ini", "a.b"]), ini);
    let yaml = vec(grammar.text('Y'), 1..4).prop_map(|parts| parts.concat());
    let yaml = (one_of(&["more.yml", "zz.yaml", "aa.yml", "zz"]), yaml);
    let owner = prop_oneof![3 => grammar.text('g'), 2 => grammar.text('h')];
    let place = (one_of(&["group_vars", "host_vars"]), owner, grammar.text('e'));
    let place = place.prop_map(|(kind, owner, ending)| format!("{kind}/{owner}{ending}"));
    (main, proptest::option::weighted(0.4, yaml), vec((place, grammar.text('F')), 0..5))
        .prop_map(|(main, yaml, more)| {
            let all = std::iter::once(main).chain(yaml).chain(more);
            without_clashes(all.collect())
        })
        .boxed()
}

/// A name is a file or a directory, and no part of a path but a name.
pub(crate) fn without_clashes(files: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, text) in files {
        let within = |one: &str, other: &str| one == other || one.starts_with(&format!("{other}/"));
        if !kept.iter().any(|(known, _)| within(known, &name) || within(&name, known)) {
            kept.push((name, text));
        }
    }
    kept
}
