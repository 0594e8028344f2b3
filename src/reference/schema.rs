//! The reference as JSON Schema, for editors.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Kind, Object, Reference, of_network};

/// The dialect of the schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// A template may stand wherever a value may.
const TEMPLATE: &str = "template";

impl Reference {
    /// The schema of files of variables. `networks` are the names of the site's networks.
    pub fn schema(&self, networks: &BTreeSet<String>) -> Value {
        let mut properties: Map<String, Value> = Map::new();
        for (name, entry) in &self.variables {
            properties.insert(name.clone(), described(&entry.kind, &entry.says));
        }
        for network in networks {
            for (attribute, entry) in &self.attributes {
                let says = of_network(&entry.says, network);
                let property = described(&entry.kind, &says);
                properties.entry(format!("{network}_{attribute}")).or_insert(property);
            }
        }
        let mut types: Map<String, Value> =
            self.objects.iter().map(|(name, object)| (name.clone(), map(object))).collect();
        types.insert(TEMPLATE.into(), json!({ "type": "string", "pattern": "\\{\\{|\\{%" }));
        json!({
            "$schema": DIALECT,
            "title": "Variables of a site repository",
            "type": ["object", "null"],
            "properties": properties,
            "$defs": types,
        })
    }
}

fn described(kind: &Kind, says: &str) -> Value {
    json!({ "description": says, "anyOf": alternatives(kind) })
}

/// A value of the type, or a template.
fn value(kind: &Kind) -> Value {
    if *kind == Kind::Any { json!(true) } else { json!({ "anyOf": alternatives(kind) }) }
}

fn alternatives(kind: &Kind) -> Vec<Value> {
    let mut found = plain(kind);
    let holds_text = found.iter().any(|one| one.get("type") == Some(&json!(["string", "number"])));
    if !holds_text && *kind != Kind::Any {
        found.push(json!({ "$ref": format!("#/$defs/{TEMPLATE}") }));
    }
    found
}

fn plain(kind: &Kind) -> Vec<Value> {
    let number =
        |low: i64, high: i64| json!({ "type": "integer", "minimum": low, "maximum": high });
    let one = match kind {
        Kind::Any => json!(true),
        Kind::Bool => {
            let words = ["yes", "no", "true", "false", "on", "off"];
            return vec![json!({ "type": "boolean" }), json!({ "enum": words })];
        }
        Kind::Int => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Port => number(1, 65535),
        Kind::Vlan => number(1, 4094),
        Kind::Path => json!({ "type": "string", "pattern": "^[/~]" }),
        Kind::Url => json!({ "type": "string", "pattern": "^[A-Za-z0-9+]+://." }),
        Kind::Ip => {
            let form = |name| json!({ "type": "string", "format": name });
            return vec![form("ipv4"), form("ipv6")];
        }
        Kind::Cidr => json!({ "type": "string", "pattern": "^[0-9A-Fa-f.:]+/[0-9]{1,3}$" }),
        Kind::Mac => {
            json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$" })
        }
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::List(item) => json!({ "type": "array", "items": value(item) }),
        Kind::Map(inner) => json!({ "type": "object", "additionalProperties": value(inner) }),
        Kind::Object(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Kind::Either(kinds) => return kinds.iter().flat_map(plain).collect(),
        Kind::Optional(inner) => {
            let mut found = plain(inner);
            found.push(json!({ "type": "null" }));
            found.push(json!({ "const": "" }));
            return found;
        }
        Kind::Text | Kind::Secret | Kind::TimeZone | Kind::Network | Kind::Group | Kind::Host => {
            json!({ "type": ["string", "number"] })
        }
    };
    vec![one]
}

fn map(object: &Object) -> Value {
    let needed = object.needs.iter().map(|(key, kind)| (key.clone(), value(kind)));
    let optional = object.may.iter().map(|(key, kind)| {
        // An empty key is one that is left out.
        (key.clone(), value(&Kind::Optional(Box::new(kind.clone()))))
    });
    let properties: Map<String, Value> = needed.chain(optional).collect();
    let required: Vec<&String> = object.needs.keys().collect();
    json!({ "type": "object", "properties": properties, "required": required })
}
