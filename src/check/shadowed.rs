//! Variables of groups and hosts that can never count: a file at the top of a layer says the same variable for everybody,
//! and in Kayobe such a file has the last word.

use std::collections::BTreeMap;

use super::{
    Note,
    survey::{Survey, audience},
};
use crate::ansible::{
    variables::Audience,
    yaml::{Data, Node},
};

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut everywhere: BTreeMap<&str, Vec<(usize, &Node, &Node)>> = BTreeMap::new();
    for (file, name, key, value) in survey.pairs() {
        if file.audience == Audience::Everybody {
            everywhere.entry(name).or_default().push((file.layer, key, value));
        }
    }
    let mut notes = Vec::new();
    for (file, name, key, value) in survey.pairs() {
        if file.audience == Audience::Everybody {
            continue;
        }
        // What a higher layer says for everybody is meant to count more than what a lower one says for some.
        let Some(others) = everywhere.get(name) else { continue };
        let below = others.iter().any(|(layer, _, _)| *layer <= file.layer);
        let Some((_, place, other)) = others.last().filter(|_| below) else { continue };
        if same(&value.data, &other.data) {
            continue;
        }
        let whom = audience(&file.audience);
        let message = format!(
            "`{name}` has no effect for {whom}: a file at the top of a layer sets it for everybody"
        );
        let note = Note::warning("unreachable", message)
            .at(&key.origin)
            .also("this is what counts", &place.origin)
            .hint(format!("move it from {} to `inventory/group_vars/all`", place.origin.file))
            .closed(file.secret);
        notes.push(note);
    }
    notes
}

/// Whether two values are written the same, wherever they stand.
fn same(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::List(one), Data::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same(&one.data, &other.data))
        }
        (Data::Map(one), Data::Map(other)) => {
            let equal = |((key, one), (name, other)): (&(Node, Node), &(Node, Node))| {
                same(&key.data, &name.data) && same(&one.data, &other.data)
            };
            one.len() == other.len() && one.iter().zip(other).all(equal)
        }
        (one, other) => one == other,
    }
}
