//! Items of lists and dicts that stay templates until they are used.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{env::Env, parse, value::Val};
use crate::origin::Origin;

/// A template inside a variable's value.
pub(super) struct Thunk {
    env: Arc<Env>,
    variable: Arc<str>,
    text: String,
    origin: Origin,
    known: Mutex<Option<Val>>,
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thunk({} of {})", self.variable, self.origin)
    }
}

impl Thunk {
    pub(super) fn new(env: &Arc<Env>, variable: &Arc<str>, text: &str, origin: &Origin) -> Self {
        Self {
            env: Arc::clone(env),
            variable: Arc::clone(variable),
            text: text.to_owned(),
            origin: origin.clone(),
            known: Mutex::default(),
        }
    }

    /// Renders the template, once.
    pub(super) fn force(&self) -> Val {
        if let Some(known) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner) {
            return known.clone();
        }
        let place = std::ptr::from_ref(self).addr();
        let value = match self.env.enter(&self.variable, &self.origin, place) {
            Ok(_entered) => self.env.render(&self.text, &parse::Origin::YAML),
            Err(fault) => Val::Missing(fault),
        };
        if !matches!(value, Val::Missing(_)) {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
        }
        value
    }
}
