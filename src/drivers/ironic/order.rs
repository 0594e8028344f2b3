//! What goes with a request to Ironic: changes on the node before it, data with it, and how to take the changes back if
//! it is refused.

use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::{
    observed::Observed,
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
}

/// Where to, and what to send on the way.
pub struct Goal<'a> {
    pub next: &'a (dyn Fn(&Observed, &Tried) -> Move + Sync),
    pub orders: &'a dyn Orders,
}

/// What goes with a verb; made when the verb is about to be asked, and not before.
pub trait Orders: Sync {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>>;
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
}

impl Undo {
    /// What an order changes, with what stands there now.
    pub fn of(order: Map<String, Value>, corner: &Map<String, Value>) -> Option<Self> {
        let old = |key: &String| (key.clone(), corner.get(key).cloned().unwrap_or_default());
        let before = order.keys().map(old).collect();
        (!order.is_empty()).then_some(Self { ours: order, before })
    }

    /// What is to be put back, null for nothing; what somebody has changed since stays.
    pub fn changes(&self, corner: &Map<String, Value>) -> Map<String, Value> {
        let ours = |key: &String| corner.get(key) == self.ours.get(key);
        let before = self.before.iter().filter(|(key, _)| ours(key));
        before.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}
