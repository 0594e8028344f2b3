//! Keys that a map has twice. Only the last one counts, so the first is a value that nobody gets.

use std::{collections::BTreeMap, sync::Arc};

use super::events::{Events, Kind, Mark};
use crate::origin::Origin;

/// A key that stands twice in one map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    pub key: String,
    pub first: Origin,
    pub again: Origin,
}

/// What is open around the place that is read.
enum Open {
    List,
    /// Keys so far, and whether the next thing is a key.
    Map(BTreeMap<String, Mark>, bool),
}

/// Every duplicate key in a text; up to where it can be read.
pub(super) fn find(text: &str, file: &Arc<str>) -> Vec<Duplicate> {
    let (mut events, mut open, mut found) = (Events::new(text), Vec::new(), Vec::new());
    let at = |mark: Mark| Origin::at(file, mark.line, mark.column);
    while let Ok(event) = events.next() {
        match event.kind {
            Kind::StreamEnd => break,
            Kind::Scalar { text, plain, .. } => {
                let merge = plain && text == "<<";
                let key = text.clone();
                if let Some(first) = key_again(&mut open, text, event.mark).filter(|_| !merge) {
                    found.push(Duplicate { key, first: at(first), again: at(event.mark) });
                }
                ended(&mut open);
            }
            Kind::Alias(_) => ended(&mut open),
            Kind::ListStart(_) => open.push(Open::List),
            Kind::MapStart(_) => open.push(Open::Map(BTreeMap::new(), true)),
            Kind::ListEnd | Kind::MapEnd => {
                open.pop();
                ended(&mut open);
            }
            Kind::StreamStart | Kind::DocumentStart | Kind::DocumentEnd => {}
        }
    }
    found
}

/// Where the map that is open had this key before, if a key is what comes.
fn key_again(open: &mut [Open], key: String, mark: Mark) -> Option<Mark> {
    match open.last_mut() {
        Some(Open::Map(keys, true)) => keys.insert(key, mark),
        _ => None,
    }
}

/// A whole key or value has been read.
fn ended(open: &mut [Open]) {
    if let Some(Open::Map(_, key_next)) = open.last_mut() {
        *key_next = !*key_next;
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_keys_of_one_map_are_duplicates() {
        let table = [
            ("a: 1\nb: 2\na: 3\n", "a 1:1 3:1"),
            ("a: {b: 1}\nc: {b: 2}\n", ""),
            ("a: b\nb: a\n", ""),
            ("l:\n  - a: 1\n  - a: 2\n    x: [a, a]\n    a: 3\n", "a 3:5 5:5"),
            ("x: &x {a: 1}\ny: {<<: *x, <<: *x, a: 2}\n", ""),
            ("? [a, b]\n: 1\nc: 2\nc: 3\n", "c 3:1 4:1"),
            ("a: 1\na: [", "a 1:1 2:1"),
        ];
        for (text, expected) in table {
            let told = find(text, &"f".into())
                .iter()
                .map(|one| {
                    let (first, again) = (&one.first, &one.again);
                    let (at, then) = (first.to_string(), again.to_string());
                    format!("{} {} {}", one.key, &at[2..], &then[2..])
                })
                .collect::<Vec<_>>();
            assert_eq!(told.join(", "), expected, "{text}");
        }
    }
}
