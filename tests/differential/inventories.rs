//! Random inventories of every kind: INI, YAML, TOML, programs, folders and constructed ones, with variables beside them.

use camino::Utf8Path;
use proptest::{option::weighted, prelude::*};
use serde_json::{Value, json};

use crate::{
    grammar::{Grammar, one_of, with_odd},
    inventory::{self, NAMES, without_clashes},
    oracle::Outcome,
    site,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "inventories", cases: 120, seed: None, strategy, question, ours };

fn strategy() -> BoxedStrategy<Case> {
    with_odd(with_so_many_odd)
}

fn with_so_many_odd(odd: u32) -> BoxedStrategy<Case> {
    let grammar = Grammar::with_odd(include_str!("grammar/inventories.txt"), odd);
    let toml = proptest::collection::vec(grammar.text('T'), 1..4).prop_map(|parts| parts.concat());
    let toml = (one_of(&["b.toml", "zz.toml", "sub/t.toml", "T.toml.toml", "t.TOML"]), toml);
    let program = (
        one_of(&[
            "run",
            "a.sh",
            "sub/run.py",
            "p.json",
            "p.yml",
            "sub/p.ini",
            "q.toml",
            "00",
            "p p",
        ]),
        grammar.text('P').prop_map(|output| program(&output)),
    );
    let options = proptest::collection::vec(grammar.text('C'), 0..4);
    let options =
        options.prop_map(|options| format!("plugin: constructed\n{}\n", options.join("\n")));
    let constructed = (
        one_of(&[
            "zz-c.yml",
            "hosts-c.yaml",
            "sub/c.yml",
            "zz.config",
            "zz-c",
            "zz.json",
            "00-c.yml",
        ]),
        options,
    );
    (inventory::files(odd), weighted(0.2, toml), weighted(0.2, program), weighted(0.3, constructed))
        .prop_map(|(files, toml, program, constructed)| {
            let all = files.into_iter().chain(toml).chain(program).chain(constructed);
            let all = without_clashes(all.collect());
            all.into_iter().map(|(name, text)| (format!("site/inventory/{name}"), text)).collect()
        })
        .boxed()
}

/// A program that prints the first line for `--list` and the second for a host.
fn program(output: &str) -> String {
    let (list, host) = output.split_once('\n').unwrap_or((output, ""));
    format!(
        "#!/bin/sh\nif [ \"$1\" = --list ]; then cat <<'E'\n{list}\nE\nelse cat <<'E'\n{host}\nE\nfi\n"
    )
}

fn question(_case: &Case, dir: &Utf8Path) -> Value {
    json!({ "inventories": [dir.join("site/inventory")], "names": NAMES })
}

fn ours(_case: &Case, dir: &Utf8Path, _theirs: &Outcome) -> Outcome {
    site::told(&site::load(dir, None, "")?, NAMES)
}
