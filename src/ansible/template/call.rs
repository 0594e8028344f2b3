//! Arguments of filters, tests, methods and functions, taken one by one in the order of the signature.

use std::sync::Arc;

use super::{
    fault::{Fault, Faulty, Outcome},
    text,
    value::Val,
};

/// What to do about arguments that do not fit.
const ARGUMENTS: &str =
    "Ansible's documentation has the arguments of its filters, tests and lookups";

/// The arguments of one call.
#[derive(Debug, Default, Clone)]
pub(super) struct Args {
    pub(super) positional: Vec<Val>,
    pub(super) named: Vec<(Arc<str>, Val)>,
}

impl Args {
    pub(super) fn of(positional: Vec<Val>) -> Self {
        Self { positional, named: Vec::new() }
    }

    /// The first argument that is missing, if any.
    pub(super) fn first_missing(&self) -> Option<Val> {
        let all = self.positional.iter().chain(self.named.iter().map(|(_, value)| value));
        all.cloned().map(Val::forced).find(|value| matches!(value, Val::Missing(_)))
    }

    /// The next argument: by position, else by name.
    pub(super) fn take(&mut self, name: &str) -> Option<Val> {
        if self.positional.is_empty() {
            return self.take_named(name);
        }
        Some(self.positional.remove(0).forced())
    }

    /// An argument by name only.
    pub(super) fn take_named(&mut self, name: &str) -> Option<Val> {
        let at = self.named.iter().position(|(found, _)| &**found == name)?;
        Some(self.named.remove(at).1.forced())
    }

    pub(super) fn has_named(&self, name: &str) -> bool {
        self.named.iter().any(|(found, _)| &**found == name)
    }

    /// An argument that must be given.
    pub(super) fn required(&mut self, name: &str) -> Outcome {
        self.take(name).ok_or_else(|| Self::missing(name))
    }

    /// The next argument as text.
    pub(super) fn text(&mut self, name: &str) -> Outcome<String> {
        text::str_of(&self.required(name)?)
    }

    pub(super) fn text_or(&mut self, name: &str, default: &str) -> Outcome<String> {
        match self.take(name) {
            Some(Val::None) | None => Ok(default.to_owned()),
            Some(value) => text::str_of(&value),
        }
    }

    /// The next argument, which must be text.
    pub(super) fn only_text(&mut self, name: &str) -> Outcome<Arc<str>> {
        match self.required(name)?.used()? {
            Val::Str(found) => Ok(found),
            other => Err(not_text(name, &other)),
        }
    }

    /// The next argument, which must be text or `None`.
    pub(super) fn maybe_text(&mut self, name: &str) -> Outcome<Option<Arc<str>>> {
        match self.take(name).map(Val::used).transpose()? {
            None | Some(Val::None) => Ok(None),
            Some(Val::Str(found)) => Ok(Some(found)),
            Some(other) => Err(not_text(name, &other)),
        }
    }

    /// The next argument as a whole number, which may be absent but not `None`.
    pub(super) fn number(&mut self, name: &str, default: i128) -> Outcome<i128> {
        match self.take(name).map(Val::used).transpose()? {
            None => Ok(default),
            Some(Val::Int(number)) => Ok(number),
            Some(Val::Bool(value)) => Ok(i128::from(value)),
            Some(other) => Err(not_a_number(name, other.type_name())),
        }
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Outcome<bool> {
        self.take(name).map_or(Ok(default), |value| value.truth())
    }

    /// The next argument as a whole number; `None` where it is absent or Python's `None`.
    pub(super) fn int(&mut self, name: &str) -> Outcome<Option<i128>> {
        match self.take(name).map(Val::used).transpose()? {
            None | Some(Val::None) => Ok(None),
            Some(Val::Int(number)) => Ok(Some(number)),
            Some(Val::Bool(value)) => Ok(Some(i128::from(value))),
            Some(other) => Err(not_a_number(name, other.type_name())),
        }
    }

    pub(super) fn size(&mut self, name: &str, default: usize) -> Outcome<usize> {
        Ok(self.int(name)?.map_or(default, |number| usize::try_from(number).unwrap_or(0)))
    }

    /// What is left; nothing may be, or the call is wrong.
    pub(super) fn end(&self) -> Outcome<()> {
        if let Some((name, _)) = self.named.first() {
            return Err(Self::unexpected(name));
        }
        if self.positional.is_empty() { Ok(()) } else { Err(Self::surplus()) }
    }

    pub(super) fn missing(name: &str) -> Faulty {
        Self::wrong(format!("is missing its argument '{name}'"))
    }

    pub(super) fn unexpected(name: &str) -> Faulty {
        Self::wrong(format!("got an unexpected keyword argument '{name}'"))
    }

    pub(super) fn surplus() -> Faulty {
        Self::wrong("got too many positional arguments".to_owned())
    }

    /// The fault of a call with arguments that do not fit.
    pub(super) fn wrong(words: String) -> Faulty {
        Fault::with_hint(words, ARGUMENTS)
    }
}

fn not_text(name: &str, found: &Val) -> Faulty {
    let kind = found.type_name();
    Fault::new(format!("the argument '{name}' must be str, not {kind}"))
}

fn not_a_number(name: &str, kind: &str) -> Faulty {
    Fault::new(format!("the argument '{name}' must be a whole number, not '{kind}'"))
}
