//! Lists, tuples and dicts, which are shared by all who hold them; what they make and show is metered.

use std::{
    ops::Deref,
    sync::{Arc, PoisonError, RwLock},
};

use indexmap::IndexMap;

use super::{
    burial::bury,
    meter,
    value::{Key, Val},
};

/// A list that is shared by all who hold it.
#[derive(Debug, Clone)]
pub(super) struct List(Arc<RwLock<Vec<Val>>>);

/// A tuple that is shared by all who hold it; what `groupby` gives has names for its two parts.
#[derive(Debug, Clone)]
pub(super) struct Tuple {
    items: Arc<[Val]>,
    pub(super) is_group: bool,
}

/// A dict in insertion order that is shared by all who hold it.
#[derive(Debug, Clone, Default)]
pub(super) struct Dict(Arc<RwLock<Pairs>>);

/// Several dicts may have the same pairs until one of them is changed.
type Pairs = Arc<IndexMap<Key, Val>>;

impl List {
    pub(super) fn new(items: Vec<Val>) -> Self {
        meter::items(items.len(), items.len());
        Self(Arc::new(RwLock::new(items)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Val> {
        let item = self.0.read().unwrap_or_else(PoisonError::into_inner).get(index).cloned();
        item.map(Val::forced)
    }

    /// The items, evaluated.
    pub(super) fn items(&self) -> Vec<Val> {
        self.raw().into_iter().map(Val::forced).collect()
    }

    /// The items as they are, templates among them.
    pub(super) fn raw(&self) -> Vec<Val> {
        let items = self.0.read().unwrap_or_else(PoisonError::into_inner);
        meter::steps(items.len());
        items.clone()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Vec<Val>) -> T) -> T {
        let mut items = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = items.len();
        let result = change(&mut items);
        meter::items(items.len().saturating_sub(before), items.len());
        result
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Dict {
    pub(super) fn new(pairs: IndexMap<Key, Val>) -> Self {
        Self::sharing(Arc::new(pairs))
    }

    /// A dict whose pairs others may have, too.
    pub(super) fn sharing(pairs: Pairs) -> Self {
        meter::items(2 * pairs.len(), pairs.len());
        Self(Arc::new(RwLock::new(pairs)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Val> {
        let value = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        value.map(Val::forced)
    }

    pub(super) fn get_str(&self, key: &str) -> Option<Val> {
        self.get(&Key::text(key))
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    pub(super) fn keys(&self) -> Vec<Val> {
        let pairs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        meter::steps(pairs.len());
        pairs.keys().map(Key::value).collect()
    }

    /// Keys with values, evaluated.
    pub(super) fn pairs(&self) -> Vec<(Key, Val)> {
        self.raw().into_iter().map(|(key, value)| (key, value.forced())).collect()
    }

    /// Whether a value of it is missing, templates not asked.
    pub(super) fn has_missing(&self) -> bool {
        let pairs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        pairs.values().any(|value| matches!(value, Val::Missing(_)))
    }

    /// Keys with values as they are, templates among them.
    pub(super) fn raw(&self) -> IndexMap<Key, Val> {
        let pairs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        meter::steps(3 * pairs.len());
        IndexMap::clone(&pairs)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut IndexMap<Key, Val>) -> T) -> T {
        let mut pairs = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let pairs = Arc::make_mut(&mut pairs);
        let before = pairs.len();
        let result = change(pairs);
        meter::items(2 * pairs.len().saturating_sub(before), pairs.len());
        result
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Tuple {
    pub(super) fn new(items: impl Into<Arc<[Val]>>) -> Self {
        let items = items.into();
        meter::items(items.len(), items.len());
        Self { items, is_group: false }
    }

    /// One group of `groupby`.
    pub(super) fn group(grouper: Val, items: Val) -> Self {
        let mut group = Self::new(vec![grouper, items]);
        group.is_group = true;
        group
    }

    /// The items of a loop, which are gone after it and count as steps only.
    pub(super) fn passing(items: Vec<Val>) -> Self {
        Self { items: items.into(), is_group: false }
    }

    /// The items, evaluated or not.
    pub(super) fn items(&self) -> Vec<Val> {
        meter::steps(self.len());
        self.to_vec()
    }
}

impl Deref for Tuple {
    type Target = [Val];

    fn deref(&self) -> &[Val] {
        &self.items
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if let Some(items) = Arc::get_mut(&mut self.0) {
            bury(std::mem::take(items.get_mut().unwrap_or_else(PoisonError::into_inner)));
        }
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        if let Some(items) = Arc::get_mut(&mut self.items) {
            bury(items.iter_mut().map(std::mem::take));
        }
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        if let Some(pairs) = Arc::get_mut(&mut self.0) {
            let pairs = std::mem::take(pairs.get_mut().unwrap_or_else(PoisonError::into_inner));
            if let Some(pairs) = Arc::into_inner(pairs) {
                bury(pairs.into_values());
            }
        }
    }
}
