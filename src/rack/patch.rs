//! JSON patches as Ironic takes them: `add`, `replace` and `remove`.

use serde_json::Value;

/// Why a patch was not applied.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no patch.
    Malformed,
    /// There is no such place.
    Nowhere { path: String },
}

/// The operation and its path.
pub fn parts(operation: &Value) -> Option<(&str, &str)> {
    let (op, path) = (operation["op"].as_str()?, operation["path"].as_str()?);
    let known = matches!(op, "add" | "replace" | "remove") && path.starts_with('/');
    known.then_some((op, path))
}

/// What comes of a value.
pub fn patched(value: &Value, operations: &[Value]) -> Result<Value, Fault> {
    let mut value = value.clone();
    for operation in operations {
        let (op, path) = parts(operation).ok_or(Fault::Malformed)?;
        apply(&mut value, op, path, &operation["value"])
            .ok_or_else(|| Fault::Nowhere { path: path.to_owned() })?;
    }
    Ok(value)
}

fn apply(value: &mut Value, op: &str, path: &str, new: &Value) -> Option<()> {
    let (parent, key) = path.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent)?, op) {
        (Value::Object(map), "add") => drop(map.insert(key, new.clone())),
        (Value::Object(map), "replace") => *map.get_mut(&key)? = new.clone(),
        (Value::Object(map), _) => drop(map.remove(&key)?),
        (Value::Array(items), "add") if key == "-" => items.push(new.clone()),
        (Value::Array(items), op) => {
            let at: usize = key.parse().ok()?;
            match op {
                "add" if at <= items.len() => items.insert(at, new.clone()),
                "replace" => *items.get_mut(at)? = new.clone(),
                "remove" if at < items.len() => drop(items.remove(at)),
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_comes_of_a_patch() {
        let value = json!({ "a": { "b": 1, "x/y": 2 }, "l": [1, 2] });
        let table = [
            (json!({"op": "add", "path": "/a/c", "value": 3}), Some(("/a/c", json!(3)))),
            (json!({"op": "add", "path": "/a/b", "value": 3}), Some(("/a/b", json!(3)))),
            (json!({"op": "replace", "path": "/a/x~1y", "value": 3}), Some(("/a/x~1y", json!(3)))),
            (json!({"op": "add", "path": "/l/-", "value": 3}), Some(("/l/2", json!(3)))),
            (json!({"op": "remove", "path": "/l/0"}), Some(("/l/0", json!(2)))),
            (json!({"op": "add", "path": "/none/c", "value": 3}), None),
            (json!({"op": "replace", "path": "/a/c", "value": 3}), None),
            (json!({"op": "remove", "path": "/a/c"}), None),
            (json!({"op": "remove", "path": "/l/7"}), None),
            (json!({"op": "test", "path": "/a/b", "value": 1}), None),
            (json!({"path": "/a/b"}), None),
        ];
        for (operation, expected) in table {
            let given = patched(&value, std::slice::from_ref(&operation)).ok();
            let found = expected.as_ref().map(|(at, wanted)| {
                given.as_ref().and_then(|given| given.pointer(at)) == Some(wanted)
            });
            assert_eq!(found, given.is_some().then_some(true), "{operation}");
        }
    }
}
