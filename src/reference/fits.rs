//! Whether a value is of a type, and where in it the first thing that is not stands.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Kind, Reference};
use crate::{
    ansible::yaml::{Data, Node},
    near,
    origin::Origin,
};

/// What is found where nothing is.
const EMPTY: &str = "empty";

/// Words that Ansible's filter `bool` takes for true or false.
const TRUTHS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0"];

/// A place in a value that is not as its type wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub origin: Origin,
    /// Keys and indices that lead there.
    pub path: Vec<String>,
    pub oddity: Oddity,
}

impl Misfit {
    /// Whether all that is wrong is that nothing is there.
    pub fn is_empty(&self) -> bool {
        matches!(&self.oddity, Oddity::Wrong { found, .. } if found == EMPTY)
    }
}

/// What is odd there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// It is not of the type.
    Wrong { wanted: Kind, found: String },
    /// A map lacks a key.
    Lacks { key: String, of: String },
    /// A map has a key that looks like a misspelt one.
    Misspelt { key: String, near: String },
}

/// Whether text holds a template, whose value shows only in evaluation.
pub fn is_templated(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

impl Reference {
    /// Everything in a value that does not fit its type.
    pub fn misfits(&self, kind: &Kind, node: &Node) -> Vec<Misfit> {
        let mut look = Look { reference: self, path: Vec::new(), found: Vec::new() };
        look.at(kind, node);
        look.found
    }
}

struct Look<'a> {
    reference: &'a Reference,
    path: Vec<String>,
    found: Vec<Misfit>,
}

impl Look<'_> {
    fn at(&mut self, kind: &Kind, node: &Node) {
        match (kind, &node.data) {
            (Kind::Any, _) | (_, Data::Vault(_)) | (Kind::Optional(_), Data::Null) => {}
            (_, Data::Text(text)) if is_templated(text) => {}
            (Kind::Optional(_), Data::Text(text)) if text.is_empty() => {}
            (Kind::Optional(inner), _) => self.at(inner, node),
            (Kind::Either(kinds), _) => self.either(kinds, kind, node),
            (Kind::List(item), Data::List(items)) => {
                for (at, node) in items.iter().enumerate() {
                    self.below(at.to_string(), item, node);
                }
            }
            // What loops over maps takes an empty list for an empty map.
            (Kind::Map(_), Data::List(items)) if items.is_empty() => {}
            (Kind::Map(value), Data::Map(pairs)) => {
                for (key, node) in pairs {
                    self.below(key_text(key), value, node);
                }
            }
            (Kind::Object(name), Data::Map(pairs)) => self.object(name, pairs, node),
            (Kind::List(_) | Kind::Map(_) | Kind::Object(_), _) => self.wrong(kind, node),
            _ if is_scalar(kind, &node.data) => {}
            _ => self.wrong(kind, node),
        }
    }

    fn below(&mut self, key: String, kind: &Kind, node: &Node) {
        self.path.push(key);
        self.at(kind, node);
        self.path.pop();
    }

    fn report(&mut self, origin: &Origin, oddity: Oddity) {
        self.found.push(Misfit { origin: origin.clone(), path: self.path.clone(), oddity });
    }

    fn wrong(&mut self, kind: &Kind, node: &Node) {
        let found = match &node.data {
            _ if kind.is_secret() => node.data.kind().to_owned(),
            Data::Text(text) | Data::Unsafe(text) if text.is_empty() => EMPTY.to_owned(),
            Data::Text(text) | Data::Unsafe(text) => format!("`{text}`"),
            Data::Null => EMPTY.to_owned(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => value.to_string(),
            Data::Moment(moment) => moment.to_string(),
            other => other.kind().to_owned(),
        };
        self.report(&node.origin, Oddity::Wrong { wanted: kind.clone(), found });
    }

    /// If no alternative fits: what is wrong with the one that comes nearest, the one that gets deepest.
    fn either(&mut self, kinds: &[Kind], all: &Kind, node: &Node) {
        let attempt = |kind| {
            let mut look =
                Look { reference: self.reference, path: self.path.clone(), found: Vec::new() };
            look.at(kind, node);
            look.found
        };
        let attempts: Vec<Vec<Misfit>> = kinds.iter().map(attempt).collect();
        if attempts.iter().any(Vec::is_empty) {
            return;
        }
        let deeper = attempts
            .into_iter()
            .find(|found| found.iter().any(|one| one.path.len() > self.path.len()));
        match deeper {
            Some(found) => self.found.extend(found),
            None => self.wrong(all, node),
        }
    }

    fn object(&mut self, name: &str, pairs: &[(Node, Node)], node: &Node) {
        let reference = self.reference;
        let Some(object) = reference.objects.get(name) else { return };
        let known = || object.needs.keys().chain(object.may.keys()).map(String::as_str);
        let has = |wanted: &str| pairs.iter().any(|(key, _)| key.data.as_text() == Some(wanted));
        for (key, value) in pairs {
            let text = key_text(key);
            let optional = object.may.get(&text).filter(|_| value.data != Data::Null);
            if let Some(kind) = object.needs.get(&text).or(optional) {
                self.below(text, kind, value);
            } else if !known().any(|known| known == text) {
                self.unknown_key(key, text, known().filter(|known| !has(known)));
            }
        }
        let templated_key = pairs.iter().any(|(key, _)| is_templated(&key_text(key)));
        for key in object.needs.keys().filter(|key| !templated_key && !has(key)) {
            let oddity = Oddity::Lacks { key: key.clone(), of: name.to_owned() };
            self.report(&node.origin, oddity);
        }
    }
}

