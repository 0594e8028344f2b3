//! Reads the reference from the built-in data, and writes families out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Kind, Object, Reference};
use crate::{
    ansible::{
        builtin::{Pairs, Release},
        yaml::{Data, Node},
    },
    trouble::{Result, Trouble},
};

/// The word in the names of what a network has.
const NETWORK: &str = "{network}_";
/// The file of names that have no default: all members of its families are known.
const WITHOUT_DEFAULT: &str = "without_default";

/// For each word in braces: what it may stand for, and how descriptions call that.
type Families = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn reference(release: Release) -> Result<Reference> {
    let families = families(release)?;
    let with_default = release.names()?;
    let mut reference = Reference { objects: objects(release)?, ..Reference::default() };
    for (file, pairs) in release.reference()? {
        let all = file == WITHOUT_DEFAULT;
        for (name, node) in pairs {
            let entry = entry(&name, &node)?;
            if let Some(attribute) = name.strip_prefix(NETWORK) {
                reference.attributes.insert(attribute.to_owned(), entry);
                continue;
            }
            let members = written_out(name, entry, &families);
            let known = members.into_iter().filter(|(name, _)| all || with_default.contains(name));
            add(&mut reference, known)?;
        }
    }
    Ok(reference)
}

/// The names of all secrets. What is in a family is one even where no default has its name.
pub(super) fn secrets(release: Release) -> Result<BTreeSet<String>> {
    let families = families(release)?;
    let mut names = BTreeSet::new();
    for (name, kind) in release.secrets() {
        let kind = Kind::parse(kind);
        if kind.is_secret() {
            let written_out =
                written_out(name.into(), Entry { kind, says: String::new() }, &families);
            names.extend(written_out.into_iter().map(|(name, _)| name));
        }
    }
    Ok(names)
}

fn add(reference: &mut Reference, entries: impl Iterator<Item = (String, Entry)>) -> Result<()> {
    for (name, entry) in entries {
        if reference.variables.insert(name.clone(), entry).is_some() {
            return Err(Trouble::internal(format!("`{name}` is described twice")));
        }
    }
    Ok(())
}

/// One entry for every member of the families in a name.
fn written_out(name: String, entry: Entry, families: &Families) -> Vec<(String, Entry)> {
    let mut found = vec![(name, entry)];
    for (word, members) in families {
        let place = format!("{{{word}}}");
        if !found[0].0.contains(&place) {
            continue;
        }
        let each = |(name, entry): &(String, Entry)| {
            let member = |(member, called): (&String, &String)| {
                let says = entry.says.replace(&place, called);
                (name.replace(&place, member), Entry { kind: entry.kind.clone(), says })
            };
            members.iter().map(member).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(each).collect();
    }
    found
}

fn entry(name: &str, node: &Node) -> Result<Entry> {
    let kind = Kind::parse(text(name, node, "type")?);
    Ok(Entry { kind, says: text(name, node, "says")?.to_owned() })
}

fn text<'a>(name: &str, node: &'a Node, key: &str) -> Result<&'a str> {
    let text = node.get(key).and_then(|node| node.data.as_text());
    text.ok_or_else(|| Trouble::internal(format!("the reference of `{name}` has no `{key}`")))
}

fn families(release: Release) -> Result<Families> {
    let text = |node: &Node| node.data.as_text().unwrap_or_default().to_owned();
    let members = |(family, members): (String, Node)| {
        let members = pairs(&members);
        (family, members.into_iter().map(|(member, called)| (member, text(called))).collect())
    };
    Ok(release.reference_words("families")?.into_iter().map(members).collect())
}

fn objects(release: Release) -> Result<BTreeMap<String, Object>> {
    let kinds = |node: Option<&Node>| -> BTreeMap<String, Kind> {
        let keys = node.map(pairs).unwrap_or_default();
        let kind = |node: &Node| Kind::parse(node.data.as_text().unwrap_or_default());
        keys.into_iter().map(|(key, node)| (key, kind(node))).collect()
    };
    let object = |(name, node): (String, Node)| {
        (name, Object { needs: kinds(node.get("needs")), may: kinds(node.get("may")) })
    };
    let written: Pairs = release.reference_words("types")?;
    let objects: BTreeMap<_, _> = written.into_iter().map(object).collect();
    let known: BTreeSet<&String> = objects.keys().collect();
    let kinds =
        objects.values().flat_map(|object| object.needs.values().chain(object.may.values()));
    for part in kinds.flat_map(Kind::parts) {
        check_named(part, &known)?;
    }
    Ok(objects)
}

fn check_named(kind: &Kind, known: &BTreeSet<&String>) -> Result<()> {
    match kind {
        Kind::Object(name) if !known.contains(name) => {
            Err(Trouble::internal(format!("the reference has no type `{name}`")))
        }
        _ => Ok(()),
    }
}

fn pairs(node: &Node) -> Vec<(String, &Node)> {
    let Data::Map(pairs) = &node.data else { return Vec::new() };
    let named = pairs.iter().filter_map(|(key, value)| Some((key.data.as_text()?, value)));
    named.map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Release, reference, secrets};

    #[test]
    fn the_secrets_are_those_whose_type_says_so() {
        let newest = Release::newest();
        let all = reference(newest).unwrap().variables;
        let secret = all.iter().filter(|(_, entry)| entry.kind.is_secret());
        let names: Vec<_> = secret.map(|(name, _)| name.clone()).collect();
        assert!(names.len() > 10, "{names:?}");
        assert_eq!(secrets(newest).unwrap().into_iter().collect::<Vec<_>>(), names);
    }
}
