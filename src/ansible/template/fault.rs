//! Why a value is missing. A fault travels through an expression like a value until something uses it.

use std::sync::Arc;

use super::Scope;
use crate::{near, origin::Setting, trouble::Trouble};

/// A value that is undefined or could not be computed, and the variables that led there.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// Whether something is merely not there: `default` and `is defined` answer that, but no other fault.
    pub(super) undefined: bool,
    /// The variable that nothing sets.
    absent: Option<String>,
    /// What Ansible would say.
    pub(super) message: String,
    /// The variables that were being evaluated, the outermost first.
    pub(super) chain: Vec<Setting>,
    /// A trouble that came from elsewhere (files, vault, other layers).
    pub(super) trouble: Option<Trouble>,
    pub(super) hints: Vec<String>,
}

pub(super) type Faulty = Arc<Fault>;

/// A value, or the fault that stopped its computation.
pub(super) type Outcome<T = super::value::Val> = Result<T, Faulty>;

impl Fault {
    /// A fault that happens while the variables of this thread's chain are evaluated.
    pub(super) fn new(message: impl Into<String>) -> Faulty {
        Arc::new(Self::here(message.into()))
    }

    /// The fault of using what is not there.
    pub(super) fn absent(message: impl Into<String>) -> Faulty {
        Arc::new(Self { undefined: true, ..Self::here(message.into()) })
    }

    pub(super) fn undefined(name: &str) -> Faulty {
        let fault = Self::here(format!("'{name}' is undefined"));
        Arc::new(Self { undefined: true, absent: Some(name.to_owned()), ..fault })
    }

    /// Whether a value has no such part, in contrast to a variable that nothing sets.
    pub(super) fn is_no_attribute(&self) -> bool {
        let words = self.message.starts_with("object of type")
            || self.message.ends_with("object has no element 0");
        self.undefined && self.absent.is_none() && words
    }

    pub(super) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Faulty {
        let mut fault = Self::here(message.into());
        fault.hints.push(hint.into());
        Arc::new(fault)
    }

    pub(super) fn from_trouble(trouble: &Trouble) -> Faulty {
        let mut fault = Self::here(trouble.to_string());
        fault.trouble = Some(trouble.clone());
        Arc::new(fault)
    }

    /// Any fault as one that is more than undefined, because what was at work does not let it pass.
    pub(super) fn raised(&self, words: &str) -> Faulty {
        Self::new(format!("{words}: {}", self.message))
    }

    fn here(message: String) -> Self {
        let chain = super::chain::settings();
        super::meter::steps(chain.len());
        Self { undefined: false, absent: None, message, chain, trouble: None, hints: Vec::new() }
    }

    /// The fault as the trouble that a person reads: what could not be evaluated, why, the way that led there, and what
    /// may have been meant.
    pub(super) fn to_trouble(&self, scope: &dyn Scope, asked: &Setting) -> Trouble {
        let trouble = self.to_plain_trouble(scope, asked);
        self.meant(scope).into_iter().fold(trouble, Trouble::hint)
    }

    /// [`to_trouble`](Self::to_trouble) without what may have been meant.
    pub(super) fn to_plain_trouble(&self, scope: &dyn Scope, asked: &Setting) -> Trouble {
        let mut chain = self.chain.clone();
        if chain.first().is_none_or(|first| first.variable != asked.variable) {
            chain.insert(0, asked.clone());
        }
        let what = format!("{}: evaluating `{}`", scope.host(), asked.variable);
        self.told(what, &chain, chain.len() > 1)
    }

    /// The fault of rendering a file as the trouble that a person reads.
    pub(super) fn to_file_trouble(&self, what: String) -> Trouble {
        self.told(what, &self.chain, !self.chain.is_empty())
    }

    fn told(&self, what: String, chain: &[Setting], names_chain: bool) -> Trouble {
        let mut trouble = match &self.trouble {
            Some(inner) => inner.clone().while_trying(what),
            None => Trouble::refused(what).because(&self.message),
        };
        if names_chain {
            let names: Vec<String> =
                chain.iter().map(|link| format!("`{}`", link.variable)).collect();
            trouble = trouble.because(format!("needed through {}", names.join(" → ")));
        }
        trouble = chain.iter().rev().fold(trouble, Trouble::set_by);
        self.hints.iter().fold(trouble, Trouble::hint)
    }

    /// The names that were probably meant by one that nothing sets.
    fn meant(&self, scope: &dyn Scope) -> Option<String> {
        let names = scope.names();
        let near = near::nearest(self.absent.as_deref()?, names.iter().map(String::as_str));
        (!near.is_empty()).then(|| format!("did you mean `{}`?", near.join("` or `")))
    }
}
