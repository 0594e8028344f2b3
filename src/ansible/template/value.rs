//! Values as Python has them while templates are evaluated.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{
    fault::{Fault, Faulty, Outcome},
    lazy::Thunk,
    meter,
    objects::Object,
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

/// A hashable value.
#[derive(Debug, Clone)]
pub(super) struct Key(Val);

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

    /// The items for a filter: the first fault among them stops it.
    pub(super) fn items(&self) -> Outcome<Vec<Self>> {
        self.iterate()?.into_iter().map(Self::used).collect()
    }

    /// A copy that shares no list or dict with the original.
    pub(super) fn deep_copy(&self) -> Self {
        self.copy_at(DEEPEST)
    }

    fn copy_at(&self, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Self::Missing(Fault::new(
                "Recursive loop detected in template: the value contains itself",
            ));
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

impl Key {
    /// Only what Python can hash is a key.
    pub(super) fn new(value: Val) -> Outcome<Self> {
        let value = value.used()?;
        hashable(&value, DEEPEST)?;
        Ok(Self(value))
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

fn hashable(value: &Val, depth: usize) -> Outcome<()> {
    let depth = depth.checked_sub(1);
    let depth = depth.ok_or_else(|| Fault::new("a key is nested more than 100 deep"))?;
    match value {
        Val::List(_) | Val::Dict(_) => {
            Err(Fault::new(format!("unhashable type: '{}'", value.type_name())))
        }
        Val::Tuple(items) => {
            items.iter().try_for_each(|item| hashable(&item.clone().used()?, depth))
        }
        Val::Missing(fault) => Err(Arc::clone(fault)),
        _ => Ok(()),
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
