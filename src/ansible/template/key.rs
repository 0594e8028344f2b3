//! What may be a key of a dict.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{
    fault::{Fault, Outcome},
    moments,
    value::{DEEPEST, Val},
};

/// A hashable value.
#[derive(Debug, Clone)]
pub(super) struct Key(Val);

impl Key {
    /// Only what Python can hash is a key.
    pub(super) fn new(value: Val) -> Outcome<Self> {
        let value = value.used()?;
        hashable(&value, DEEPEST)?;
        Ok(Self(value))
    }

    /// The key as it leaves its template, where tuples become lists, which are no keys.
    pub(super) fn finished(self) -> Outcome<Self> {
        match &self.0 {
            Val::Tuple(_) => Err(Fault::new("unhashable type: 'list'")),
            _ => Ok(self),
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
        Val::Float(number) if number.fract() == 0.0 && number.abs() < 1.7e38 => {
            Some(*number as i128)
        }
        _ => None,
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Val::Str(one), Val::Str(other)) => one == other,
            (Val::None, Val::None) | (Val::Omit, Val::Omit) => true,
            (Val::Tuple(one), Val::Tuple(other)) => {
                let pairs = || one.iter().zip(other.iter());
                one.len() == other.len() && pairs().all(|(a, b)| Self(a.clone()) == Self(b.clone()))
            }
            (Val::Object(one), Val::Object(other)) => {
                Arc::ptr_eq(one, other) || moments::are_one(one, other)
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
