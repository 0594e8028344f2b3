//! Items of lists and dicts that stay templates until they are used.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    env::Env,
    parse, sameness,
    value::{Dict, Val},
};
use crate::origin::Origin;

/// A template inside a variable's value.
pub(super) struct Thunk {
    env: Arc<Env>,
    variable: Arc<str>,
    text: String,
    origin: Origin,
    /// The value, and whether it may differ from host to host.
    known: Mutex<Option<(Val, bool)>>,
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thunk({} of {})", self.variable, self.origin)
    }
}

/// What a filter gave, as Ansible has it: whoever asks a dict of it for all its values looks at what is missing there,
/// which nobody does of a dict that is written in the template.
pub(super) fn of_filter(env: &Arc<Env>, given: Val) -> Val {
    match &given {
        Val::Dict(dict) if dict.has_missing() => {
            let value = |value: Val| match value {
                Val::Missing(_) => Val::Lazy(Arc::new(Thunk::missing(env, value))),
                other => other,
            };
            let pairs = dict.raw().into_iter().map(|(key, found)| (key, value(found)));
            Val::Dict(Dict::new(pairs.collect()))
        }
        _ => given,
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

    /// What is missing, met only where it is looked at.
    fn missing(env: &Arc<Env>, fault: Val) -> Self {
        let known = Mutex::new(Some((fault, false)));
        let origin = Origin::whole("what a filter gave");
        Self { env: Arc::clone(env), variable: "".into(), text: String::new(), origin, known }
    }

    /// Renders the template, once.
    pub(super) fn force(&self) -> Val {
        if let Some((known, differs)) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner)
        {
            sameness::note(*differs);
            return known.clone();
        }
        let (value, differs) = sameness::observed(|| self.rendered());
        if !matches!(value, Val::Missing(_)) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some((value.clone(), differs));
        }
        value
    }

    fn rendered(&self) -> Val {
        let place = std::ptr::from_ref(self).addr();
        match self.env.enter(&self.variable, &self.origin, place) {
            Ok(_entered) => self.env.render(&self.text, &parse::Origin::YAML),
            Err(fault) => Val::Missing(fault),
        }
    }
}
