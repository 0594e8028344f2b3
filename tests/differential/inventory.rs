//! Random inventories in INI and YAML, with variables beside them.

use std::collections::BTreeSet;

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
    "00.json",
    "hosts.yml.j2",
    "x.YML",
    "y.ini",
    "z.pyc",
    ".hidden.yml",
    "a,b",
    "a,b.yml",
    "#x",
    "-x",
    "sub.d/hosts",
    "group_vars/sub.yml/hosts",
    "zz.pyo",
    "zz.rpm",
    "zz.swp",
    "x~.yml",
    "x.toml",
];

/// An INI inventory; mostly hosts come before sections, in which they would be no hosts, and all groups are declared.
fn ini(grammar: &Grammar) -> BoxedStrategy<String> {
    let care =
        prop_oneof![8 => Just((true, true)), 1 => Just((true, false)), 1 => Just((false, false))];
    (vec(grammar.text('L'), 0..12), care)
        .prop_map(|(mut lines, (sorted, declared))| {
            if sorted {
                lines.sort_by_key(|line| line.starts_with('['));
            }
            let text = lines.join("\n") + "\n";
            let groups = if declared { named_groups(&text) } else { String::new() };
            text + &groups
        })
        .boxed()
}

/// A section for each group that an INI inventory names.
fn named_groups(ini: &str) -> String {
    let (mut groups, mut children) = (BTreeSet::new(), false);
    for line in ini.lines().map(str::trim) {
        let section = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        if let Some((group, kind)) = section.and_then(|(section, _)| section.split_once(':')) {
            children = kind == "children";
            groups.insert(group);
        } else if section.is_some() {
            children = false;
        } else if children && !line.starts_with(['#', ';']) {
            groups.extend(line.split([' ', '#']).next().filter(|name| !name.is_empty()));
        }
    }
    groups.iter().flat_map(|group| ["[", group, "]\n"]).collect()
}

/// Files of one inventory: names below it, with their texts.
pub(crate) fn files(odd: u32) -> BoxedStrategy<Vec<(String, String)>> {
    let grammar = Grammar::with_odd(include_str!("grammar/inventories.txt"), odd);
    let ini = ini(&grammar);
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
