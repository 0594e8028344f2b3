//! YAML files key by key: maps are merged at every depth, everything else is replaced.

use serde_json::Value;

use crate::{
    ansible::yaml::{Data, Node},
    origin::Origin,
    trouble::{Result, Trouble},
};

/// A value in a merged file, and where its key was set.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Keys that lead to it.
    pub path: Vec<String>,
    pub value: Value,
    pub origin: Origin,
}

/// Merges documents, lowest layer first. With `extend_lists` lists are joined instead of replaced.
pub fn merge(documents: Vec<Node>, extend_lists: bool) -> Result<Vec<(Node, Node)>> {
    let mut merged = Vec::new();
    for document in documents {
        let pairs = match document.data {
            Data::Map(pairs) => pairs,
            data if is_nothing(&data) => continue,
            other => {
                let what = format!("merging {}", document.origin.file);
                return Err(Trouble::refused(what)
                    .because(format!("only maps can be merged, and it holds {}", other.kind()))
                    .at(&document.origin));
            }
        };
        merge_pairs(&mut merged, pairs, extend_lists)?;
    }
    Ok(merged)
}

/// What Python takes for false is no document.
fn is_nothing(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(false) | Data::Int(0) => true,
        Data::Text(text) | Data::Unsafe(text) => text.is_empty(),
        Data::List(items) => items.is_empty(),
        _ => false,
    }
}

fn merge_pairs(
    merged: &mut Vec<(Node, Node)>,
    pairs: Vec<(Node, Node)>,
    extend_lists: bool,
) -> Result<()> {
    for (key, value) in pairs {
        match merged.iter_mut().find(|(known, _)| known.data == key.data) {
            Some(pair) => {
                let before = std::mem::replace(&mut pair.1.data, Data::Null);
                *pair = (key, merged_value(before, value, extend_lists)?);
            }
            None => merged.push((key, value)),
        }
    }
    Ok(())
}

fn merged_value(before: Data, value: Node, extend_lists: bool) -> Result<Node> {
    let Node { origin, data } = value;
    let data = match (before, data) {
        (Data::Map(mut known), Data::Map(pairs)) => {
            merge_pairs(&mut known, pairs, extend_lists)?;
            Data::Map(known)
        }
        (Data::List(mut known), Data::List(items)) if extend_lists => {
            known.extend(items);
            Data::List(known)
        }
        (Data::List(_), other) if extend_lists && !matches!(other, Data::Map(_)) => {
            return Err(Trouble::refused(format!("merging {}", origin.file))
                .because(format!("{} cannot extend a list", other.kind()))
                .at(&origin));
        }
        (_, data) => data,
    };
    Ok(Node { origin, data })
}

/// A document as plain data.
pub fn value(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(number) => i64::try_from(*number).map_or_else(
            |_| u64::try_from(*number).map_or_else(|_| number.to_string().into(), Value::from),
            Value::from,
        ),
        Data::Float(number) => (*number).into(),
        Data::Moment(moment) => moment.to_string().into(),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => text.as_str().into(),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Map(pairs) => map(pairs),
    }
}

/// A merged document as plain data.
pub fn map(pairs: &[(Node, Node)]) -> Value {
    let pair = |(key, node): &(Node, Node)| (key_text(key), value(node));
    pairs.iter().map(pair).collect::<serde_json::Map<_, _>>().into()
}

fn key_text(key: &Node) -> String {
    match value(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Every value that is no map with something in it, sorted by its keys.
pub fn leaves(pairs: &[(Node, Node)]) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(pairs, &mut Vec::new(), &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Maps made of values again.
pub fn tree(leaves: &[Leaf]) -> Value {
    let mut root = serde_json::Map::new();
    for leaf in leaves {
        let Some((last, above)) = leaf.path.split_last() else { continue };
        let mut map = &mut root;
        for key in above {
            let inner = map.entry(key).or_insert_with(|| Value::Object(serde_json::Map::new()));
            match inner {
                Value::Object(inner) => map = inner,
                // Only maps have values inside.
                _ => return Value::Null,
            }
        }
        map.insert(last.clone(), leaf.value.clone());
    }
    root.into()
}

fn collect(pairs: &[(Node, Node)], path: &mut Vec<String>, found: &mut Vec<Leaf>) {
    for (key, node) in pairs {
        path.push(key_text(key));
        match &node.data {
            Data::Map(inner) if !inner.is_empty() => collect(inner, path, found),
            _ => {
                let (path, origin) = (path.clone(), key.origin.clone());
                found.push(Leaf { path, value: value(node), origin });
            }
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ansible::yaml::parse;

    fn merged(texts: &[&str], extend_lists: bool) -> Result<Vec<(Node, Node)>> {
        let document =
            |(at, text): (usize, &&str)| parse(text, &format!("{at}.yml").into()).unwrap();
        merge(texts.iter().enumerate().map(document).collect(), extend_lists)
    }

    #[test]
    fn maps_are_merged_and_the_rest_is_replaced() {
        let table: &[(&[&str], bool, Value)] = &[
            (
                &["a: {b: 1, c: 2}", "a: {c: 3, d: 4}"],
                false,
                json!({"a": {"b": 1, "c": 3, "d": 4}}),
            ),
            (&["a: [1, 2]", "a: [3]"], false, json!({"a": [3]})),
            (&["a: [1, 2]", "a: [3]"], true, json!({"a": [1, 2, 3]})),
            (&["a: {b: [1]}", "a: {b: [2]}"], true, json!({"a": {"b": [1, 2]}})),
            (&["a: 1", "", "b:"], false, json!({"a": 1, "b": null})),
            (&["a: {b: 1}", "a:"], false, json!({"a": null})),
            (&["a:", "a: {b: 1}"], false, json!({"a": {"b": 1}})),
            (&["a: {}", "a: x"], false, json!({"a": "x"})),
        ];
        for (texts, extend_lists, expected) in table {
            let found = merged(texts, *extend_lists).unwrap();
            assert_eq!(map(&found), *expected, "{texts:?}");
        }
    }

    #[test]
    fn every_value_knows_where_it_was_set() {
        let found = merged(&["a:\n  b: 1\n  c: 2\nz: {}\n", "a:\n  c: [3]\n"], false).unwrap();
        let told = |leaf: Leaf| format!("{} {} {}", leaf.path.join("."), leaf.value, leaf.origin);
        let told: Vec<_> = leaves(&found).into_iter().map(told).collect();
        assert_eq!(tree(&leaves(&found)), map(&found));
        assert_eq!(told, ["a.b 1 0.yml:2:3", "a.c [3] 1.yml:2:3", "z {} 0.yml:4:1"]);
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        let trouble = merged(&["a: 1", "\n- b"], false).unwrap_err();
        assert_eq!(
            trouble.to_string(),
            "merging 1.yml: only maps can be merged, and it holds a list"
        );
        let trouble = merged(&["a: [1]", "a: x"], true).unwrap_err();
        assert_eq!(trouble.to_string(), "merging 1.yml: text cannot extend a list");
        assert_eq!(trouble.origin.as_ref().unwrap().to_string(), "1.yml:1:4");
    }
}
