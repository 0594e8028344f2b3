//! What the site says of a node and Ironic has otherwise, with the operations that end it.

use serde_json::{Value, json};

use super::observed::Observed;
use crate::{model::node::Node, secret::MASK};

/// A difference between what the site says and what Ironic has, with the operation that ends it.
#[derive(Debug, PartialEq)]
pub(super) struct Change {
    pub(super) told: String,
    pub(super) operation: Value,
    /// The field, without the place inside of it.
    field: String,
}

impl Change {
    /// A value that is sent without a look, because Ironic does not show it.
    pub(super) fn unseen(key: &str, value: &Value) -> Self {
        let operation = add(&["driver_info", key], value);
        Self { told: key.to_owned(), operation, field: "driver_info".into() }
    }

    pub(super) fn is_of(&self, field: &str) -> bool {
        self.field == field
    }

    /// Whether Ironic lets this be changed now. It would take another driver for a node in use, with other interfaces
    /// than those that deployed it; that is nothing to happen by the way.
    fn may_be_made(&self, node: &Observed) -> bool {
        match self.field.as_str() {
            "resource_class" => node.is_free() || node.resource_class.is_none(),
            "driver" => node.is_free() || node.maintenance,
            field if field.ends_with("_interface") => node.is_free() || node.maintenance,
            _ => true,
        }
    }
}

/// The changes that can be made, and in words those for which the node has to be out of use.
pub(super) fn parted(changes: Vec<Change>, node: &Observed) -> (Vec<Change>, Vec<String>) {
    let (now, later): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| change.may_be_made(node));
    let state = node.provision_state.name();
    let told = |change: Change| format!("stays while the node is `{state}`: {}", change.told);
    (now, later.into_iter().map(told).collect())
}

/// What the site says and Ironic has otherwise. What only Ironic has stays: inspection and rules put it there.
pub(super) fn differences(node: &Node, observed: &Observed) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut compare = |path: &[&str], wanted: &Value, found: Option<&Value>| {
        if !same(wanted, found) {
            let found = found.map_or_else(|| "nothing".into(), shown);
            let told = format!("{}: {found} → {}", path.join("."), shown(wanted));
            let field = path[0].to_owned();
            changes.push(Change { told, operation: add(path, wanted), field });
        }
    };
    compare(&["driver"], &json!(node.driver.value), Some(&json!(observed.driver)));
    for (key, wanted) in &node.driver_info {
        compare(&["driver_info", key], wanted, observed.driver_info.get(key));
    }
    for (key, wanted) in &node.properties {
        let found = observed.properties.get(key);
        match key.as_str() {
            "capabilities" => compare(&["properties", key], &capabilities(wanted, found), found),
            _ => compare(&["properties", key], wanted, found),
        }
    }
    if let Some(class) = &node.resource_class {
        compare(
            &["resource_class"],
            &json!(class),
            observed.resource_class.as_ref().map(|c| json!(c)).as_ref(),
        );
    }
    for (kind, name) in &node.interfaces {
        let field = format!("{kind}_interface");
        compare(&[&field], &json!(name), observed.interfaces.get(&field));
    }
    for (field, wanted, found) in [
        ("owner", &node.placement.owner, &observed.owner),
        ("conductor_group", &node.placement.conductor_group, &observed.conductor_group),
    ] {
        if let Some(wanted) = wanted {
            compare(&[field], &json!(wanted), found.as_ref().map(|text| json!(text)).as_ref());
        }
    }
    if let Some(wanted) = node.automated_clean {
        let found = observed.automated_clean.map(Value::Bool);
        compare(&["automated_clean"], &json!(wanted), found.as_ref());
    }
    changes
}

/// The wanted `key:value` pairs put into those that inspection found.
fn capabilities(wanted: &Value, found: Option<&Value>) -> Value {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
        pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
    };
    let mut merged = pairs(found.and_then(Value::as_str).unwrap_or_default());
    for (key, value) in pairs(wanted.as_str().unwrap_or_default()) {
        match merged.iter_mut().find(|(known, _)| *known == key) {
            Some(pair) => pair.1 = value,
            None => merged.push((key, value)),
        }
    }
    let merged: Vec<_> = merged.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Value::String(merged.join(","))
}

/// Whether two values mean the same: a number and its text do. What Ironic hides cannot be told apart.
fn same(wanted: &Value, found: Option<&Value>) -> bool {
    found.is_some_and(|found| {
        found == wanted || found == MASK || (!found.is_object() && shown(found) == shown(wanted))
    })
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A JSON patch operation that sets the value at the path.
pub(super) fn add(path: &[&str], value: &Value) -> Value {
    let escaped = path.iter().map(|key| key.replace('~', "~0").replace('/', "~1"));
    let path = escaped.fold(String::new(), |path, key| format!("{path}/{key}"));
    json!({ "op": "add", "path": path, "value": value })
}

#[cfg(test)]
#[path = "differences_tests.rs"]
mod tests;
