//! One host's variables, for those who read all of many hosts.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::{Variables, mask};
use crate::{
    ansible::{template::Evaluator, variables::table::Entry},
    trouble::Result,
};

/// The variables of one host. What was evaluated is forgotten with it, so that memory does not grow with the hosts.
pub struct OfHost<'a> {
    variables: &'a Variables,
    host: usize,
    evaluator: Evaluator,
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

    pub(super) fn masked_value(&self, host: usize, name: &str, value: Value) -> Value {
        let declared = self.site.declared();
        if !self.site.reads_secret(host, name) {
            return mask::keys(value, declared);
        }
        let by_type = declared.contains(name);
        let whole = by_type || self.site.winner(host, name).is_some_and(Entry::is_secret);
        let mut secrets = self.site.secrets().clone();
        secrets.extend(self.declared_texts(host).iter().cloned());
        // Keys come last: where their secrets are found by their text, the rest of the value may be shown.
        mask::keys(mask::secrets(&value, &secrets, whole), declared)
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

    /// As [`Variables::value`], without a hint at names that are like a missing one.
    pub fn value(&self, name: &str) -> Result<Option<Value>> {
        self.evaluator.variable_without_hint(name)
    }

    /// As [`Variables::masked`].
    pub fn masked(&self, name: &str) -> Result<Option<Value>> {
        let value = self.value(name)?;
        Ok(value.map(|value| self.variables.masked_value(self.host, name, value)))
    }
}