impl Look<'_> {
    /// A key that is not known is none of our business, unless it looks like one that is missing.
    fn unknown_key<'k>(&mut self, key: &Node, text: String, free: impl Iterator<Item = &'k str>) {
        let near = near::nearest(&text, free).first().map(|near| (*near).to_owned());
        if let Some(near) = near {
            self.report(&key.origin, Oddity::Misspelt { key: text, near });
        }
    }
}

fn key_text(key: &Node) -> String {
    match &key.data {
        Data::Text(text) | Data::Unsafe(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        other => other.kind().to_owned(),
    }
}

/// Whether a scalar fits. Numbers may be text and words may be truths, because filters make them so.
fn is_scalar(kind: &Kind, data: &Data) -> bool {
    let text = data.as_text();
    let number = || match data {
        Data::Int(number) => i64::try_from(*number).ok(),
        _ => text.and_then(|text| text.trim().parse().ok()),
    };
    let among = |low: i64, high: i64| number().is_some_and(|n| (low..=high).contains(&n));
    match kind {
        Kind::Text | Kind::Secret => {
            matches!(data, Data::Int(_) | Data::Float(_) | Data::Moment(_)) || text.is_some()
        }
        Kind::Bool => match data {
            Data::Bool(_) | Data::Int(0 | 1) => true,
            _ => text.is_some_and(|text| TRUTHS.contains(&&*text.to_lowercase())),
        },
        Kind::Int => number().is_some(),
        Kind::Number => {
            matches!(data, Data::Int(_) | Data::Float(_))
                || text.is_some_and(|text| text.trim().parse::<f64>().is_ok())
        }
        Kind::Port => among(1, 65535),
        Kind::Vlan => among(1, 4094),
        Kind::OneOf(words) => {
            let word = match data {
                Data::Bool(value) => value.to_string(),
                _ => text.unwrap_or_default().to_owned(),
            };
            words.contains(&word)
        }
        _ => text.is_some_and(|text| is_text_of(kind, text)),
    }
}

fn is_text_of(kind: &Kind, text: &str) -> bool {
    match kind {
        Kind::Path => text.starts_with(['/', '~']),
        Kind::Url => text.split_once("://").is_some_and(|(scheme, rest)| {
            !rest.is_empty()
                && !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+')
        }),
        Kind::Ip => text.parse::<IpAddr>().is_ok(),
        Kind::Cidr => text.parse::<IpNet>().is_ok(),
        Kind::Mac => {
            let parts: Vec<&str> = text.split([':', '-']).collect();
            let byte = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
            parts.len() == 6 && parts.iter().all(byte)
        }
        Kind::TimeZone | Kind::Network | Kind::Group | Kind::Host => !text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ansible::{builtin::Release, yaml};

    fn told(kind: &str, text: &str) -> String {
        let reference = Reference::of(Release::newest()).unwrap();
        let node = yaml::parse(text, &"f".into()).unwrap();
        let found = reference.misfits(&Kind::parse(kind), &node);
        let told = found.iter().map(|misfit| match &misfit.oddity {
            Oddity::Wrong { wanted, found } => {
                format!("{}: {found} is not {wanted}", misfit.path.join("."))
            }
            Oddity::Lacks { key, of } => format!("{}: {of} lacks {key}", misfit.path.join(".")),
            Oddity::Misspelt { key, near } => format!("{key} means {near}"),
        });
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_fits_is_told_from_what_does_not() {
        let table = [
            ("bool", "'yes'", ""),
            ("bool", "maybe", ": `maybe` is not bool"),
            ("int", "'12'", ""),
            ("port", "70000", ": 70000 is not port"),
            ("vlan", "4095", ": 4095 is not vlan"),
            ("vlan?", "", ""),
            ("text", "", ": empty is not text"),
            ("ip", "10.0.0.300", ": `10.0.0.300` is not ip"),
            ("ip", "\"{{ other }}\"", ""),
            ("cidr", "10.0.0.0", ": `10.0.0.0` is not cidr"),
            ("mac", "52:54:00:aa:00:01", ""),
            ("docker | podman", "docekr", ": `docekr` is not docker | podman"),
            ("list of text", "one", ": `one` is not list of text"),
            ("list of ip", "[10.0.0.1, x]", "1: `x` is not ip"),
            (
                "list of volume_group",
                "[{vgname: a, lvnames: [{size: 1}]}]",
                "0.lvnames.0: logical_volume lacks lvname",
            ),
            ("list of swap", "[{path: /swap, size_bm: 2}]", "size_bm means size_mb"),
            ("list of text or text", "{a: 1}", ": a map is not list of text or text"),
            ("secret", "[hunter2]", ": a list is not secret"),
        ];
        for (kind, text, expected) in table {
            assert_eq!(told(kind, text), expected, "{kind}: {text}");
        }
    }
}
