//! Random configurations of several layers: inventories, extra variables, the command line, vaults.

use camino::{Utf8Path, Utf8PathBuf};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    grammar::{Grammar, one_of, with_odd},
    inventory::{self, NAMES},
    oracle::Outcome,
    site,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "layers", cases: 80, seed: None, strategy, question, ours };

/// The environment's name.
const ENVIRONMENT: &str = "e";
/// Below the case's directory, lowest first: the base, what the environment depends on, the environment.
const LAYERS: [&str; 3] = ["site", "site/environments/d", "site/environments/e"];

type Files = Vec<(String, String)>;

/// Files of variables at the top of a layer.
fn extra(grammar: &Grammar) -> BoxedStrategy<Files> {
    let name = one_of(&["a.yml", "b.yml", "c.yaml", "d.json", "networks.yml", "e.txt", "f"]);
    vec((name, grammar.text('f')), 0..3).boxed()
}

fn strategy() -> BoxedStrategy<Case> {
    with_odd(with_so_many_odd)
}

fn with_so_many_odd(odd: u32) -> BoxedStrategy<Case> {
    let grammar = Grammar::with_odd(include_str!("grammar/layers.txt"), odd);
    let layers = vec((inventory::files(odd), extra(&grammar)), LAYERS.len());
    let options = vec(grammar.text('o'), 0..2);
    (layers, options)
        .prop_map(|(layers, options)| {
            let mut case = Case::new();
            for (layer, (inventory, extra)) in LAYERS.iter().zip(layers) {
                let placed =
                    inventory.into_iter().map(|(name, text)| (format!("inventory/{name}"), text));
                case.extend(
                    placed.chain(extra).map(|(name, text)| (format!("{layer}/{name}"), text)),
                );
            }
            let depends = "dependencies:\n  - d\n".to_owned();
            case.insert("site/environments/e/.kayobe-environment".to_owned(), depends);
            case.insert("options".to_owned(), options.join("\n"));
            case
        })
        .boxed()
}

fn question(case: &Case, dir: &Utf8Path) -> Value {
    let inventories = LAYERS.map(|layer| dir.join(layer).join("inventory"));
    let inventories = inventories.into_iter().filter(|path| path.exists()).collect::<Vec<_>>();
    let files = LAYERS.iter().flat_map(|layer| variable_files(&dir.join(layer)));
    let mut options: Vec<String> = files.map(|file| format!("@{file}")).collect();
    options.extend(given(case, dir).split('\n').map(str::to_owned));
    json!({ "inventories": inventories, "options": options, "names": NAMES })
}

/// What is given with `-e`, an option per line; `SITE` is the configuration's directory.
fn given(case: &Case, dir: &Utf8Path) -> String {
    case["options"].replace("SITE", dir.join("site").as_str())
}

/// The files that Kayobe hands over with `-e`.
pub(crate) fn variable_files(layer: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = layer.read_dir_utf8().into_iter().flatten();
    let mut files: Vec<Utf8PathBuf> = entries.map(|entry| entry.unwrap().into_path()).collect();
    files
        .retain(|path| path.is_file() && matches!(path.extension(), Some("yml" | "yaml" | "json")));
    files.sort();
    files
}

fn ours(case: &Case, dir: &Utf8Path, _theirs: &Outcome) -> Outcome {
    site::told(&site::load(dir, Some(ENVIRONMENT), &given(case, dir))?, NAMES)
}
