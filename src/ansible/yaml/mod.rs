//! YAML 1.1 as PyYAML and Ansible read it, with the place of every node.

mod compiled;
mod construct;
mod duplicates;
mod events;
mod excerpt;
mod graph;
mod invisible;
mod limits;
mod pinpoint;
mod redact;
mod scalar;
mod tags;
mod timestamp;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use self::construct::{is_key, last_wins};
pub(super) use self::timestamp::{Kind as MomentKind, moment, offset};
pub use self::{duplicates::Duplicate, limits::FILE_BYTES, timestamp::Moment};

use serde_json::Value;

use crate::{
    origin::Origin,
    secret::MASK,
    trouble::{Result, Trouble},
};

/// A YAML value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub origin: Origin,
    pub data: Data,
}

/// The types that Ansible's YAML has.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// A date, or a date with a time.
    Moment(Moment),
    /// Text that may hold a Jinja2 template.
    Text(String),
    /// `!unsafe` text: never a template.
    Unsafe(String),
    /// `!vault` text, still encrypted.
    Vault(String),
    List(Vec<Node>),
    /// In the order written; later duplicates have replaced earlier ones.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Whether both say the same, wherever they are written.
    pub fn is_alike(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::List(one), Data::List(same)) => {
                one.len() == same.len()
                    && one.iter().zip(same).all(|(one, same)| one.is_alike(same))
            }
            (Data::Map(one), Data::Map(same)) => {
                let alike = |((key, value), (same, its)): (&(Self, Self), &(Self, Self))| {
                    key.is_alike(same) && value.is_alike(its)
                };
                one.len() == same.len() && one.iter().zip(same).all(alike)
            }
            (one, same) => one == same,
        }
    }

    /// A value that was evaluated, as if it stood written out at one place.
    pub fn of_value(value: &Value, origin: &Origin) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Data::Int(number.into()),
                None => Data::Float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => {
                Data::List(items.iter().map(|item| Self::of_value(item, origin)).collect())
            }
            Value::Object(pairs) => {
                let key =
                    |text: &String| Self { origin: origin.clone(), data: Data::Text(text.clone()) };
                let pair = |(name, value)| (key(name), Self::of_value(value, origin));
                Data::Map(pairs.iter().map(pair).collect())
            }
        };
        Self { origin: origin.clone(), data }
    }

    /// The value of a text key in a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Data::Map(pairs) = &self.data else { return None };
        pairs.iter().find(|(name, _)| name.data.as_text() == Some(key)).map(|(_, value)| value)
    }
}

impl Data {
    /// The text of a plain, unsafe or quoted scalar that is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Unsafe(text) => Some(text),
            _ => None,
        }
    }

    /// Whether Python takes it for false: what is empty or zero.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(number) => *number == 0,
            Self::Float(number) => *number == 0.0,
            Self::Moment(_) => false,
            Self::Text(text) | Self::Unsafe(text) | Self::Vault(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(pairs) => pairs.is_empty(),
        }
    }

    /// What the type is called in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a decimal number",
            Self::Moment(_) => "a date",
            Self::Text(_) | Self::Unsafe(_) => "text",
            Self::Vault(_) => "a vault value",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Parses the only document of a file; an empty one is `Data::Null`.
pub fn parse(text: &str, file: &Arc<str>) -> Result<Node> {
    noting_duplicates(text, file).map(|(node, _)| node)
}

/// [`parse`] of the events of a text that was parsed when Ymir was built.
pub fn built_in(events: &[u8], file: &Arc<str>) -> Result<Node> {
    construct::built_in(events, file)
}

/// [`parse`] for text that came out of a vault: no message shows a line of it.
pub fn parse_secret(text: &str, file: &Arc<str>) -> Result<Node> {
    secret_noting_duplicates(text, file).map(|(node, _)| node)
}

/// [`parse`], with the keys of which only the last value counts.
pub fn noting_duplicates(text: &str, file: &Arc<str>) -> Result<(Node, Vec<Duplicate>)> {
    construct::document(text, file, Lines::Shown)
}

