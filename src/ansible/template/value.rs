//! Values as Python has them while templates are evaluated.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, PoisonError, RwLock},
};

use indexmap::IndexMap;

use super::{
    fault::{Fault, Faulty, Outcome},
    lazy::Thunk,
    objects::Object,
};

/// A Python value. Lists and dicts are shared and mutable, as in Python.
#[derive(Debug, Clone)]
pub(super) enum Val {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
    List(List),
    Tuple(Arc<[Val]>),
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

/// A list that is shared by all who hold it.
#[derive(Debug, Clone)]
pub(super) struct List(Arc<RwLock<Vec<Val>>>);

/// A dict in insertion order that is shared by all who hold it.
#[derive(Debug, Clone, Default)]
pub(super) struct Dict(Arc<RwLock<IndexMap<Key, Val>>>);

/// A hashable value.
#[derive(Debug, Clone)]
pub(super) struct Key(Val);

impl Val {
    pub(super) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(text.as_ref().into())
    }

    pub(super) fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(items))
    }

    pub(super) fn strings<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::list(items.into_iter().map(Self::str).collect())
    }

    pub(super) fn tuple(items: impl Into<Arc<[Self]>>) -> Self {
        Self::Tuple(items.into())
    }

    /// A dict with text keys.
    pub(super) fn dict<S: AsRef<str>>(pairs: impl IntoIterator<Item = (S, Self)>) -> Self {
        let pairs = pairs.into_iter().map(|(key, value)| (Key(Self::str(key)), value));
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

    /// The items that a `for` sees; faults inside stay values.
    pub(super) fn iterate(&self) -> Outcome<Vec<Self>> {
        match self.clone().used()? {
            Self::List(list) => Ok(list.items()),
            Self::Tuple(items) => Ok(items.to_vec()),
            Self::Dict(dict) => Ok(dict.keys()),
            Self::Str(text) => Ok(text.chars().map(|c| Self::str(c.to_string())).collect()),
            Self::Blank => Ok(Vec::new()),
            Self::Object(object) if object.items().is_some() => {
                Ok(object.items().unwrap_or_default())
            }
            other => Err(Fault::new(format!("'{}' object is not iterable", other.type_name()))),
        }
    }

    /// The items for a filter: the first fault among them stops it.
    pub(super) fn items(&self) -> Outcome<Vec<Self>> {
        self.iterate()?.into_iter().map(Self::used).collect()
    }

    /// A copy that shares no list or dict with the original.
    pub(super) fn deep_copy(&self) -> Self {
        match self {
            Self::List(list) => Self::list(list.raw().iter().map(Self::deep_copy).collect()),
            Self::Tuple(items) => {
                Self::tuple(items.iter().map(Self::deep_copy).collect::<Vec<_>>())
            }
            Self::Dict(dict) => {
                let pairs = dict.raw().into_iter().map(|(key, value)| (key, value.deep_copy()));
                Self::Dict(Dict::new(pairs.collect()))
            }
            Self::Lazy(thunk) => thunk.force().deep_copy(),
            other => other.clone(),
        }
    }
}

impl List {
    pub(super) fn new(items: Vec<Val>) -> Self {
        Self(Arc::new(RwLock::new(items)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Val> {
        let item = self.0.read().unwrap_or_else(PoisonError::into_inner).get(index).cloned();
        item.map(Val::forced)
    }

    /// The items, evaluated.
    pub(super) fn items(&self) -> Vec<Val> {
        self.raw().into_iter().map(Val::forced).collect()
    }

    /// The items as they are, templates among them.
    pub(super) fn raw(&self) -> Vec<Val> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Vec<Val>) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Dict {
    pub(super) fn new(pairs: IndexMap<Key, Val>) -> Self {
        Self(Arc::new(RwLock::new(pairs)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Val> {
        let value = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        value.map(Val::forced)
    }

    pub(super) fn get_str(&self, key: &str) -> Option<Val> {
        self.get(&Key(Val::str(key)))
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    pub(super) fn keys(&self) -> Vec<Val> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().map(Key::value).collect()
    }

    /// Keys with values, evaluated.
    pub(super) fn pairs(&self) -> Vec<(Key, Val)> {
        self.raw().into_iter().map(|(key, value)| (key, value.forced())).collect()
    }

    /// Keys with values as they are, templates among them.
    pub(super) fn raw(&self) -> IndexMap<Key, Val> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut IndexMap<Key, Val>) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Key {
    /// Only what Python can hash is a key.
    pub(super) fn new(value: Val) -> Outcome<Self> {
        let value = value.used()?;
        match &value {
            Val::List(_) | Val::Dict(_) => {
                Err(Fault::new(format!("unhashable type: '{}'", value.type_name())))
            }
            Val::Tuple(items) => {
                items.iter().try_for_each(|item| Self::new(item.clone()).map(|_| ()))?;
                Ok(Self(value))
            }
            _ => Ok(Self(value)),
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Self(Val::str(text))
    }

    pub(super) fn value(&self) -> Val {
        self.0.clone()
    }

    pub(super) fn as_val(&self) -> &Val {
        &self.0
    }
}

/// Equal numbers are one key whatever their type: `1`, `1.0` and `True`.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole")]
fn whole(value: &Val) -> Option<i128> {
    match value {
        Val::Bool(value) => Some(i128::from(*value)),
        Val::Int(number) => Some(*number),
        Val::Float(number) if number.fract() == 0.0 => Some(*number as i128),
        _ => None,
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Val::Str(one), Val::Str(other)) => one == other,
            (Val::None, Val::None) => true,
            (Val::Tuple(one), Val::Tuple(other)) => {
                let pairs = || one.iter().zip(other.iter());
                one.len() == other.len() && pairs().all(|(a, b)| Self(a.clone()) == Self(b.clone()))
            }
            (Val::Float(one), Val::Float(other)) => one.to_bits() == other.to_bits(),
            (one, other) => whole(one).is_some() && whole(one) == whole(other),
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Val::Str(text) => text.hash(state),
            Val::Tuple(items) => items.iter().for_each(|item| Self(item.clone()).hash(state)),
            Val::Float(number) if whole(&self.0).is_none() => number.to_bits().hash(state),
            other => whole(other).hash(state),
        }
    }
}
