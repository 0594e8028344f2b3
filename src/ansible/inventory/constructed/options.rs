//! The options of a constructed inventory.

use serde_json::Value;

use super::super::source::Place;
use crate::{
    ansible::{
        template::python_str,
        yaml::{Data, Node},
    },
    trouble::{Result, Trouble},
};

/// Whether `plugin:` names this plug-in.
pub(in crate::ansible::inventory) fn is_constructed(name: &str) -> bool {
    matches!(name, "constructed" | "ansible.builtin.constructed" | "ansible.legacy.constructed")
}

pub(super) struct Options {
    pub(super) strict: bool,
    pub(super) use_vars_plugins: bool,
    pub(super) leading_separator: bool,
    pub(super) compose: Vec<(String, Node)>,
    pub(super) groups: Vec<(String, Node)>,
    pub(super) keyed_groups: Vec<Keyed>,
}

/// Groups that are named after a value.
pub(super) struct Keyed {
    pub(super) key: Node,
    prefix: String,
    separator: String,
    pub(super) parent: Option<Node>,
    pub(super) default: Option<String>,
    /// Whether a separator stays behind a key without a value.
    trailing_separator: bool,
}

impl Options {
    pub(super) fn read(root: &Node, place: &Place) -> Result<Self> {
        let read = Read { place };
        if read.flag(root, "use_extra_vars", false)? {
            let given = root.get("use_extra_vars").unwrap_or(root);
            return Err(read
                .refused(given, "`use_extra_vars` cannot be read: extra variables are not known yet")
                .hint("set what the expressions need in the inventory, or let a program print the inventory"));
        }
        Ok(Self {
            strict: read.flag(root, "strict", false)?,
            use_vars_plugins: read.flag(root, "use_vars_plugins", false)?,
            leading_separator: read.flag(root, "leading_separator", true)?,
            compose: read.pairs(root, "compose")?,
            groups: read.pairs(root, "groups")?,
            keyed_groups: read.keyed_groups(root)?,
        })
    }
}

struct Read<'a> {
    place: &'a Place,
}

impl Read<'_> {
    fn refused(&self, node: &Node, cause: impl std::fmt::Display) -> Trouble {
        Trouble::refused(format!("reading the inventory {}", self.place.file))
            .because(cause)
            .at(&node.origin)
    }

    fn flag(&self, root: &Node, name: &str, otherwise: bool) -> Result<bool> {
        let Some(node) = root.get(name) else { return Ok(otherwise) };
        match &node.data {
            Data::Null => Ok(otherwise),
            Data::Bool(value) => Ok(*value),
            Data::Int(0) => Ok(false),
            Data::Int(1) => Ok(true),
            Data::Text(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" | "y" | "t" => Ok(true),
                "false" | "no" | "off" | "0" | "n" | "f" => Ok(false),
                _ => Err(self.refused(node, format!("`{name}` is neither true nor false"))),
            },
            _ => Err(self.refused(node, format!("`{name}` is neither true nor false"))),
        }
    }

    fn pairs(&self, root: &Node, name: &str) -> Result<Vec<(String, Node)>> {
        let Some(node) = root.get(name) else { return Ok(Vec::new()) };
        let pairs = match &node.data {
            Data::Map(pairs) => pairs,
            Data::Null => return Ok(Vec::new()),
            data => {
                let kind = data.kind();
                return Err(self.refused(node, format!("`{name}` must be a map, not {kind}")));
            }
        };
        let named = |(key, value): &(Node, Node)| {
            let key = key.data.as_text().filter(|key| !key.is_empty());
            let key =
                key.ok_or_else(|| self.refused(node, format!("a key of `{name}` is no text")))?;
            Ok((key.to_owned(), value.clone()))
        };
        pairs.iter().map(named).collect()
    }

    fn keyed_groups(&self, root: &Node) -> Result<Vec<Keyed>> {
        let Some(node) = root.get("keyed_groups") else { return Ok(Vec::new()) };
        match &node.data {
            Data::List(entries) => entries.iter().map(|entry| self.keyed(entry)).collect(),
            Data::Null => Ok(Vec::new()),
            data => {
                let kind = data.kind();
                Err(self.refused(node, format!("`keyed_groups` must be a list, not {kind}")))
            }
        }
    }

    fn keyed(&self, entry: &Node) -> Result<Keyed> {
        if !matches!(&entry.data, Data::Map(pairs) if !pairs.is_empty()) {
            return Err(self.refused(entry, "an entry of `keyed_groups` is a map with a `key`"));
        }
        let given = |name: &str| entry.get(name).filter(|node| node.data != Data::Null);
        let key = given("key").ok_or_else(|| self.refused(entry, "it lacks a `key`"))?;
        let text = |name: &str| {
            let node = given(name);
            let text = |node: &Node| {
                let text = node.data.as_text().map(str::to_owned);
                text.ok_or_else(|| self.refused(node, format!("`{name}` must be text: quote it")))
            };
            node.map(text).transpose()
        };
        let (default, trailing) = (text("default_value")?, given("trailing_separator"));
        if let (Some(_), Some(trailing)) = (&default, trailing) {
            let cause = "only one of `default_value` and `trailing_separator` can be given";
            return Err(self.refused(trailing, cause));
        }
        Ok(Keyed {
            key: key.clone(),
            prefix: text("prefix")?.unwrap_or_default(),
            separator: text("separator")?.unwrap_or_else(|| "_".to_owned()),
            parent: given("parent_group").cloned(),
            default,
            trailing_separator: trailing.is_none_or(|node| node.data != Data::Bool(false)),
        })
    }
}

impl Keyed {
    /// The groups that a key stands for, without prefix.
    pub(super) fn names(&self, key: &Value) -> Result<Vec<String>, String> {
        let or_default = |value: &Value| match &self.default {
            Some(default) if super::is_blank(value) => default.clone(),
            _ => python_str(value),
        };
        match key {
            Value::Null | Value::String(_) => Ok(vec![or_default(key)]),
            Value::Array(items) => Ok(items.iter().map(or_default).collect()),
            Value::Object(pairs) => Ok(pairs
                .iter()
                .map(|(name, value)| self.pair(name, value, &or_default(value)))
                .collect()),
            Value::Bool(_) | Value::Number(_) => {
                Err(format!("groups are named after text, a list or a map, not after {key}"))
            }
        }
    }

    fn pair(&self, name: &str, value: &Value, told: &str) -> String {
        let bare = super::is_blank(value) && self.default.is_none() && !self.trailing_separator;
        if bare { name.to_owned() } else { format!("{name}{}{told}", self.separator) }
    }

    pub(super) fn prefixed(&self, name: &str, leading_separator: bool) -> String {
        let bare = self.prefix.is_empty() && !leading_separator;
        let separator = if bare { "" } else { &self.separator };
        format!("{}{separator}{name}", self.prefix)
    }
}
