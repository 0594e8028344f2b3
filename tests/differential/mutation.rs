//! Random changes of whole Kayobe configurations: what Ymir makes of a changed one must change as it does in Ansible.
//!
//! Ansible is given what Kayobe 21.0.0 hands to it: Kayobe's own inventory with its defaults, each layer's inventory, and
//! each layer's files as extra variables. Compared are the variables that the changes reach, and some others.

mod change;
mod reach;
mod tree;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use ymir::settings::Environment;

use self::{
    change::{Change, Place},
    tree::Tree,
};
use crate::{
    grammar::{Grammar, Text, one_of},
    oracle::{HOME, Outcome, PASSWORD},
    precedence::variable_files,
    site,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "mutation", cases: 30, seed: None, strategy, question, ours };

/// Environments that changes add; the second may depend on the first.
const ADDED: [&str; 2] = ["added-one", "added-two"];

/// A tree, some changes of it, and what else is compared.
fn strategy() -> BoxedStrategy<Case> {
    let of_trees = Tree::all().into_iter().map(|tree| {
        let changes = vec(change(&tree), 1..5);
        (changes, any::<u16>(), prop_oneof![60 => Just(15_usize), 1 => Just(usize::MAX)]).prop_map(
            move |(changes, seed, sample)| {
                let changes = serde_json::to_string(&changes).unwrap();
                let texts = [
                    ("tree", tree.label.clone()),
                    ("changes", changes),
                    ("seed", seed.to_string()),
                    ("sample", sample.to_string()),
                ];
                texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
            },
        )
    });
    proptest::strategy::Union::new(of_trees.collect::<Vec<_>>()).boxed()
}

/// A text of the grammar in which `@v`, `@g` and `@h` stand for a variable, a group and a host of the tree.
fn of_tree(tree: &Tree, text: Text) -> BoxedStrategy<String> {
    let names = (vec(name(tree), 4), vec(group(tree), 3), vec(host(tree), 3));
    (text, names)
        .prop_map(|(text, (variables, groups, hosts))| {
            let fill = |text: String, mark: &str, names: Vec<String>| {
                names.iter().cycle().take(12).fold(text, |text, name| text.replacen(mark, name, 1))
            };
            fill(fill(fill(text, "@v", variables), "@g", groups), "@h", hosts)
        })
        .boxed()
}

fn name(tree: &Tree) -> BoxedStrategy<String> {
    let new = one_of(&["x1", "x2", "x3", "ansible_host", "ansible_user"]);
    let built_in = select(reach::built_in().names());
    if tree.names.is_empty() {
        return prop_oneof![1 => new, 4 => built_in].boxed();
    }
    prop_oneof![1 => new, 3 => built_in, 4 => select(tree.names.clone())].boxed()
}

fn group(tree: &Tree) -> BoxedStrategy<String> {
    let known = one_of(&["all", "ungrouped", "overcloud", "controllers", "compute", "seed", "new"]);
    prop_oneof![2 => select(tree.groups.clone()), 1 => known].boxed()
}

fn host(tree: &Tree) -> BoxedStrategy<String> {
    prop_oneof![6 => select(tree.hosts.clone()), 1 => one_of(&["h1", "h2"])].boxed()
}

/// A place of variables: a file at the top of a layer, or one of `group_vars` or `host_vars`.
fn place(tree: &Tree) -> BoxedStrategy<String> {
    let layers =
        tree.layers.iter().cloned().chain(ADDED.map(|name| format!("environments/{name}")));
    let layer = select(layers.collect::<Vec<_>>());
    let top = one_of(&["globals.yml", "networks.yml", "a.json.yml", "zz.yaml"]);
    let ending = || one_of(&["", ".yml", ".yaml", "/part.yml", "/deep/er"]);
    let groups =
        (group(tree), ending()).prop_map(|(name, end)| format!("inventory/group_vars/{name}{end}"));
    let hosts =
        (host(tree), ending()).prop_map(|(name, end)| format!("inventory/host_vars/{name}{end}"));
    let new = (layer, prop_oneof![3 => top, 3 => groups, 2 => hosts])
        .prop_map(|(layer, file)| format!("{layer}/{file}").trim_start_matches('/').to_owned());
    if tree.files.is_empty() {
        return new.boxed();
    }
    prop_oneof![3 => new, 1 => select(tree.files.clone())].boxed()
}

