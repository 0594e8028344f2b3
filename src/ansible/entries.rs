//! Adds entries to the maps of a file of variables. Everything else in it stays as it was written.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    files,
    template::yaml_document,
    yaml::{Data, Node},
};
use crate::trouble::{Result, Trouble};

/// A text or a number for a key of a variable's map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub variable: String,
    pub key: String,
    pub value: Value,
}

/// The file's text with the entries added at the ends of their maps, or in new maps at the end of the file.
pub fn added(text: &str, file: &Arc<str>, entries: &[Entry]) -> Result<String> {
    let mut by_variable: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        by_variable.entry(&entry.variable).or_default().push(entry);
    }
    let mut edited = text.to_owned();
    for (variable, entries) in &by_variable {
        edited = with(&edited, file, variable, entries)?;
    }
    let (before, after) = (read(text, file)?, read(&edited, file).map_err(|_| odd(file))?);
    let mut expected = before;
    for Entry { variable, key, value } in entries {
        let text = match value {
            Value::String(text) => text.clone(),
            // As a number is printed that was read.
            number => format!("Int({number})"),
        };
        expected.entry(variable.clone()).or_default().insert(key.clone(), text);
    }
    // Whatever way of writing is not understood above shows here.
    if after == expected { Ok(edited) } else { Err(odd(file)) }
}

/// What the file says, without places; anything that is no map of plain values stands as it is printed.
type Said = BTreeMap<String, BTreeMap<String, String>>;

fn read(text: &str, file: &Arc<str>) -> Result<Said> {
    let variables = files::variables(files::parse(text, file, false)?)?;
    let said = |value: Node| match value.data {
        Data::Map(pairs) => {
            pairs.iter().map(|(key, value)| (printed(key), printed(value))).collect()
        }
        Data::Null => BTreeMap::new(),
        _ => BTreeMap::from([(String::new(), printed(&value))]),
    };
    Ok(variables.into_iter().map(|(name, value)| (name, said(value))).collect())
}

fn printed(node: &Node) -> String {
    match &node.data {
        Data::Text(text) => text.clone(),
        Data::List(items) => items.iter().map(|item| printed(item) + "\n").collect(),
        Data::Map(pairs) => {
            let pair = |(key, value): &(Node, Node)| [printed(key), printed(value)].join("\n");
            pairs.iter().map(pair).collect()
        }
        other => format!("{other:?}"),
    }
}

fn odd(file: &Arc<str>) -> Trouble {
    Trouble::refused(format!("adding to {file}"))
        .because("it is written in a way to which nothing can be added without changing the rest")
        .hint("write one map for each variable, with one line for each of its keys")
}

fn with(text: &str, file: &Arc<str>, variable: &str, entries: &[&Entry]) -> Result<String> {
    let root = files::parse(text, file, false)?;
    let Data::Map(pairs) = &root.data else { return Ok(appended(text, variable, entries)) };
    let found = pairs.iter().find(|(name, _)| name.data.as_text() == Some(variable));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    Ok(match found {
        None if starts_flow(&lines, &root) => {
            let inner = flow(entries);
            let outer = format!("{variable}: {{{}}}", inner.trim_end_matches(", "));
            inserted(&lines, &root, &comma(&outer, pairs.is_empty()))
        }
        None => appended(text, variable, entries),
        Some((_, map)) if starts_flow(&lines, map) => {
            let is_empty = matches!(&map.data, Data::Map(pairs) if pairs.is_empty());
            inserted(&lines, map, &comma(flow(entries).trim_end_matches(", "), is_empty))
        }
        Some((name, map)) => {
            let last = match &map.data {
                Data::Map(pairs) => pairs.last(),
                _ => None,
            };
            let indent = last.map_or(name.origin.column + 1, |(key, _)| key.origin.column - 1);
            let line = last.map_or(name, |(_, value)| value).origin.line as usize;
            let nothing = last.is_none().then_some(name.origin.line as usize);
            between(&lines, line, nothing, &block(entries, indent as usize))
        }
    })
}

fn comma(text: &str, is_last: bool) -> String {
    if is_last { text.to_owned() } else { format!("{text}, ") }
}

/// Whether a map is written with braces.
fn starts_flow(lines: &[&str], node: &Node) -> bool {
    matches!(node.data, Data::Map(_)) && at(lines, node).is_some_and(|rest| rest.starts_with('{'))
}

/// The text of a line from where a node begins.
fn at<'t>(lines: &[&'t str], node: &Node) -> Option<&'t str> {
    let line = lines.get((node.origin.line as usize).checked_sub(1)?)?;
    let (start, _) = line.char_indices().nth((node.origin.column as usize).checked_sub(1)?)?;
    line.get(start..)
}

/// The lines with a text behind the brace that begins a map.
fn inserted(lines: &[&str], map: &Node, new: &str) -> String {
    let line = map.origin.line as usize - 1;
    let rest = at(lines, map).unwrap_or_default();
    let before = &lines[line][..lines[line].len() - rest.len()];
    let edited = format!("{before}{{{new}{}", rest.strip_prefix('{').unwrap_or(rest));
    lines[..line].concat() + &edited + &lines[line + 1..].concat()
}

