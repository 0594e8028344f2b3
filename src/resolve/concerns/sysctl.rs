//! `sysctl_parameters`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Class;
use crate::{
    host::concern::{Concern, Sysctl},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let found = reader.get::<BTreeMap<String, Value>>("sysctl_parameters")?;
    let parameters = found.map_or_else(BTreeMap::new, |found| found.value);
    let written = |(name, value): (String, Value)| (name, written(value));
    Ok(Some(Sysctl { parameters: parameters.into_iter().map(written).collect() }.into()))
}

/// As Ansible's module writes a value: truth as a number.
fn written(value: Value) -> String {
    match value {
        Value::Bool(on) => u8::from(on).to_string(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