fn change(tree: &Tree) -> BoxedStrategy<Change> {
    let grammar = Grammar::read(include_str!("grammar/mutation.txt"));
    let text = |kind| of_tree(tree, grammar.text(kind));
    let set = |place: BoxedStrategy<Place>| {
        (place, text('t')).prop_map(|(place, value)| Change::Set { place, value })
    };
    let new = (place(tree), name(tree)).prop_map(|(file, name)| Place { file, name });
    let inventory = tree
        .layers
        .iter()
        .map(|layer| format!("{layer}/inventory/hosts").trim_start_matches('/').to_owned());
    let inventory = select(inventory.collect::<Vec<_>>());
    let lines =
        (inventory.clone(), text('i')).prop_map(|(file, text)| Change::Append { file, text });
    let moved = (inventory, host(tree), group(tree))
        .prop_map(|(file, host, group)| Change::MoveHost { file, host, group });
    let option = text('o').prop_map(Change::Option);
    let option_file = text('f').prop_map(Change::OptionFile);
    let depends = (select(&ADDED[..]), any::<bool>()).prop_map(|(name, deep)| Change::DependOn {
        name: name.to_owned(),
        needs: ADDED[..1]
            .iter()
            .filter(|other| deep && **other != name)
            .map(|one| (*one).into())
            .collect(),
    });
    let always = prop_oneof![
        5 => set(new.boxed()),
        2 => lines,
        2 => moved,
        2 => option,
        1 => option_file,
        1 => depends,
    ];
    if tree.places.is_empty() {
        return always.boxed();
    }
    let known = || select(tree.places.clone());
    let removed = known().prop_map(Change::Remove);
    let renamed = (known(), 0..3_usize).prop_map(|(place, typo)| Change::Rename { place, typo });
    prop_oneof![6 => always, 3 => set(known().boxed()), 1 => removed, 1 => renamed].boxed()
}

/// The changed tree as Kayobe would read it.
struct Changed {
    /// The layers' directories, lowest first.
    layers: Vec<Utf8PathBuf>,
    environment: Option<String>,
    /// What `-e` says.
    options: Vec<String>,
    names: Vec<String>,
}

/// Lays the tree out below the directory, changes it, and finds what is to be compared; the same each time.
fn changed(case: &Case, dir: &Utf8Path) -> Option<Changed> {
    let tree = Tree::all().into_iter().find(|tree| tree.label == case["tree"])?;
    let root = dir.join("site");
    if !root.exists() {
        tree.copy(&root);
    }
    let changes: Vec<Change> = serde_json::from_str(&case["changes"]).unwrap();
    let mut environment = tree.environment.clone();
    let done = dir.join("changed");
    let mut options = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        if let Change::DependOn { name, .. } = change {
            environment.get_or_insert_with(|| name.clone());
        }
        options.extend(change.option(dir, at));
        if !done.exists() {
            change.apply(dir, at, environment.as_deref());
        }
    }
    std::fs::write(&done, "").unwrap();
    let layers = tree::layers(&root, environment.as_deref());
    for layer in &layers {
        tree::with_hosts(&layer.join("inventory"));
    }
    let sample = (case["seed"].as_str(), case["sample"].parse().unwrap());
    let names = reach::names(&root, &layers, &options, &changes, sample);
    Some(Changed { layers, environment, options, names })
}

/// What both sides find in the environment.
fn environment(dir: &Utf8Path, changed: &Changed) -> BTreeMap<String, String> {
    let chosen = changed.environment.clone().unwrap_or_default();
    let layers = changed.layers[1..].iter().map(ToString::to_string);
    let layers = layers.collect::<Vec<_>>().join(":");
    let site = dir.join("site").to_string();
    let pairs = [
        ("HOME", HOME.to_owned()),
        ("PWD", "/somewhere".to_owned()),
        ("KAYOBE_VAULT_PASSWORD", PASSWORD.to_owned()),
        ("KAYOBE_CONFIG_PATH", site),
        ("KAYOBE_ENVIRONMENT", chosen),
        // For what Kayobe's own lookup would find out.
        ("YMIR_ENVIRONMENT_LAYERS", layers),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn question(case: &Case, dir: &Utf8Path) -> Value {
    // A kept case of a published tree that is not here asks for nothing.
    let Some(changed) = changed(case, dir) else { return json!({ "absent": true }) };
    let inventories = changed.layers.iter().map(|layer| layer.join("inventory"));
    let inventories: Vec<_> = inventories.filter(|path| path.exists()).collect();
    let files = changed.layers.iter().flat_map(|layer| variable_files(layer));
    let files = files.map(|file| format!("@{file}"));
    let options: Vec<String> = files.chain(changed.options.iter().cloned()).collect();
    json!({
        "built_in": tree::built_in_inventory(),
        "inventories": inventories,
        "options": options,
        "names": changed.names,
        "environment": environment(dir, &changed),
    })
}

fn ours(case: &Case, dir: &Utf8Path, theirs: &Outcome) -> Outcome {
    let changed = changed(case, dir).expect("the oracle was asked");
    let environment = Environment(environment(dir, &changed));
    let options = changed.options.join("\n");
    let read = site::load_in(environment, dir, changed.environment.as_deref(), &options)?;
    let mut told =
        site::told(&read, &changed.names.iter().map(String::as_str).collect::<Vec<_>>())?;
    for (host, variables) in told["variables"].as_object_mut().unwrap() {
        let theirs = theirs.as_ref().map(|theirs| &theirs["variables"][host]);
        for (name, value) in variables.as_object_mut().unwrap() {
            let theirs = theirs.as_ref().map_or(&Value::Null, |theirs| &theirs[name]);
            if lacks_collection(theirs) {
                *value = theirs.clone();
            }
        }
    }
    Ok(told)
}

/// Whether Ansible cannot evaluate a variable here only because it has no collections beside it: it tells nothing then.
fn lacks_collection(theirs: &Value) -> bool {
    let missing =
        ["No filter named 'ansible.", "No filter named 'community.", "couldn't resolve module"];
    theirs["error"].as_str().is_some_and(|error| missing.iter().any(|words| error.contains(words)))
}
