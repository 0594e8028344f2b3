//! What two configurations say about the same hosts, side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use fancy_regex::Regex;
use serde_json::{Value, json};

use super::{Side, files::FileChange};
use crate::{
    ansible::Variables,
    cli::options,
    origin::Origin,
    resolve,
    secret::MASK,
    trouble::{Result, Trouble},
};

/// This machine: it shows what holds for every host, even if the two sides have no host in common.
const LOCALHOST: &str = "localhost";

/// In the message about a vault that cannot be opened.
const VAULT: &str = "opening the vault text";

/// Everything that differs.
pub(super) struct Comparison {
    /// What the sides are called.
    pub(super) labels: [String; 2],
    /// Each with the hosts that it is the same for: what is set differently first, then what follows from it.
    pub(super) changes: Vec<(Change, Vec<String>)>,
    /// Merged files that differ.
    pub(super) files: Vec<FileChange>,
    /// Variables with a vault that neither side has opened: as they are written, they are the same.
    pub(super) shut: BTreeSet<String>,
    /// How many hosts both sides have.
    pub(super) shared: usize,
    /// Hosts that only the one side or the other has.
    pub(super) only: [Vec<String>; 2],
}

/// A variable that differs.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// It is written the same on both sides, and differs because others do.
    pub(super) follows: bool,
    pub(super) variable: String,
    /// It holds secrets, so no value is shown.
    pub(super) secret: bool,
    /// Where either side sets it.
    pub(super) origins: [Option<Origin>; 2],
    pub(super) parts: Vec<Part>,
}

/// A place inside a value that differs: keys that lead there, and what either side has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) path: Vec<String>,
    pub(super) values: [Found; 2],
}

/// What a variable is on one side. Values are JSON text, so that changes can be sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Nothing,
    Value(String),
    Fault(String),
}

impl Comparison {
    pub(super) fn of(
        before: &Side,
        after: &Side,
        patterns: [Option<&str>; 2],
        variable: Option<&str>,
    ) -> Result<Self> {
        let both = hosts([before, after], patterns)?;
        let mut changes: BTreeMap<Change, Vec<String>> = BTreeMap::new();
        let mut shut = BTreeSet::new();
        let shared: Vec<&String> = both[0].iter().filter(|host| both[1].contains(host)).collect();
        for host in &shared {
            let (found, shut_here) = of_host(before, after, host, variable);
            shut.extend(shut_here);
            for change in found {
                changes.entry(change).or_default().push((*host).clone());
            }
        }
        let without = |one: &[String], other: &[String]| {
            one.iter().filter(|host| !other.contains(host)).cloned().collect()
        };
        let only = [without(&both[0], &both[1]), without(&both[1], &both[0])];
        let labels = [before.label.clone(), after.label.clone()];
        let (changes, shared) = (changes.into_iter().collect(), shared.len());
        Ok(Self { labels, changes, files: Vec::new(), shut, shared, only })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.files.is_empty() && self.only.iter().all(Vec::is_empty)
    }
}

/// The hosts of either side that all patterns select; a pattern may select hosts of one side only.
fn hosts(sides: [&Side; 2], patterns: [Option<&str>; 2]) -> Result<[Vec<String>; 2]> {
    let mut hosts = sides.map(|side| match patterns {
        [None, None] => with_localhost(side.variables.hosts()),
        _ => Vec::new(),
    });
    let variables = sides.map(|side| &side.variables);
    let named = ["--host", options::LIMIT].into_iter().zip(patterns);
    let named = named.filter_map(|(option, pattern)| Some((option, pattern?)));
    for (place, (option, pattern)) in named.enumerate() {
        let selected = options::selected(&variables, option, pattern)?;
        for (hosts, selected) in hosts.iter_mut().zip(selected) {
            match place {
                0 => *hosts = selected,
                _ => hosts.retain(|host| selected.contains(host)),
            }
        }
    }
    if hosts.iter().all(Vec::is_empty) {
        return Err(Trouble::refused("--host and --limit leave no host to compare"));
    }
    Ok(hosts)
}

pub(super) fn with_localhost(mut hosts: Vec<String>) -> Vec<String> {
    if !hosts.iter().any(|host| host == LOCALHOST) {
        hosts.push(LOCALHOST.to_owned());
    }
    hosts
}

/// What a variable's comparison yields, where it is not the same.
enum Difference {
    Change(Change),
    /// Its vault was not opened.
    Shut(String),
}

/// What differs for a host, and the variables whose vault was not opened.
fn of_host(
    before: &Side,
    after: &Side,
    host: &str,
    variable: Option<&str>,
) -> (Vec<Change>, Vec<String>) {
    let names: BTreeSet<String> = match variable {
        Some(name) => BTreeSet::from([name.to_owned()]),
        None => [before, after].iter().flat_map(|side| side.variables.names(host)).collect(),
    };
    let told = |name: &String| variable.is_some() || !resolve::SAYS_WHERE.contains(&&**name);
    let (mut changes, mut shut) = (Vec::new(), Vec::new());
    for name in names.into_iter().filter(told) {
        match change(before, after, host, name) {
            Some(Difference::Change(change)) => changes.push(change),
            Some(Difference::Shut(name)) => shut.push(name),
            None => {}
        }
    }
    (changes, shut)
}

