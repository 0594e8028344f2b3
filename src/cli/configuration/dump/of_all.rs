//! Every variable of every host. A value that is the same for all hosts is evaluated and laid out once: lists of hosts,
//! and of their addresses, would otherwise take more and more time with each host.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};

use super::{
    super::{Sorted, rendered},
    Dump,
};
use crate::{cli::options::Format, trouble::Result};

/// A value as it is written.
#[derive(Debug, Clone)]
enum Shown {
    Value(Rc<Value>),
    /// Laid out as JSON at its place.
    Text(Rc<RawValue>),
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => Sorted(&**value).serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
        }
    }
}

/// A dump of all hosts, which is made while it is written: each host is evaluated when its turn comes, and forgotten
/// after it.
pub(super) struct OfAll<'a> {
    dump: &'a Dump<'a>,
    format: Format,
    /// Values that are the same for all hosts, by their variables.
    shared: RefCell<HashMap<String, Shown>>,
}

/// One host's variables, sorted by name.
#[derive(Default)]
struct Variables {
    values: Vec<(String, Shown)>,
    errors: Vec<(String, String)>,
}

impl<'a> OfAll<'a> {
    pub(super) fn new(dump: &'a Dump<'a>, format: Format) -> Self {
        Self { dump, format, shared: RefCell::default() }
    }

    fn of_host(&self, host: &str) -> Variables {
        let mut found = Variables::default();
        let Some(host) = self.dump.variables.of_host(host) else { return found };
        for name in self.dump.names(&host) {
            if let Some(shown) = self.shared.borrow().get(&name) {
                found.values.push((name, shown.clone()));
                continue;
            }
            let told = self.dump.told(&host, &name);
            let shown = match told.value {
                Ok(value) => self.shown(value.unwrap_or_default(), told.same_for_all),
                Err(trouble) => {
                    found.errors.push((name, trouble.to_string()));
                    continue;
                }
            };
            if told.same_for_all {
                self.shared.borrow_mut().insert(name.clone(), shown.clone());
            }
            found.values.push((name, shown));
        }
        self.dump.fail(found.errors.len());
        found
    }

    /// A value that is written often is laid out once, where the format lets it.
    fn shown(&self, value: Value, often: bool) -> Shown {
        let deep = if self.dump.args.with_errors { 3 } else { 2 };
        let text = || {
            let text = rendered(&value, Format::Json).ok()?;
            let text = text.trim_end().replace('\n', &format!("\n{}", "    ".repeat(deep)));
            RawValue::from_string(text).ok()
        };
        match (often, self.format) {
            (true, Format::Json | Format::Text) => text().map(|text| Shown::Text(text.into())),
            _ => None,
        }
        .unwrap_or_else(|| Shown::Value(Rc::new(value)))
    }
}

impl Serialize for OfAll<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hosts: Vec<_> = self.dump.hosts.iter().collect();
        hosts.sort();
        let mut map = serializer.serialize_map(Some(hosts.len()))?;
        for host in hosts {
            let Variables { values, errors } = self.of_host(host);
            map.serialize_key(host)?;
            if self.dump.args.with_errors {
                map.serialize_value(&Both { errors: Pairs(&errors), values: Pairs(&values) })?;
            } else {
                map.serialize_value(&Pairs(&values))?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Both<'a> {
    errors: Pairs<'a, String>,
    values: Pairs<'a, Shown>,
}

/// Pairs as a map.
struct Pairs<'a, V>(&'a [(String, V)]);

impl<V: Serialize> Serialize for Pairs<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
