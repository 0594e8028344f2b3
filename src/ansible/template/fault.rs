//! Why a value is missing. A fault travels through an expression like a value until something uses it.

use std::sync::Arc;

use super::{Scope, cycle, lookups::Source, spot::Spot};
use crate::{
    near,
    origin::{Origin, Setting},
    trouble::Trouble,
};

/// What Ansible says of `undef()` that is told no hint.
pub(super) const UNNAMED: &str = "Mandatory variable has not been overridden";

/// What to do without a filter or test of a collection.
pub(super) const OF_COLLECTIONS: &str = "Ymir knows only some plug-ins of collections, which docs/templates.md lists: \
     write the value itself into a variable, or use what Ansible brings";

/// What Ansible says of variables that need themselves.
pub(super) const LOOP: &str = "Recursive loop detected in template";

/// A value that is undefined or could not be computed, and the variables that led there.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// Whether something is merely not there: `default` and `is defined` answer that, but no other fault.
    pub(super) undefined: bool,
    /// Whether a value contains itself.
    is_endless: bool,
    /// The variable that nothing sets.
    absent: Option<String>,
    /// What Ansible would say.
    pub(super) message: String,
    /// The variables that were being evaluated, the outermost first.
    pub(super) chain: Vec<Setting>,
    /// A trouble that came from elsewhere (files, vault, other layers).
    pub(super) trouble: Option<Trouble>,
    pub(super) hints: Vec<String>,
    /// Where in a template's file the fault is.
    place: Option<Origin>,
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
        let fault = Self::here(format!("{} is undefined", super::text::quoted(name)));
        Arc::new(Self { undefined: true, absent: Some(name.to_owned()), ..fault })
    }

    pub(super) fn endless() -> Faulty {
        let fault = Self::here(format!("{LOOP}: the value contains itself"));
        Arc::new(Self { is_endless: true, ..fault })
    }

    /// Whether a value has no such part, in contrast to a variable that nothing sets.
    pub(super) fn is_no_attribute(&self) -> bool {
        let words = self.message.starts_with("object of type")
            || self.message.ends_with("object has no element 0");
        self.undefined && self.absent.is_none() && words
    }

    /// Whether it is what `undef()` gives that is told no hint.
    pub(super) fn is_unnamed(&self) -> bool {
        self.undefined && self.message == UNNAMED
    }

    pub(super) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Faulty {
        let mut fault = Self::here(message.into());
        fault.hints.push(hint.into());
        Arc::new(fault)
    }

    /// The fault of a filter or test that is not there, with what Ansible says of it.
    pub(super) fn unknown(name: &str, message: String) -> Faulty {
        if name.contains('.') {
            Self::with_hint(message, OF_COLLECTIONS)
        } else {
            Self::new(message)
        }
    }

    pub(super) fn from_trouble(trouble: &Trouble) -> Faulty {
        let mut fault = Self::here(trouble.to_string());
        fault.trouble = Some(trouble.clone());
        Arc::new(fault)
    }

    /// The fault with the place in a template's file that holds it, unless it is known, or a variable that the template
    /// needs holds it. `spot` is where the tag begins.
    pub(super) fn placed(fault: Faulty, file: &Source, spot: Spot) -> Faulty {
        if fault.place.is_some() || fault.chain.len() > super::chain::settings().len() {
            return fault;
        }
        let Spot { line, column } = spot.of(&file.text, &fault);
        let place = Some(Origin::at(&file.shown, line, column));
        Arc::new(Self { place, ..Self::clone(&fault) })
    }

    /// The fault of a filter's arguments, with its name.
    pub(super) fn of_filter(fault: &Faulty, name: &str) -> Faulty {
        let message = format!("the filter `{name}` {}", fault.message);
        Arc::new(Self { message, ..Self::clone(fault) })
    }

    /// Any fault as one that is more than undefined, because what was at work does not let it pass.
    pub(super) fn raised(&self, words: &str) -> Faulty {
        Self::new(format!("{words}: {}", self.message))
    }

    fn here(message: String) -> Self {
        let chain = super::chain::settings();
        super::meter::steps(chain.len());
        Self {
            undefined: false,
            is_endless: false,
            absent: None,
            message,
            chain,
            trouble: None,
            hints: Vec::new(),
            place: None,
        }
    }

    /// The fault as the trouble that a person reads: what could not be evaluated, why, the way that led there, and what
    /// may have been meant.
    pub(super) fn to_trouble(&self, scope: &dyn Scope, asked: &Setting) -> Trouble {
        let trouble = self.to_plain_trouble(scope, asked);
        let trouble = self.meant(scope).into_iter().fold(trouble, Trouble::hint);
        if trouble.hints.is_empty() { trouble.hint(self.next_step(scope, asked)) } else { trouble }
    }

    /// What to do where nothing better is known.
    fn next_step(&self, scope: &dyn Scope, asked: &Setting) -> String {
        if let Some(name) = &self.absent {
            let is_fact = name.starts_with("ansible_");
            let set = if is_fact { "no facts are gathered here: " } else { "" };
            return format!(
                "{set}set `{name}`, or say what counts without it: `{{{{ {name} | default(…) }}}}`"
            );
        }
        if self.undefined {
            return "add what is missing, or say what counts without it with `| default(…)`".into();
        }
        let innermost = self.chain.last().unwrap_or(asked);
        let (variable, host) = (&innermost.variable, scope.host());
        match scope.raw(variable) {
            Ok(Some(_)) => format!(
                "`ymir configuration explain {variable} --host {host}` shows what is written for it"
            ),
            _ => "mend the expression".into(),
        }
    }

    /// [`to_trouble`](Self::to_trouble) without what may have been meant.
    pub(super) fn to_plain_trouble(&self, scope: &dyn Scope, asked: &Setting) -> Trouble {
        let cycle = self.is_endless.then(|| cycle::from(scope, &asked.variable)).flatten();
        if let Some(cycle) = cycle {
            let named = Self {
                message: format!("{LOOP}: {}", cycle.told()),
                hints: vec![breaking(cycle.name())],
                chain: cycle.way,
                is_endless: false,
                ..self.clone()
            };
            return named.to_plain_trouble(scope, asked);
        }
        let mut chain = self.chain.clone();
        if chain.first().is_none_or(|first| first.variable != asked.variable) {
            chain.insert(0, asked.clone());
        }
        let what = format!("{}: evaluating `{}`", scope.host(), asked.variable);
        self.told(what, &chain, chain.len() > 1)
    }

    /// The fault of rendering a file as the trouble that a person reads. It is at `origin`, unless it is in a file that
    /// the template asks for.
    pub(super) fn to_file_trouble(&self, what: String, origin: &Origin) -> Trouble {
        let trouble = self.told(what, &self.chain, !self.chain.is_empty());
        if self.place.is_some() { trouble } else { trouble.at(origin) }
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
        if let Some(place) = &self.place {
            trouble = trouble.at(place);
        }
        self.hints.iter().fold(trouble, Trouble::hint)
    }

    /// The names that were probably meant by one that nothing sets.
    fn meant(&self, scope: &dyn Scope) -> Option<String> {
        let names = scope.names();
        let near = near::nearest(self.absent.as_deref()?, names.iter().map(String::as_str));
        (!near.is_empty()).then(|| format!("did you mean `{}`?", near.join("` or `")))
    }
}

/// How a loop of variables is mended.
pub(super) fn breaking(name: &str) -> String {
    format!("break the loop: `{name}` must not depend on itself")
}