fn change(before: &Side, after: &Side, host: &str, name: String) -> Option<Difference> {
    let sides = [before, after];
    let values = sides.map(|side| value(side, host, &name));
    if values[0] == values[1] {
        let Err(message) = &values[0] else { return None };
        // What has no value on either side is as different as it is written.
        if before.variables.is_written_as(&after.variables, host, &name) {
            return message.contains(VAULT).then_some(Difference::Shut(name));
        }
    }
    let written = sides.map(|side| side.variables.candidates(host, &name).into_iter().next());
    let same_text = match &written {
        [Some(one), Some(other)] => {
            one.origin.file == other.origin.file && one.written == other.written
        }
        _ => false,
    };
    let secret = sides.iter().any(|side| side.variables.is_secret(host, &name));
    // Why a secret cannot be read is none.
    let hidden = secret && values.iter().all(Result::is_ok);
    let parts = if hidden { Vec::new() } else { parts(&values[0], &values[1], secret) };
    let origins = written.map(|place| place.map(|place| place.origin));
    let follows = same_text && !secret;
    Some(Difference::Change(Change { follows, variable: name, secret, origins, parts }))
}

/// A value, nothing, or why there is none.
type Outcome = Result<Option<Value>, String>;

fn value(side: &Side, host: &str, name: &str) -> Outcome {
    let variables: &Variables = &side.variables;
    match variables.value(host, name) {
        Ok(value) => Ok(value.map(|value| shown(value, side))),
        Err(trouble) => Err(fault(&trouble, side)),
    }
}

/// Why there is none, without lines and columns: they change with every line that is added above.
pub(super) fn fault(trouble: &Trouble, side: &Side) -> String {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(":[0-9]+:[0-9]+").expect("it is written here"));
    // What was tried names the host, of which there are many.
    let why = match &trouble.causes[..] {
        [] => trouble.what.clone(),
        causes => causes.join(": "),
    };
    shown_text(PLACE.replace_all(&why, "").into_owned(), side)
}

/// The value with the paths of a snapshot as those that people know.
fn shown(value: Value, side: &Side) -> Value {
    if side.shown_as.is_empty() {
        return value;
    }
    match value {
        Value::String(text) => shown_text(text, side).into(),
        Value::Array(items) => items.into_iter().map(|item| shown(item, side)).collect(),
        Value::Object(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| (key, shown(value, side)));
            pairs.collect::<serde_json::Map<_, _>>().into()
        }
        other => other,
    }
}

pub(super) fn shown_text(text: String, side: &Side) -> String {
    let places = side.shown_as.iter();
    places.fold(text, |text, (real, known)| text.replace(real.as_str(), known.as_str()))
}

/// The innermost places at which two values differ; of a secret only why it cannot be read.
fn parts(before: &Outcome, after: &Outcome, secret: bool) -> Vec<Part> {
    let mut found = Vec::new();
    if let (Ok(Some(before)), Ok(Some(after))) = (before, after) {
        descend(Some(before), Some(after), &mut Vec::new(), &mut found);
    } else {
        let values = [before, after].map(outcome).map(|found| match found {
            Found::Value(_) if secret => Found::Value(json!(MASK).to_string()),
            other => other,
        });
        found.push(Part { path: Vec::new(), values });
    }
    found
}

fn outcome(outcome: &Outcome) -> Found {
    match outcome {
        Ok(value) => of_value(value.as_ref()),
        Err(message) => Found::Fault(message.clone()),
    }
}

fn of_value(value: Option<&Value>) -> Found {
    value.map_or(Found::Nothing, |value| Found::Value(value.to_string()))
}

fn descend(
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<String>,
    found: &mut Vec<Part>,
) {
    if before == after {
        return;
    }
    let (Some(Value::Object(one)), Some(Value::Object(other))) = (before, after) else {
        found.push(Part { path: path.clone(), values: [before, after].map(of_value) });
        return;
    };
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for key in keys {
        path.push(key.clone());
        descend(one.get(key), other.get(key), path, found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_inside_a_value_is_told() {
        let table = [
            (json!({"a": 1, "b": {"c": 2}}), json!({"a": 1, "b": {"c": 3}}), "b.c: 2 3"),
            (json!({"a": 1}), json!({"b": 1}), "a: 1 -, b: - 1"),
            (json!([1]), json!([1, 2]), ": [1] [1,2]"),
        ];
        for (before, after, expected) in table {
            let text = |found: &Found| match found {
                Found::Value(text) => text.clone(),
                _ => "-".to_owned(),
            };
            let found = parts(&Ok(Some(before)), &Ok(Some(after)), false);
            let found = found.iter().map(|part| {
                let [one, other] = part.values.each_ref().map(text);
                format!("{}: {one} {other}", part.path.join("."))
            });
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected);
        }
    }
}
