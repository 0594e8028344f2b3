//! Random host patterns over a few inventories.

use std::sync::Arc;

use camino::Utf8Path;
use proptest::prelude::*;
use serde_json::{Value, json};
use ymir::ansible::{
    files::Files,
    inventory::{Inventory, rules::Rules, source},
    patterns,
};

use crate::{
    grammar::Grammar,
    oracle::Outcome,
    site,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "patterns", cases: 1500, seed: None, strategy, question, ours };

fn strategy() -> BoxedStrategy<Case> {
    let grammar = Grammar::read(include_str!("grammar/patterns.txt"));
    (grammar.text('v'), grammar.text('t'))
        .prop_map(|(inventory, pattern)| {
            let pairs = [("site/inventory/hosts", inventory), ("pattern", pattern)];
            pairs.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
        })
        .boxed()
}

fn question(case: &Case, dir: &Utf8Path) -> Value {
    json!({ "inventory": dir.join("site/inventory"), "pattern": case["pattern"] })
}

fn ours(case: &Case, dir: &Utf8Path, _theirs: &Outcome) -> Outcome {
    let files = Files::without_keys(Arc::new(site::world()), dir);
    let sources = [dir.join("site/inventory")];
    let mut inventory = Inventory::new();
    let read = source::read_all(&mut inventory, &files, &Rules::default(), &sources);
    let selected = read.and_then(|()| {
        inventory.settle()?;
        inventory.add_implicit_localhost();
        patterns::matching_hosts(&inventory, &case["pattern"])
    });
    let name = |host: usize| Value::from(inventory.hosts[host].name.as_str());
    let names = |hosts: Vec<usize>| hosts.into_iter().map(name).collect::<Value>();
    selected.map(names).map_err(|trouble| trouble.to_string())
}
