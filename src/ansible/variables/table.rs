//! What one level of precedence sets: for each variable every place that sets it, the last of which counts.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use crate::{
    ansible::{
        vault,
        yaml::{Data, Node},
    },
    secret::MASK,
    trouble::Result,
};

/// How the levels of built-in defaults begin.
pub(super) const BUILT_IN: &str = "built-in default";

/// One place that sets a variable.
#[derive(Debug)]
pub(super) struct Entry {
    node: Arc<Node>,
    pub(super) level: Arc<str>,
    /// It stands in a file that is encrypted as a whole.
    in_vault_file: bool,
    has_vault: bool,
    opened: OnceLock<Result<Arc<Node>>>,
}

impl Entry {
    fn new(node: Node, level: &Arc<str>, in_vault_file: bool) -> Self {
        let has_vault = holds_vault(&node);
        let level = Arc::clone(level);
        Self { node: Arc::new(node), level, in_vault_file, has_vault, opened: OnceLock::new() }
    }

    /// The value as written.
    pub(super) fn written(&self) -> &Node {
        &self.node
    }

    /// Whether it stands in a file that is encrypted as a whole.
    pub(super) fn in_vault_file(&self) -> bool {
        self.in_vault_file
    }

    /// Whether any of it came or comes out of a vault.
    pub(super) fn is_secret(&self) -> bool {
        self.in_vault_file || self.has_vault
    }

    /// Whether the site itself says it, and not Ymir's defaults.
    pub(super) fn is_of_site(&self) -> bool {
        !self.level.starts_with(BUILT_IN)
    }

    /// Whether it takes something from outside the site, such as the environment.
    pub(super) fn looks_outside(&self) -> bool {
        let mut texts = Vec::new();
        leaves(&self.node, &mut texts);
        texts.iter().any(|text| text.contains("lookup("))
    }

    /// The texts in it that are no templates: a secret may stand there as it is.
    pub(super) fn literal_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        leaves(&self.node, &mut texts);
        texts.retain(|text| !text.is_empty() && !text.contains("{{") && !text.contains("{%"));
        texts
    }

    /// The value with its vault texts opened, once.
    pub(super) fn open(&self, keys: &vault::Keys) -> Result<Arc<Node>> {
        if !self.has_vault {
            return Ok(Arc::clone(&self.node));
        }
        let opened = || open_texts(&self.node, keys).map(Arc::new);
        self.opened.get_or_init(opened).clone()
    }

    /// The texts in it that are secret; the value must have been opened.
    pub(super) fn secret_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        if self.in_vault_file {
            leaves(&self.node, &mut texts);
        }
        if let Some(Ok(opened)) = self.opened.get() {
            opened_texts(&self.node, opened, &mut texts);
        }
        texts
    }

    /// The value as written, in one line, secrets masked.
    pub(super) fn masked(&self) -> String {
        match &self.node.data {
            Data::Vault(_) => MASK.to_owned(),
            _ if self.in_vault_file => MASK.to_owned(),
            Data::Text(text) | Data::Unsafe(text) => text.clone(),
            Data::Moment(moment) => moment.to_string(),
            _ => masked_json(&self.node).to_string(),
        }
    }
}

/// The variables of one level.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<String, Vec<Entry>>,
}

impl Table {
    /// Adds variables over those that are there.
    pub(super) fn extend(
        &mut self,
        pairs: impl IntoIterator<Item = (String, Node)>,
        level: &Arc<str>,
        in_vault_file: bool,
    ) {
        for (name, node) in pairs {
            self.entries.entry(name).or_default().push(Entry::new(node, level, in_vault_file));
        }
    }

    /// The places that set a variable, the winner first.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries.get(name).into_iter().flat_map(|entries| entries.iter().rev())
    }

    pub(super) fn winner(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name).and_then(|entries| entries.last())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether any of it came or comes out of a vault.
    pub(super) fn has_secrets(&self) -> bool {
        self.entries.values().flatten().any(Entry::is_secret)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn leaves(node: &Node, texts: &mut Vec<String>) {
    match &node.data {
        Data::Text(text) | Data::Unsafe(text) => texts.push(text.clone()),
        Data::Int(number) => texts.push(number.to_string()),
        Data::Moment(moment) => texts.extend([moment.to_string(), moment.iso(" ")]),
        Data::List(items) => items.iter().for_each(|item| leaves(item, texts)),
        Data::Map(pairs) => pairs.iter().for_each(|(_, value)| leaves(value, texts)),
        _ => {}
    }
}

/// The opened texts at the places where vault texts were written.
pub(super) fn opened_texts(written: &Node, opened: &Node, texts: &mut Vec<String>) {
    match (&written.data, &opened.data) {
        (Data::Vault(_), Data::Unsafe(text)) => texts.push(text.clone()),
        (Data::List(one), Data::List(other)) => {
            one.iter().zip(other).for_each(|(one, other)| opened_texts(one, other, texts));
        }
        (Data::Map(one), Data::Map(other)) => {
            one.iter()
                .zip(other)
                .for_each(|((_, one), (_, other))| opened_texts(one, other, texts));
        }
        _ => {}
    }
}

fn holds_vault(node: &Node) -> bool {
    match &node.data {
        Data::Vault(_) => true,
        Data::List(items) => items.iter().any(holds_vault),
        Data::Map(pairs) => pairs.iter().any(|(_, value)| holds_vault(value)),
        _ => false,
    }
}

pub(in crate::ansible) fn open_texts(node: &Node, keys: &vault::Keys) -> Result<Node> {
    let data = match &node.data {
        Data::Vault(text) => Data::Unsafe(vault::open(text, keys, &node.origin)?),
        Data::List(items) => {
            Data::List(items.iter().map(|item| open_texts(item, keys)).collect::<Result<_>>()?)
        }
        Data::Map(pairs) => {
            let open = |(key, value): &(Node, Node)| Ok((key.clone(), open_texts(value, keys)?));
            Data::Map(pairs.iter().map(open).collect::<Result<_>>()?)
        }
        other => other.clone(),
    };
    Ok(Node { origin: node.origin.clone(), data })
}

fn masked_json(node: &Node) -> serde_json::Value {
    match &node.data {
        Data::Null => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) => {
            i64::try_from(*value).map_or_else(|_| value.to_string().into(), Into::into)
        }
        Data::Float(value) => (*value).into(),
        Data::Moment(moment) => moment.to_string().into(),
        Data::Text(text) | Data::Unsafe(text) => text.as_str().into(),
        Data::Vault(_) => MASK.into(),
        Data::List(items) => items.iter().map(masked_json).collect(),
        Data::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| {
                let key = match masked_json(key) {
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                };
                (key, masked_json(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
