//! Options of lookups: given by name to the call, or written behind the term as `name=value`.

use super::super::{
    call::Args,
    fault::{Fault, Faulty, Outcome},
    filters::logic,
    text,
    value::Val,
};

/// The options of one lookup, which it takes one by one.
pub(super) struct Options<'a> {
    lookup: &'static str,
    args: &'a mut Args,
}

impl<'a> Options<'a> {
    pub(super) fn of(lookup: &'static str, args: &'a mut Args) -> Self {
        Self { lookup, args }
    }

    /// Lets a value that stands in a term count before what the call gives.
    pub(super) fn put_first(&mut self, name: &str, value: &str) {
        self.args.named.insert(0, (name.into(), Val::str(value)));
    }

    /// An option's value; Python's `None` counts as not given.
    pub(super) fn value(&mut self, name: &str) -> Option<Val> {
        self.args.take_named(name).filter(|value| !matches!(value, Val::None))
    }

    pub(super) fn text(&mut self, name: &str) -> Outcome<Option<String>> {
        self.value(name).map(|value| text::str_of(&value)).transpose()
    }

    pub(super) fn text_or(&mut self, name: &str, default: &str) -> Outcome<String> {
        Ok(self.text(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// An option that is on for every word that means yes.
    pub(super) fn flag(&mut self, name: &str, default: bool) -> Outcome<bool> {
        self.value(name).map_or(Ok(default), |value| logic::to_bool(&value))
    }

    pub(super) fn int(&mut self, name: &str) -> Outcome<Option<i128>> {
        match self.value(name).map(Val::used).transpose()? {
            None => Ok(None),
            Some(Val::Int(number)) => Ok(Some(number)),
            Some(Val::Bool(value)) => Ok(Some(i128::from(value))),
            Some(other) => {
                let found = text::str_of(&other)?;
                let number = text::parse_int(found.trim(), 10);
                number
                    .map(Some)
                    .ok_or_else(|| self.wrong(name, &format!("'{found}' is no whole number")))
            }
        }
    }

    /// One of several words.
    pub(super) fn choice(&mut self, name: &str, words: &[&'static str]) -> Outcome<&'static str> {
        let found = self.text_or(name, words[0])?;
        let known = words.iter().find(|word| **word == found).copied();
        known.ok_or_else(|| {
            let lookup = self.lookup;
            Fault::with_hint(
                format!(
                    "Invalid value '{found}' for config '{name}' for '{lookup}' lookup plugin."
                ),
                format!("use one of: {}", words.join(", ")),
            )
        })
    }

    /// An option that is a dict; its pairs.
    pub(super) fn dict(&mut self, name: &str) -> Outcome<Vec<(String, Val)>> {
        match self.value(name).map(Val::used).transpose()? {
            None => Ok(Vec::new()),
            Some(Val::Dict(dict)) => {
                let pairs = dict.pairs().into_iter();
                Ok(pairs
                    .filter_map(|(key, value)| Some((key.as_val().as_str()?.to_owned(), value)))
                    .collect())
            }
            Some(other) => {
                Err(self.wrong(name, &format!("it must be a dict, not {}", other.type_name())))
            }
        }
    }

    fn wrong(&self, name: &str, why: &str) -> Faulty {
        let lookup = self.lookup;
        Fault::new(format!(
            "Config '{name}' for '{lookup}' lookup plugin has an invalid value: {why}"
        ))
    }
}
