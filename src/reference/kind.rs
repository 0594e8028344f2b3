//! The types of variables, and the words in which they are written.

use std::fmt;

/// A type. Wherever a value may stand, a template may, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Any,
    Text,
    /// Text that nobody is to see.
    Secret,
    Bool,
    Int,
    Number,
    Port,
    Vlan,
    /// An absolute path, or one below a home directory.
    Path,
    Url,
    Ip,
    Cidr,
    Mac,
    /// The name of a time zone, such as `Europe/London`.
    TimeZone,
    /// The name of a network.
    Network,
    /// The name of a group of the inventory.
    Group,
    /// The name of a host of the inventory.
    Host,
    OneOf(Vec<String>),
    List(Box<Kind>),
    Map(Box<Kind>),
    /// A map with known keys.
    Object(String),
    Either(Vec<Kind>),
    /// Empty, or of the other type.
    Optional(Box<Kind>),
}

/// Types with a word of their own.
const WORDS: &[(&str, Kind)] = &[
    ("any", Kind::Any),
    ("text", Kind::Text),
    ("secret", Kind::Secret),
    ("bool", Kind::Bool),
    ("int", Kind::Int),
    ("number", Kind::Number),
    ("port", Kind::Port),
    ("vlan", Kind::Vlan),
    ("path", Kind::Path),
    ("url", Kind::Url),
    ("ip", Kind::Ip),
    ("cidr", Kind::Cidr),
    ("mac", Kind::Mac),
    ("timezone", Kind::TimeZone),
    ("network", Kind::Network),
    ("group", Kind::Group),
    ("host", Kind::Host),
];

impl Kind {
    /// Reads a type: `list of user`, `docker | podman`, `ip or text?`.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(inner) = text.strip_suffix('?') {
            return Self::Optional(Box::new(Self::parse(inner)));
        }
        let either = split(text, " or ");
        if either.len() > 1 {
            return Self::Either(either.into_iter().map(Self::parse).collect());
        }
        if let Some(item) = text.strip_prefix("list of ") {
            return Self::List(Box::new(Self::parse(item)));
        }
        if let Some(value) = text.strip_prefix("map of ") {
            return Self::Map(Box::new(Self::parse(value)));
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            return Self::parse(inner);
        }
        let words = split(text, " | ");
        if words.len() > 1 {
            return Self::OneOf(words.into_iter().map(|word| word.trim().to_owned()).collect());
        }
        match WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, kind)) => kind.clone(),
            None if text == "map" => Self::Map(Box::new(Self::Any)),
            None => Self::Object(text.to_owned()),
        }
    }

    /// The types that it is made up of, itself among them.
    pub fn parts(&self) -> Vec<&Self> {
        let mut parts = vec![self];
        match self {
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => {
                parts.extend(inner.parts());
            }
            Self::Either(kinds) => parts.extend(kinds.iter().flat_map(Self::parts)),
            _ => {}
        }
        parts
    }

    /// Whether a value of this type is a secret.
    pub fn is_secret(&self) -> bool {
        self.parts().contains(&&Self::Secret)
    }
}

/// The parts between separators that stand in no parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 && at >= start && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |kind: &Self| match kind {
            Self::Either(_) | Self::OneOf(_) | Self::Optional(_) => format!("({kind})"),
            _ => kind.to_string(),
        };
        match self {
            Self::List(item) => write!(f, "list of {}", several(item)),
            Self::Map(value) if **value == Self::Any => f.write_str("map"),
            Self::Map(value) => write!(f, "map of {}", several(value)),
            Self::OneOf(words) => f.write_str(&words.join(" | ")),
            Self::Object(name) => f.write_str(name),
            Self::Either(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
                f.write_str(&kinds.join(" or "))
            }
            Self::Optional(inner) => write!(f, "{inner}?"),
            word => {
                let known = WORDS.iter().find(|(_, kind)| kind == word);
                f.write_str(known.map_or("any", |(word, _)| word))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn types_are_read_and_written() {
        let table = [
            "text",
            "text?",
            "list of user",
            "list of text or text",
            "list of (text or map)?",
            "map of list of text",
            "list of (text?)",
            "docker | podman",
            "map",
        ];
        for text in table {
            assert_eq!(Kind::parse(text).to_string(), text);
        }
        let list =
            Kind::List(Box::new(Kind::Either(vec![Kind::Text, Kind::Map(Box::new(Kind::Any))])));
        assert_eq!(Kind::parse("list of (text or map)"), list);
    }
}
