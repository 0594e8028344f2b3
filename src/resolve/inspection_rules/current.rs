//! Conditions and actions in Ironic's format; those in the format of the service before it are translated.

use serde_json::{Map, Value, json};

use super::placeholder::{escaped, of_field, rooted};

type Translated = Result<Value, String>;

/// A condition.
pub(super) fn condition(written: &Value) -> Translated {
    if written.get("field").is_none() {
        return Ok(expecting(written));
    }
    let text = |key: &str| written[key].as_str().unwrap_or_default();
    let field = text("field");
    let value = of_field(field).ok_or_else(|| format!("`{field}` has no counterpart in Ironic"))?;
    if written.get("multiple").is_some() {
        return Err("`multiple` has no counterpart in Ironic".into());
    }
    let (negated, op) = match text("op") {
        "ne" => (true, "eq"),
        op => (false, op),
    };
    let args = match op {
        "eq" => json!({ "values": [value, written["value"]], "force_strings": true }),
        "is-empty" => json!({ "value": value }),
        "in-net" => json!({ "address": value, "subnet": written["value"] }),
        "matches" | "contains" => json!({ "value": value, "regex": written["value"] }),
        other => return Err(format!("the operator `{other}` has no counterpart for texts")),
    };
    let inverted = written["invert"] == true;
    let sign = if negated == inverted { "" } else { "!" };
    Ok(json!({ "op": format!("{sign}{op}"), "args": args }))
}

/// An action.
pub(super) fn action(written: &Value) -> Translated {
    let Some(name) = written.get("action").and_then(Value::as_str) else {
        return Ok(expecting(written));
    };
    let mut args: Map<String, Value> = written.as_object().cloned().unwrap_or_default();
    args.retain(|key, _| key != "action");
    match name {
        "set-attribute" | "extend-attribute" => {
            let path = args.get("path").and_then(Value::as_str).unwrap_or_default();
            args["path"] = json!(format!("/{}", path.trim_start_matches('/')));
        }
        "set-capability" | "add-trait" | "remove-trait" => {}
        "fail" => {
            let message = args.remove("message").unwrap_or_default();
            args.insert("msg".into(), message);
        }
        other => return Err(format!("the action `{other}` has no counterpart in Ironic")),
    }
    Ok(json!({ "op": name, "args": placed(&Value::Object(args)) }))
}

/// Ironic's own format, in which placeholders may still be those of the service before it. A rule asks whether there is
/// a value by comparing it with its own placeholder, which stays where there is none: so both change together.
fn expecting(written: &Value) -> Value {
    let mut now = placed(written);
    let args = |of: &Value, key: &str| of["args"][key].as_str().map(str::to_owned);
    if let (Some(value), Some(regex)) = (args(written, "value"), args(written, "regex"))
        && let Some(after) = args(&now, "value")
        && after != value
        && regex.replace('\\', "") == value
    {
        now["args"]["regex"] = json!(escaped(&after));
    }
    now
}

/// The same with all placeholders as Ironic knows them, but for those in regular expressions.
fn placed(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(rooted(text)),
        Value::Array(list) => list.iter().map(placed).collect(),
        Value::Object(map) => {
            let one = |(key, value): (&String, &Value)| {
                let value = if key == "regex" { value.clone() } else { placed(value) };
                (key.clone(), value)
            };
            map.iter().map(one).collect()
        }
        other => other.clone(),
    }
}
