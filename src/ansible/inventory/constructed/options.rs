//! The options of a constructed inventory.

use serde_json::Value;

use super::super::source::Place;
use crate::{
    ansible::{
        template::{python_float, python_str},
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
    pub(super) compose: Vec<(Node, Node)>,
    pub(super) groups: Vec<(Node, Node)>,
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
    /// Whether options are given of which only one can be.
    pub(super) contradicts: bool,
}

impl Options {
    /// Reads the options; what Ansible looks at host by host may be anything where there is no host.
    pub(super) fn read(root: &Node, place: &Place, any_host: bool) -> Result<Self> {
        let read = Read { place };
        if read.flag(root, "use_extra_vars", false) {
            let given = root.get("use_extra_vars").unwrap_or(root);
            return Err(read
                .refused(given, "`use_extra_vars` cannot be read: extra variables are not known yet")
                .hint("set what the expressions need in the inventory, or let a program print the inventory"));
        }
        let keyed_groups = read.keyed_groups(root, any_host)?;
        Ok(Self {
            strict: read.flag(root, "strict", false),
            use_vars_plugins: read.flag(root, "use_vars_plugins", false),
            leading_separator: read.flag(root, "leading_separator", true),
            compose: read.pairs(root, "compose")?,
            groups: read.pairs(root, "groups")?,
            keyed_groups,
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

    /// As in Ansible, what is not true is false.
    #[expect(clippy::unused_self, reason = "as the other options")]
    fn flag(&self, root: &Node, name: &str, otherwise: bool) -> bool {
        let Some(node) = root.get(name) else { return otherwise };
        let known = match &node.data {
            Data::Null => return otherwise,
            Data::Bool(value) => Some(*value),
            Data::Int(0) => Some(false),
            Data::Int(1) => Some(true),
            Data::Float(number) if (*number - 1.0).abs() < f64::EPSILON => Some(true),
            Data::Text(text) | Data::Unsafe(text) => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" | "y" | "t" | "1.0" => Some(true),
                "false" | "no" | "off" | "0" | "n" | "f" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if known.is_none() {
            let origin = &node.origin;
            tracing::warn!("{origin}: `{name}` is neither true nor false, so it counts as false");
        }
        known == Some(true)
    }

    fn pairs(&self, root: &Node, name: &str) -> Result<Vec<(Node, Node)>> {
        match root.get(name) {
            None | Some(Node { data: Data::Null, .. }) => Ok(Vec::new()),
            Some(Node { data: Data::Map(pairs), .. }) => Ok(pairs.clone()),
            Some(node) => {
                let kind = node.data.kind();
                Err(self.refused(node, format!("`{name}` must be a map, not {kind}")))
            }
        }
    }

    fn keyed_groups(&self, root: &Node, any_host: bool) -> Result<Vec<Keyed>> {
        let Some(node) = root.get("keyed_groups") else { return Ok(Vec::new()) };
        match &node.data {
            Data::List(_) | Data::Text(_) | Data::Unsafe(_) if !any_host => Ok(Vec::new()),
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
        let text = |name: &str| entry.get(name).map(|node| self.text(name, node)).transpose();
        let nothing = || Node { data: Data::Null, ..entry.clone() };
        let (default, trailing) = (given("default_value"), given("trailing_separator"));
        Ok(Keyed {
            key: entry.get("key").cloned().unwrap_or_else(nothing),
            prefix: text("prefix")?.unwrap_or_default(),
            separator: text("separator")?.unwrap_or_else(|| "_".to_owned()),
            parent: given("parent_group").cloned(),
            default: default.map(|node| self.text("default_value", node)).transpose()?,
            trailing_separator: trailing.is_none_or(|node| node.data != Data::Bool(false)),
            contradicts: default.is_some() && trailing.is_some(),
        })
    }

    /// A part of a name; as in Ansible, what is no text is what Python prints of it.
    fn text(&self, name: &str, node: &Node) -> Result<String> {
        match &node.data {
            Data::Text(text) | Data::Unsafe(text) => Ok(text.clone()),
            Data::Null => Ok(python_str(&Value::Null)),
            Data::Bool(value) => Ok(python_str(&Value::Bool(*value))),
            Data::Int(number) => Ok(number.to_string()),
            Data::Float(number) => Ok(python_float(*number)),
            Data::Moment(moment) => Ok(moment.iso(" ")),
            Data::Vault(_) | Data::List(_) | Data::Map(_) => {
                Err(self.refused(node, format!("`{name}` must be text")))
            }
        }
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
