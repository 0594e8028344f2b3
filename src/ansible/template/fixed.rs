//! Large maps in which nothing is a template, such as the addresses of all hosts on a network: they are made once, and not
//! once for each host that looks at them.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use indexmap::IndexMap;

use super::{
    env::{is_template, plain},
    value::{Key, Val},
};
use crate::ansible::yaml::{Data, Node};

/// Smaller maps are made as quickly as they are found.
const SMALLEST: usize = 16;

type Pairs = Arc<IndexMap<Key, Val>>;

/// The maps by where they stand in memory: they must stay there as long as this is asked for them.
#[derive(Default)]
pub struct Fixed(Mutex<HashMap<usize, Pairs>>);

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fixed")
    }
}

impl Fixed {
    /// The pairs of a large map that holds nothing but plain scalars.
    pub(super) fn pairs(&self, node: &Node) -> Option<Pairs> {
        let Data::Map(pairs) = &node.data else { return None };
        if pairs.len() < SMALLEST {
            return None;
        }
        let place = std::ptr::from_ref(node).addr();
        if let Some(known) = self.known().get(&place) {
            return Some(Arc::clone(known));
        }
        // What is shared must not be changed in one host's view and seen in another's, which a list inside could be.
        let scalar = |value: &Node| match &value.data {
            Data::Text(text) => !is_template(text),
            data => !matches!(data, Data::List(_) | Data::Map(_) | Data::Vault(_)),
        };
        if !pairs.iter().all(|(_, value)| scalar(value)) {
            return None;
        }
        let pair = |(key, value): &(Node, Node)| Some((Key::new(plain(key)).ok()?, plain(value)));
        let made: Pairs = Arc::new(pairs.iter().filter_map(pair).collect());
        self.known().insert(place, Arc::clone(&made));
        Some(made)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Pairs>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
