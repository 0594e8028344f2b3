//! One host's variables, for those who read all of many hosts.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::{Variables, mask};
use crate::{
    ansible::{facts, template::Evaluator, variables::table::Entry},
    trouble::Result,
};

/// The variables of one host. What was evaluated is forgotten with it, so that memory does not grow with the hosts.
pub struct OfHost<'a> {
    variables: &'a Variables,
    host: usize,
    evaluator: Evaluator,
}

/// What a variable of a host is, as far as it can be evaluated.
#[derive(Debug)]
pub struct Told {
    pub value: Result<Option<Value>>,
    /// Whether it is the same for every host, so that nobody has to ask again.
    pub same_for_all: bool,
}

impl fmt::Debug for OfHost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfHost({})", self.variables.site.name(self.host))
    }
}

impl Variables {
    /// The variables of one host, to be forgotten soon; `None` if there is no such host.
    pub fn of_host(&self, host: &str) -> Option<OfHost<'_>> {
        let host = self.site.inventory.host(host)?;
        Some(OfHost { variables: self, host, evaluator: self.site.evaluator(host) })
    }

    /// The value with stars, and whether it is made with secrets.
    pub(super) fn masked_value(&self, host: usize, name: &str, value: Value) -> (Value, bool) {
        if self.site.reads_secret(host, name) {
            return (self.masked_secret(host, name, &value), true);
        }
        (mask::keys(value, self.site.declared()), false)
    }

    /// The value of a variable that is made with secrets.
    fn masked_secret(&self, host: usize, name: &str, value: &Value) -> Value {
        let declared = self.site.declared();
        let by_type = declared.contains(name);
        let whole = by_type || self.site.winner(host, name).is_some_and(Entry::is_secret);
        let mut secrets = self.site.secrets().clone();
        secrets.extend(self.declared_texts(host).iter().cloned());
        // Keys come last: where their secrets are found by their text, the rest of the value may be shown.
        mask::keys(mask::secrets(value, &secrets, whole), declared)
    }

    /// The texts of a host's declared secrets; nothing else of their evaluation is kept.
    fn declared_texts(&self, host: usize) -> &BTreeSet<String> {
        self.declared_texts[host].get_or_init(|| {
            let evaluator = self.site.evaluator(host);
            let mut texts = BTreeSet::new();
            // One that cannot be evaluated shows in no value.
            let names = self.site.declared().iter();
            let values = names.filter_map(|name| evaluator.variable(name).ok().flatten());
            values.for_each(|value| mask::texts(&value, &mut texts));
            texts
        })
    }
}

impl OfHost<'_> {
    /// As [`Variables::names`].
    pub fn names(&self) -> Vec<String> {
        self.variables.site.names(self.host).into_iter().map(str::to_owned).collect()
    }

    /// Whether the variable is a fact that was gathered from the host.
    pub fn is_fact(&self, name: &str) -> bool {
        let winner = self.variables.site.winner(self.host, name);
        winner.is_some_and(|entry| entry.level == facts::level())
    }

    /// As [`Variables::value`], without a hint at names that are like a missing one.
    pub fn value(&self, name: &str) -> Told {
        let (value, same_for_all) = self.evaluator.variable_and_sameness(name);
        Told { value, same_for_all }
    }

    /// As [`Variables::masked`].
    pub fn masked(&self, name: &str) -> Told {
        let Told { value, same_for_all } = self.value(name);
        let Ok(Some(value)) = value else { return Told { value, same_for_all } };
        let (shown, reads_secret) = self.variables.masked_value(self.host, name, value);
        // What shows a secret follows from the secrets that were read so far, and those are the host's.
        Told { value: Ok(Some(shown)), same_for_all: same_for_all && !reads_secret }
    }
}
