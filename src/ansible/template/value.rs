//! Values as Python has them while templates are evaluated.

use std::sync::Arc;

pub(super) use super::key::Key;
use super::{
    fault::{Fault, Faulty, Outcome},
    lazy::Thunk,
    meter,
    objects::Object,
    watch,
};

pub(super) use super::containers::{Dict, List, Tuple};

/// Deeper nesting means that a value contains itself.
pub(super) const DEEPEST: usize = 100;

/// A Python value. Lists and dicts are shared and mutable, as in Python.
#[derive(Debug, Clone, Default)]
pub(super) enum Val {
    #[default]
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
    List(List),
    Tuple(Tuple),
    Dict(Dict),
    /// Ansible's `omit`.
    Omit,
    /// Jinja2's own undefined, which an `if` without `else` gives: it prints as nothing and is stored nowhere.
    Blank,
    /// Undefined, or an error that waits until it is used.
    Missing(Faulty),
    /// An item of a list or dict that is still a template.
    Lazy(Arc<Thunk>),
    Object(Arc<Object>),
}

impl Val {
    pub(super) fn str(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        meter::text(text.len());
        Self::Str(text.into())
    }

    pub(super) fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(items))
    }

    pub(super) fn strings<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::list(items.into_iter().map(Self::str).collect())
    }

    pub(super) fn tuple(items: impl Into<Arc<[Self]>>) -> Self {
        Self::Tuple(Tuple::new(items))
    }

    /// One group of `groupby`: what its items have in common, and the items.
    pub(super) fn group(grouper: Self, items: Vec<Self>) -> Self {
        Self::Tuple(Tuple::group(grouper, Self::list(items)))
    }

    /// A dict with text keys.
    pub(super) fn dict<S: AsRef<str>>(pairs: impl IntoIterator<Item = (S, Self)>) -> Self {
        let pairs = pairs.into_iter().map(|(key, value)| (Key::text(key.as_ref()), value));
        Self::Dict(Dict::new(pairs.collect()))
    }

    pub(super) fn undefined(name: &str) -> Self {
        Self::Missing(Fault::undefined(name))
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// What leaves a filter or macro: numbers of a `range` are a list then.
    pub(super) fn listed(self) -> Self {
        match &self {
            Self::Object(object) => match object.as_ref() {
                Object::Range(_) => Self::list(object.items().unwrap_or_default()),
                _ => self,
            },
            _ => self,
        }
    }

    /// Evaluates an item that is still a template.
    pub(super) fn forced(self) -> Self {
        match self {
            Self::Lazy(thunk) => thunk.force(),
            other => other,
        }
    }

    /// The value itself, or the fault that it carries.
    pub(super) fn used(self) -> Outcome {
        match self.forced() {
            Self::Missing(fault) => Err(fault),
            other => Ok(other),
        }
    }

    /// Python's name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(items) if items.is_group => "GroupTuple",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Omit => "Omit",
            Self::Blank | Self::Missing(_) => "Undefined",
            Self::Lazy(_) => "template",
            Self::Object(object) => object.type_name(),
        }
    }

    /// Python's truth of a value; a missing one is a fault.
    pub(super) fn truth(&self) -> Outcome<bool> {
        Ok(match self.clone().used()? {
            Self::None | Self::Blank => false,
            Self::Bool(value) => value,
            Self::Int(number) => number != 0,
            Self::Float(number) => number != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => list.len() != 0,
            Self::Tuple(items) => !items.is_empty(),
            Self::Dict(dict) => dict.len() != 0,
            Self::Object(object) => object.truth(),
            Self::Omit | Self::Missing(_) | Self::Lazy(_) => true,
        })
    }

    /// The items that a `for` sees, where faults inside stay values; what a filter sees, which the first fault ends.
    pub(super) fn iterate(&self) -> Outcome<Vec<Self>> {
        let items = self.elements()?;
        if watch::is_strict() && !matches!(self, Self::Tuple(_)) {
            items.into_iter().map(Self::used).collect()
        } else {
            Ok(items)
        }
    }

    /// The items, whatever they are.
    pub(super) fn elements(&self) -> Outcome<Vec<Self>> {
        let items = self.any_items()?;
        meter::checked()?;
        Ok(items)
    }

    fn any_items(&self) -> Outcome<Vec<Self>> {
        match self.clone().used()? {
            Self::List(list) => Ok(list.items()),
            Self::Tuple(items) => Ok(items.items()),
            Self::Dict(dict) => Ok(dict.keys()),
            Self::Str(text) => Ok(text.chars().map(|c| Self::str(c.to_string())).collect()),
            Self::Blank => Ok(Vec::new()),
            Self::Object(object) if object.items().is_some() => {
                Ok(object.items().unwrap_or_default())
            }
            other => Err(Fault::new(format!("'{}' object is not iterable", other.type_name()))),
        }
    }

    /// The items for a filter: the first fault among them stops it, but in a tuple, which nobody watches.
    pub(super) fn items(&self) -> Outcome<Vec<Self>> {
        if let Self::Tuple(items) = self {
            return Ok(items.items());
        }
        self.iterate()?.into_iter().map(Self::used).collect()
    }

    /// Evaluates what is directly inside, as Ansible does before it compares; the first fault there is the outcome.
    pub(super) fn seen(&self) -> Outcome<()> {
        match self {
            Self::List(list) => list.raw().into_iter().try_for_each(|item| item.used().map(drop)),
            Self::Dict(dict) => dict.raw().into_values().try_for_each(|item| item.used().map(drop)),
            _ => Ok(()),
        }
    }

    /// A copy that shares no list or dict with the original.
    pub(super) fn deep_copy(&self) -> Self {
        self.copy_at(DEEPEST)
    }

    fn copy_at(&self, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Self::Missing(Fault::endless());
        };
        let copy = |value: &Self| value.copy_at(depth);
        match self {
            Self::List(list) => Self::list(list.raw().iter().map(copy).collect()),
            Self::Tuple(items) => Self::tuple(items.iter().map(copy).collect::<Vec<_>>()),
            Self::Dict(dict) => {
                let pairs = dict.raw().into_iter().map(|(key, value)| (key, copy(&value)));
                Self::Dict(Dict::new(pairs.collect()))
            }
            Self::Lazy(thunk) => thunk.force().copy_at(depth),
            other => other.clone(),
        }
    }
}