/// The lines with new ones behind a line. `nothing` is a line whose value is written out as nothing.
fn between(lines: &[&str], line: usize, nothing: Option<usize>, new: &str) -> String {
    let mut before: Vec<String> = lines[..line].iter().map(|line| (*line).to_owned()).collect();
    if let Some(own) = nothing.and_then(|line| before.get_mut(line - 1)) {
        for word in [": null", ": ~"] {
            *own = own.replacen(word, ":", 1);
        }
    }
    if let Some(last) = before.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push('\n');
    }
    before.concat() + new + &lines[line..].concat()
}

fn appended(text: &str, variable: &str, entries: &[&Entry]) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{}:\n{}", scalar(&variable.into()), block(entries, 2))
}

fn block(entries: &[&Entry], indent: usize) -> String {
    let line = |entry: &&Entry| {
        let (key, value) = (scalar(&entry.key.as_str().into()), scalar(&entry.value));
        format!("{:indent$}{key}: {value}\n", "")
    };
    entries.iter().map(line).collect()
}

fn flow(entries: &[&Entry]) -> String {
    let pair = |entry: &&Entry| {
        // JSON is YAML, and the file may be either.
        format!("{}: {}, ", scalar(&entry.key.as_str().into()), entry.value)
    };
    entries.iter().map(pair).collect()
}

/// A value as PyYAML writes it.
fn scalar(value: &Value) -> String {
    yaml_document(value, 80).trim_end_matches("...\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(variable: &str, key: &str, text: &str) -> Entry {
        Entry { variable: variable.into(), key: key.into(), value: text.into() }
    }

    fn edit(text: &str, entries: &[Entry]) -> Result<String> {
        added(text, &"network-allocation.yml".into(), entries)
    }

    #[test]
    fn lines_are_added_and_the_others_stay() {
        let one = [entry("a_ips", "h2", "10.0.0.2")];
        let table = [
            ("", "a_ips:\n  h2: 10.0.0.2\n"),
            ("---\n# ours\n", "---\n# ours\na_ips:\n  h2: 10.0.0.2\n"),
            ("b_ips:\n  h1: 10.1.0.1", "b_ips:\n  h1: 10.1.0.1\na_ips:\n  h2: 10.0.0.2\n"),
            (
                "---\n# first\na_ips:\n    h1: 10.0.0.1  # old\n    # end\n\nb_ips: {}\n",
                "---\n# first\na_ips:\n    h1: 10.0.0.1  # old\n    h2: 10.0.0.2\n    # end\n\nb_ips: {}\n",
            ),
            ("a_ips:\n  h1: 10.0.0.1", "a_ips:\n  h1: 10.0.0.1\n  h2: 10.0.0.2\n"),
            ("a_ips:\nb: 1\n", "a_ips:\n  h2: 10.0.0.2\nb: 1\n"),
            ("a_ips: null # none\n", "a_ips: # none\n  h2: 10.0.0.2\n"),
            ("a_ips: {}  # none\n", "a_ips: {h2: \"10.0.0.2\"}  # none\n"),
            ("a_ips: { h1: 1 }\n", "a_ips: {h2: \"10.0.0.2\",  h1: 1 }\n"),
            ("a_ips: {\n  h1: 10.0.0.1}\n", "a_ips: {h2: \"10.0.0.2\", \n  h1: 10.0.0.1}\n"),
        ];
        for (text, expected) in table {
            assert_eq!(edit(text, &one).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn new_files_are_as_kayobe_writes_them() {
        let entries = [
            entry("b_ips", "h1", "10.1.0.1"),
            entry("a_ips", "12", "fd00::1"),
            entry("a_ips", "no", "10.0.0.2"),
        ];
        let expected = "a_ips:\n  '12': fd00::1\n  'no': 10.0.0.2\nb_ips:\n  h1: 10.1.0.1\n";
        assert_eq!(edit("", &entries).unwrap(), expected);
    }

    #[test]
    fn numbers_stay_numbers() {
        let one = [Entry { variable: "ports".into(), key: "h2".into(), value: 30001.into() }];
        let text = "ports:\n  h1: 30000\n";
        assert_eq!(edit(text, &one).unwrap(), format!("{text}  h2: 30001\n"));
        assert_eq!(edit("ports: {}\n", &one).unwrap(), "ports: {h2: 30001}\n");
    }

    #[test]
    fn what_cannot_be_added_to_is_refused() {
        let one = [entry("a_ips", "h2", "10.0.0.2")];
        for text in [
            "a_ips: &x\n  h1: 10.0.0.1\nb_ips: *x\n",
            "a_ips:\n  h1: |\n    10.0.0.1\n",
            "a_ips:\n  - h1\n",
            "base: &x\n  h1: 10.0.0.1\na_ips: *x\n",
            "a_ips: \"{{ other }}\"\n",
        ] {
            assert!(edit(text, &one).is_err(), "{text:?} became {:?}", edit(text, &one).unwrap());
        }
    }
}
