//! Which BIOS settings differ from what Ironic reports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A setting that is otherwise than the site says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub name: String,
    pub wanted: Value,
    /// As Ironic reports it.
    pub found: Option<String>,
}

impl Setting {
    pub(super) fn described(&self) -> String {
        let found = self.found.as_deref().unwrap_or("not reported");
        format!("BIOS setting {}: {found} → {}", self.name, text(&self.wanted))
    }

    /// As `bios.apply_configuration` takes it.
    pub(super) fn argument(&self) -> Value {
        json!({ "name": self.name, "value": self.wanted })
    }
}

/// The settings that differ; `reported` is Ironic's answer about the node's BIOS.
pub(super) fn differing(wanted: &BTreeMap<String, Value>, reported: &Value) -> Vec<Setting> {
    let reported = reported["bios"].as_array();
    let found = |name: &str| {
        let entry = reported.into_iter().flatten().find(|entry| entry["name"] == *name)?;
        Some(&entry["value"]).filter(|value| !value.is_null()).map(text)
    };
    let setting = |(name, wanted): (&String, &Value)| {
        let found = found(name);
        let same = found.as_deref().is_some_and(|found| is_same(wanted, found));
        (!same).then(|| Setting { name: name.clone(), wanted: wanted.clone(), found })
    };
    wanted.iter().filter_map(setting).collect()
}

/// Ironic keeps every value as text; its database makes 1 and 0 of true and false.
fn is_same(wanted: &Value, found: &str) -> bool {
    match wanted {
        Value::Bool(true) => ["1", "true", "True"].contains(&found),
        Value::Bool(false) => ["0", "false", "False"].contains(&found),
        other => text(other) == found,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_what_ironic_reports() {
        let reported = json!({ "bios": [
            { "name": "Text", "value": "On" }, { "name": "Number", "value": "4" }, { "name": "Bool", "value": "1" },
            { "name": "Empty", "value": null },
        ]});
        let table = [
            ("Text", json!("On"), None),
            ("Text", json!("Off"), Some("BIOS setting Text: On → Off")),
            ("Number", json!(4), None),
            ("Number", json!("4"), None),
            ("Number", json!(5), Some("BIOS setting Number: 4 → 5")),
            ("Bool", json!(true), None),
            ("Bool", json!(false), Some("BIOS setting Bool: 1 → false")),
            ("Empty", json!("x"), Some("BIOS setting Empty: not reported → x")),
            ("Unknown", json!("x"), Some("BIOS setting Unknown: not reported → x")),
        ];
        for (name, wanted, told) in table {
            let found = differing(&[(name.to_owned(), wanted)].into(), &reported);
            assert_eq!(found.first().map(Setting::described).as_deref(), told, "{name}");
        }
    }
}
