//! What the documents say about the code is so.
#![expect(clippy::unwrap_used, reason = "test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use ymir::event::{Event, Stamped};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// `SubjectLeftOut` as JSON spells it.
fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, c| {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        snake
    })
}

/// The variants of an enum of `src/event.rs`, as JSON spells them.
fn variants(name: &str) -> BTreeSet<String> {
    let source = text("src/event.rs");
    let body = source.split_once(&format!("pub enum {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    variants.map(|line| snake(line.trim_end_matches([' ', '{', ',']))).collect()
}

#[test]
fn every_event_has_an_example_that_is_one() {
    let document = text("docs/events.md");
    let examples: Vec<&str> = document.lines().filter(|line| line.starts_with('{')).collect();
    let (mut events, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
    for example in &examples {
        let written: serde_json::Value = serde_json::from_str(example).unwrap();
        let read: Stamped = serde_json::from_str(example).unwrap();
        assert_ne!(read.event, Event::Unknown, "{example}");
        let again = serde_json::to_value(&read).unwrap();
        assert_eq!(
            written, again,
            "an example has a field that the event lacks, or the other way round"
        );
        events.insert(written["event"].as_str().unwrap().to_owned());
        outcomes.extend(written["outcome"].as_str().map(str::to_owned));
    }
    let mut known = variants("Event");
    known.remove("unknown");
    assert_eq!(events, known);
    assert_eq!(outcomes, variants("Outcome"));
}

/// The rows of the table below `heading`: the first cell's word, and the words in code in the second.
fn rows(document: &str, heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (_, after) = document.split_once(heading).unwrap();
    let table = after.lines().skip_while(|line| !line.starts_with("| `"));
    let rows = table.take_while(|line| line.starts_with('|'));
    let words = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        (words(cells[0])[0].clone(), words(cells[1]).into_iter().collect())
    };
    rows.map(row).collect()
}

#[test]
fn the_table_of_layers_is_the_one_that_is_enforced() {
    let source = text("tests/layers.rs");
    let table = source.split_once("const MAY_USE").unwrap().1.split_once("= &[\n").unwrap().1;
    let table = table.split_once("\n];").unwrap().0.replace('\n', " ");
    let entries = table.split("    (").filter(|entry| entry.contains('"'));
    let enforced: BTreeMap<String, BTreeSet<String>> = entries
        .map(|entry| {
            let mut words = entry.split('"').skip(1).step_by(2).map(str::to_owned);
            (words.next().unwrap(), words.collect())
        })
        .collect();
    let described = rows(&text("docs/architecture.md"), "## Layers");
    assert_eq!(described, enforced, "mend the table in docs/architecture.md");
}

#[test]
fn every_module_is_described() {
    let document = text("docs/architecture.md");
    let lib = text("src/lib.rs");
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<_> =
        modules.filter(|module| !document.contains(&format!("\n**`{module}`** "))).collect();
    assert!(missing.is_empty(), "docs/architecture.md has no paragraph about {missing:?}");
}

/// One case in which Ymir does not do what Kayobe does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    id: String,
    case: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    difference: Vec<Difference>,
}

#[test]
fn differences_from_kayobe_are_whole_and_named_once() {
    let list: Differences = toml::from_str(&text("docs/kayobe-differences.toml")).unwrap();
    let mut seen = BTreeSet::new();
    for Difference { id, case, reason } in &list.difference {
        assert!(seen.insert(id), "{id} stands there twice");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(id.chars().all(plain), "{id}: small letters, digits and dashes only");
        let told = [case, reason].iter().all(|part| !part.trim().is_empty());
        assert!(told, "{id} is not told in full");
    }
}

fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/decisions"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let files = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
        for file in files.map(|target| target.split('#').next().unwrap()) {
            let path = document.parent().unwrap().join(file);
            assert!(path.exists(), "{}: {file} is not there", document.display());
        }
    }
}
