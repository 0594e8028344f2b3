//! What goes with a request to Ironic: changes on the node before it, data with it, and how to take the changes back if
//! it is refused.

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{
    differences::add,
    observed::{Observed, Provision},
    running,
    towards::{Move, Tried, Verb},
};
use crate::trouble::Result;

/// A request to Ironic, with what has to stand on the node before.
#[derive(Debug, Default)]
pub struct Order {
    /// JSON patch operations.
    pub patch: Vec<Value>,
    /// Changes in Ymir's corner of `extra`.
    pub corner: Map<String, Value>,
    /// Goes with the target: a config drive. It may hold secrets.
    pub with: Map<String, Value>,
    /// Takes back what the patch changed, if the request is refused.
    pub restore: Vec<Value>,
}

impl Order {
    /// The operations that bring about what has to stand on the node before.
    pub fn operations(&self, node: &Observed) -> Vec<Value> {
        in_corner(node, self.corner.clone()).into_iter().chain(self.patch.iter().cloned()).collect()
    }
}

/// Where to, and what to send on the way.
pub struct Goal<'a> {
    /// The state that the node is brought to, if it is in another one before: the lease is over there.
    pub ends: Option<Provision>,
    pub next: &'a (dyn Fn(&Observed, &Tried) -> Move + Sync),
    pub orders: &'a dyn Orders,
}

/// What goes with a verb; made when the verb is about to be asked, and not before.
pub trait Orders: Sync {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>>;
}

/// What lets Ironic clean the node on its own or keeps it from that, as the site says: it goes before every request after
/// which Ironic may clean, for what stands on the node may be another's word, or nobody's.
pub fn cleaning_as_said(said: Option<bool>, node: &Observed) -> Vec<Value> {
    let differs = said.filter(|said| node.automated_clean != Some(*said));
    differs.map(|said| add(&["automated_clean"], &json!(said))).into_iter().collect()
}

/// Verbs that go by themselves.
pub struct Bare;

impl Orders for Bare {
    fn order<'a>(&'a self, _: &'a Observed, _: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async { Ok(Order::default()) })
    }
}

/// Changes in Ymir's corner that belong to a request which Ironic did not take. A request of an earlier process may
/// have been quicker, and then what stood there before is right.
pub struct Undo {
    ours: Map<String, Value>,
    before: Map<String, Value>,
    restore: Vec<Value>,
}

impl Undo {
    /// What an order changes, with what stands there now.
    pub fn of(order: Order, corner: &Map<String, Value>) -> Option<Self> {
        let Order { corner: ours, restore, .. } = order;
        let old = |key: &String| (key.clone(), corner.get(key).cloned().unwrap_or_default());
        let before = ours.keys().map(old).collect();
        (!ours.is_empty()).then_some(Self { ours, before, restore })
    }

    /// The operations that put everything back; none if it is somebody else's by now.
    pub fn operations(&self, node: &Observed) -> Vec<Value> {
        let changes = self.changes(&node.ymir());
        if changes.is_empty() {
            return Vec::new();
        }
        in_corner(node, changes).into_iter().chain(self.restore.iter().cloned()).collect()
    }

    /// What is to be put back, null for nothing; what somebody has changed since stays.
    pub fn changes(&self, corner: &Map<String, Value>) -> Map<String, Value> {
        let ours = |key: &String| corner.get(key) == self.ours.get(key);
        let before = self.before.iter().filter(|(key, _)| ours(key));
        before.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// Operations for changes in Ymir's corner of `extra`; null takes a key out. What stands beside stays as it is, because
/// it may have changed since we looked.
pub fn in_corner(node: &Observed, changes: Map<String, Value>) -> Vec<Value> {
    let after = running::fast_track_again(node, &changes);
    let mut operations = corner_operations(node, changes);
    operations.extend(after);
    operations
}

fn corner_operations(node: &Observed, changes: Map<String, Value>) -> Vec<Value> {
    let corner = node.extra.get("ymir").and_then(Value::as_object);
    let Some(corner) = corner else {
        let corner: Map<_, _> = changes.into_iter().filter(|(_, value)| !value.is_null()).collect();
        return match (corner.is_empty(), node.extra.is_empty()) {
            (true, _) => vec![],
            // Without any `extra` there is nothing to add to.
            (_, true) => vec![add(&["extra"], &json!({ "ymir": corner }))],
            _ => vec![add(&["extra", "ymir"], &Value::Object(corner))],
        };
    };
    let operation = |(key, value): (String, Value)| match (value, corner.get(&key)) {
        (Value::Null, None) => None,
        (Value::Null, Some(_)) => {
            Some(json!({ "op": "remove", "path": format!("/extra/ymir/{key}") }))
        }
        (value, found) => (found != Some(&value)).then(|| add(&["extra", "ymir", &key], &value)),
    };
    changes.into_iter().filter_map(operation).collect()
}
