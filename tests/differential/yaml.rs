//! Random YAML documents.

use std::sync::Arc;

use camino::Utf8Path;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use ymir::{
    ansible::{
        files,
        template::Evaluator,
        yaml::{Data, Node},
    },
    trouble::Trouble,
};

use crate::{
    grammar::{Grammar, Text},
    oracle::Outcome,
    site::Variables,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "yaml", cases: 3000, seed: None, strategy, question, ours };

/// What may stand after a key, and the lines below it.
#[derive(Debug, Clone)]
struct Piece {
    first: String,
    below: Vec<String>,
}

fn indented(lines: &[String], by: usize) -> impl Iterator<Item = String> {
    let by = " ".repeat(by);
    lines
        .iter()
        .map(move |line| if line.is_empty() { String::new() } else { format!("{by}{line}") })
}

/// A list's entry: what is below may begin on the line of the dash.
fn entry(piece: &Piece, compact: bool, gap: usize) -> Vec<String> {
    let dash = format!("-{}", " ".repeat(gap));
    if compact && piece.first.is_empty() && !piece.below.is_empty() {
        let mut lines: Vec<String> = indented(&piece.below, gap + 1).collect();
        lines[0] = format!("{dash}{}", piece.below[0]);
        return lines;
    }
    let mut lines = vec![format!("{dash}{}", piece.first)];
    lines.extend(indented(&piece.below, 2));
    lines
}

fn pair(key: &str, piece: &Piece, indent: usize) -> Vec<String> {
    let mut lines = vec![format!("{key}: {}", piece.first)];
    lines.extend(indented(&piece.below, indent));
    lines
}

fn block_scalar(grammar: &Grammar) -> BoxedStrategy<Piece> {
    (grammar.text('B'), vec(grammar.text('l'), 0..5))
        .prop_map(|(first, below)| Piece { first, below })
        .boxed()
}

fn scalar(grammar: &Grammar) -> BoxedStrategy<Piece> {
    let first =
        prop_oneof![3 => grammar.text('s'), 2 => grammar.text('v'), 1 => "[a-z0-9:#_.+~ -]{0,6}"];
    let below = prop_oneof![9 => Just(Vec::new()), 1 => vec(grammar.text('m'), 1..3)];
    (first, below).prop_map(|(first, below)| Piece { first, below }).boxed()
}

/// Lines below a key or dash, on whose line there may be a tag or an anchor.
fn below(grammar: &Grammar, lines: BoxedStrategy<Vec<String>>) -> BoxedStrategy<Piece> {
    let first = prop_oneof![8 => Just(String::new()), 1 => grammar.text('P')];
    (first, lines).prop_map(|(first, below)| Piece { first, below }).boxed()
}

fn piece(grammar: &Grammar, depth: usize) -> BoxedStrategy<Piece> {
    let leaf = prop_oneof![4 => scalar(grammar), 1 => block_scalar(grammar)].boxed();
    if depth == 0 {
        return leaf;
    }
    let inner = piece(grammar, depth - 1);
    let items = vec((inner.clone(), any::<bool>(), 1..4_usize), 1..4);
    let list = items.prop_map(|items| {
        items.iter().flat_map(|(item, compact, gap)| entry(item, *compact, *gap)).collect()
    });
    let key = prop_oneof![6 => "[a-d]", 2 => grammar.text('K')];
    let map = vec((key, inner, 0..4_usize), 1..5).prop_map(|pairs| {
        pairs.iter().flat_map(|(key, value, indent)| pair(key, value, *indent)).collect()
    });
    let (list, map) = (below(grammar, list.boxed()), below(grammar, map.boxed()));
    prop_oneof![1 => leaf, 1 => list, 2 => map].boxed()
}

fn document(grammar: &Grammar) -> Text {
    let whole = |piece: Piece| [vec![piece.first], piece.below].concat().join("\n");
    (grammar.text('D'), piece(grammar, 3), grammar.text('E'))
        .prop_map(move |(before, piece, after)| format!("{before}{}{after}", whole(piece)))
        .boxed()
}

fn strategy() -> BoxedStrategy<Case> {
    let grammar = Grammar::read(include_str!("grammar/yaml.txt"));
    let soup = vec(grammar.text('o'), 0..14).prop_map(|tokens| tokens.concat());
    // A lone scalar is no configuration.
    let json = grammar.text('j').prop_map(|json| format!("[{json}]"));
    prop_oneof![6 => document(&grammar), 1 => json, 2 => soup]
        .prop_map(|text| [("text".to_owned(), text)].into_iter().collect())
        .boxed()
}

fn question(case: &Case, _dir: &Utf8Path) -> Value {
    json!({ "text": case["text"] })
}

fn ours(case: &Case, _dir: &Utf8Path, _theirs: &Outcome) -> Outcome {
    let told = |trouble: Trouble| trouble.to_string();
    let node = untemplated(files::parse(&case["text"], &"case.yml".into(), false).map_err(told)?);
    Evaluator::new(Arc::new(Variables::new(node.clone()))).node("case", &node).map_err(told)
}

/// The value with its texts as they are, whatever they look like, and with marks on those that are no templates.
fn untemplated(node: Node) -> Node {
    let pair = |(key, value)| (key_as_it_is(key), untemplated(value));
    let data = match node.data {
        Data::Text(text) => Data::Unsafe(text),
        Data::Unsafe(text) => Data::Unsafe(format!("unsafe: {text}")),
        Data::Moment(moment) => Data::Unsafe(format!("date: {moment}")),
        Data::Vault(text) => Data::Unsafe(format!("encrypted: {text}")),
        Data::List(items) => Data::List(items.into_iter().map(untemplated).collect()),
        Data::Map(pairs) => Data::Map(pairs.into_iter().map(pair).collect()),
        other => other,
    };
    Node { data, ..node }
}

fn key_as_it_is(key: Node) -> Node {
    let data = match key.data {
        Data::Text(text) => Data::Unsafe(text),
        other => other,
    };
    Node { data, ..key }
}