/// [`parse_secret`], with the keys of which only the last value counts.
pub fn secret_noting_duplicates(text: &str, file: &Arc<str>) -> Result<(Node, Vec<Duplicate>)> {
    construct::document(text, file, Lines::Hidden)
}

/// Keys that stand twice in one map of a text.
pub fn duplicates(text: &str, file: &Arc<str>) -> Vec<Duplicate> {
    duplicates::find(text, file)
}

/// Whether text that is written without quotes is read as text.
pub fn is_plain_text(text: &str) -> bool {
    scalar::is_text(text)
}

/// The lines of a text around a place in it, with a mark under the place and stars in place of secrets.
pub fn excerpt(text: &str, origin: &Origin, label: &str) -> String {
    excerpt::render(text, origin, label)
}

/// The place of a byte of a text, such as an argument of the command line.
pub fn place_in(file: &Arc<str>, text: &str, at: usize) -> Origin {
    let before = text.get(..at).unwrap_or(text);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Origin::at(file, number(line), number(column))
}

/// The place inside the value at `origin` of a name that `message` quotes, if one of the value's expressions has it.
pub fn pinpoint(text: &str, origin: &Origin, message: &str) -> Option<Origin> {
    pinpoint::found(text, origin, message)
}

/// The place of a name that `message` quotes inside the tag of a template that begins there.
pub(super) fn quoted_in_tag(
    text: &str,
    line: u32,
    column: u32,
    message: &str,
) -> Option<(u32, u32)> {
    pinpoint::in_tag(text, line, column, &pinpoint::names(message))
}

/// The place of one of these names, the first that is there, inside the tag of a template that begins there.
pub(super) fn named_in_tag(
    text: &str,
    line: u32,
    column: u32,
    names: &[&str],
) -> Option<(u32, u32)> {
    pinpoint::in_tag(text, line, column, names)
}

/// What to say of a character at or before a fault that looks like a space and is none, if there is one.
pub fn invisible(text: &str, fault: &Origin) -> Option<String> {
    invisible::hint(text, fault)
}

/// Whether an error may show lines of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    Shown,
    Hidden,
}

/// A fault at a place in a text: the message shows the place.
struct Fault {
    message: String,
    line: u32,
    column: u32,
    hint: Option<&'static str>,
}

impl Fault {
    fn new(message: impl Into<String>, mark: events::Mark) -> Self {
        Self { message: message.into(), line: mark.line, column: mark.column, hint: None }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    fn told(self, text: &str, file: &Arc<str>, lines: Lines) -> Trouble {
        let origin = Origin::at(file, self.line, self.column);
        let hidden = lines == Lines::Hidden || excerpt::hides(text, &origin);
        let control = self.message.contains("control characters");
        // The message may quote a part of the line: `*name` that begins a password looks like an alias.
        let message = if hidden { without_quotes(&self.message) } else { self.message };
        let mut trouble = Trouble::refused(format!("reading {file}")).because(message).at(&origin);
        if lines == Lines::Shown {
            trouble = trouble.excerpt(excerpt::render(text, &origin, "here"));
        }
        let line = text.lines().nth(usize::try_from(self.line).unwrap_or(1).max(1) - 1);
        let tab =
            line.is_some_and(|line| line[..line.len() - line.trim_start().len()].contains('\t'));
        if tab {
            return trouble.hint("indent with spaces: YAML takes no tabs there");
        }
        let hint = invisible(text, &origin)
            .or_else(|| control.then(|| invisible::control(text, &origin)).flatten())
            .or_else(|| self.hint.map(str::to_owned));
        hint.into_iter().fold(trouble, Trouble::hint)
    }
}

/// A message with stars in place of what it quotes.
fn without_quotes(message: &str) -> String {
    let parts = message.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 1 { MASK } else { part });
    parts.collect::<Vec<_>>().join("`")
}
