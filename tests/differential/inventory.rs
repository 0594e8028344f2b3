//! Random inventories in INI and YAML, with variables beside them.

use proptest::{collection::vec, option::weighted, prelude::*};

use crate::grammar::{Grammar, one_of};

/// What is compared of every host.
pub(crate) const NAMES: &[&str] = &[
    "v0",
    "v1",
    "v2",
    "v3",
    "v4",
    "v-x",
    "ansible_user",
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

/// Names that may or may not be an inventory's.
const OTHER: &[&str] = &[
    "sub/hosts",
    "sub/a.yml",
    "sub/deep/hosts",
    "b.json",
    "c.yaml",
    "d.txt",
    "e.md",
    "f.bak",
    "g.cfg",
    "h~",
    ".i",
    "j.orig",
    "k.retry",
    "group_vars",
    "host_vars",
    "vars_plugins/x",
    "l.yml.bak",
    "m.yml~",
    "n.py",
    "group_vars.yml",
    "sub/group_vars/all.yml",
    "sub/host_vars/h1",
    "A",
    "1",
    "é",
    "o p",
];

/// Files of one inventory: names below it, with their texts.
pub(crate) fn files() -> BoxedStrategy<Vec<(String, String)>> {
    let grammar = Grammar::read(include_str!("grammar/inventories.txt"));
    let ini = vec(grammar.text('L'), 0..12).prop_map(|lines| lines.join("\n") + "\n");
    let main = one_of(&["hosts", "hosts", "hosts", "10-a", "hosts.ini", "a.b"]);
    let yaml = vec(grammar.text('Y'), 1..4).prop_map(|parts| parts.concat());
    let other = (one_of(OTHER), prop_oneof![ini.clone(), yaml.clone()]);
    let (main, yaml) = ((main, ini), (one_of(&["more.yml", "zz.yaml", "aa.yml", "zz"]), yaml));
    let owner = prop_oneof![3 => grammar.text('g'), 2 => grammar.text('h')];
    let place = (one_of(&["group_vars", "host_vars"]), owner, grammar.text('e'));
    let place = place.prop_map(|(kind, owner, ending)| format!("{kind}/{owner}{ending}"));
    let variables = vec((place, grammar.text('F')), 0..5);
    (main, weighted(0.4, yaml), weighted(0.2, other), variables)
        .prop_map(|(main, yaml, other, variables)| {
            let all = std::iter::once(main).chain(yaml).chain(other).chain(variables);
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
