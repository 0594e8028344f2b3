//! Names and their values while a template runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{
    burial::bury,
    fault::{Fault, Outcome},
    meter,
    scope::{Load, Loads},
    tree::Name,
    value::Val,
};

/// What a name of a scope stands for.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Undefined,
    /// What the template is given under this name.
    Given,
    Value(Val),
}

/// A scope that was entered. Macros share the scopes in which they are declared, and see what is set there later.
#[derive(Debug, Clone)]
pub(super) struct Frame(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    loads: Loads,
    slots: Mutex<HashMap<Name, Slot>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        let slots = self.slots.get_mut().unwrap_or_else(PoisonError::into_inner);
        bury(slots.drain().filter_map(|(_, slot)| match slot {
            Slot::Value(value) => Some(value),
            Slot::Undefined | Slot::Given => None,
        }));
    }
}

impl Frame {
    /// What a template is given.
    pub(super) fn given(values: HashMap<Name, Val>) -> Self {
        meter::items(2 * values.len(), values.len());
        let slots = values.into_iter().map(|(name, value)| (name, Slot::Value(value))).collect();
        Self(Arc::new(Inner { loads: Loads::default(), slots: Mutex::new(slots) }))
    }

    /// A scope inside others.
    pub(super) fn entered(loads: &Loads, outer: &[Self]) -> Self {
        let names = loads.names().len();
        meter::items(names, names);
        let slots = Mutex::new(HashMap::with_capacity(names));
        let frame = Self(Arc::new(Inner { loads: loads.clone(), slots }));
        frame.reset(outer);
        frame
    }

    /// Makes the scope what it is when it is entered.
    pub(super) fn reset(&self, outer: &[Self]) {
        let names = self.0.loads.names();
        // A loop does so for each item, and needs no more memory for it.
        meter::steps(names.len());
        let slots: HashMap<Name, Slot> = names
            .iter()
            .map(|(name, load)| {
                let slot = match load {
                    Load::Parameter | Load::Undefined => Slot::Undefined,
                    Load::Resolve => Slot::Given,
                    Load::Alias => found(outer, name).unwrap_or(Slot::Given),
                };
                (Arc::clone(name), slot)
            })
            .collect();
        self.replace(slots);
    }

    /// Forgets all values.
    pub(super) fn clear(&self) {
        let names = self.0.loads.names().iter();
        self.replace(names.map(|(name, _)| (Arc::clone(name), Slot::Undefined)).collect());
    }

    /// The old values are dropped once nothing is locked.
    fn replace(&self, slots: HashMap<Name, Slot>) {
        let before = std::mem::replace(&mut *self.locked(), slots);
        drop(before);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, name: &str) -> Option<Slot> {
        self.locked().get(name).cloned()
    }

    pub(super) fn value(&self, name: &str) -> Option<Val> {
        match self.get(name)? {
            Slot::Value(value) => Some(value),
            Slot::Undefined | Slot::Given => None,
        }
    }

    pub(super) fn set(&self, name: Name, value: Val) {
        let before = self.locked().insert(name, Slot::Value(value));
        drop(before);
    }

    /// Sets a name that the scope has from outside, if it uses it.
    pub(super) fn set_parameter(&self, name: &str, value: Val) {
        if self.0.loads.has(name) {
            self.set(name.into(), value);
        }
    }

    /// All values that it was given.
    pub(super) fn values(&self) -> HashMap<Name, Val> {
        let slots = self.locked();
        let pair = |(name, slot): (&Name, &Slot)| match slot {
            Slot::Value(value) => Some((Arc::clone(name), value.clone())),
            Slot::Undefined | Slot::Given => None,
        };
        slots.iter().filter_map(pair).collect()
    }

    /// Whether a macro or loop may come back to it.
    pub(super) fn is_captured(&self) -> bool {
        Arc::weak_count(&self.0) > 0
    }
}

/// What a name stands for in the innermost of these scopes that has it.
pub(super) fn found(frames: &[Frame], name: &str) -> Option<Slot> {
    frames.iter().rev().find_map(|frame| frame.get(name))
}

/// What these scopes set, as templates see it that are asked for there.
pub(super) fn visible(frames: &[Frame]) -> HashMap<Name, Val> {
    let names = frames.iter().flat_map(|frame| frame.0.loads.stores());
    let value = |name: &Name| match found(frames, name)? {
        Slot::Value(value) => Some((Arc::clone(name), value)),
        Slot::Undefined | Slot::Given => None,
    };
    names.filter_map(value).collect()
}

/// The scopes around a macro or loop. They do not hold them: those hold it.
#[derive(Debug, Clone)]
pub(super) struct Captured(Vec<Weak<Inner>>);

impl Captured {
    pub(super) fn new(frames: &[Frame]) -> Self {
        Self(frames.iter().map(|frame| Arc::downgrade(&frame.0)).collect())
    }

    pub(super) fn frames(&self) -> Outcome<Vec<Frame>> {
        let frames = self.0.iter().map(|frame| frame.upgrade().map(Frame)).collect();
        let gone = || Fault::new("the template is gone in which this was declared");
        Option::ok_or_else(frames, gone)
    }
}

/// What one rendering keeps till its end.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Scopes that were left, and may be come back to.
    kept: Mutex<Vec<Frame>>,
    /// Variables that the rendering may change.
    copies: Mutex<HashMap<Name, Val>>,
    /// Texts of the templates that are templates themselves, as they are held.
    constants: Mutex<Vec<Arc<str>>>,
}

impl Shared {
    pub(super) fn keep(&self, frame: Frame) {
        if frame.is_captured() {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
        }
    }

    pub(super) fn note_constant(&self, text: &Arc<str>) {
        let mut constants = self.constants.lock().unwrap_or_else(PoisonError::into_inner);
        if !constants.iter().any(|known| Arc::ptr_eq(known, text)) {
            constants.push(Arc::clone(text));
        }
    }

    /// Whether a text is one of the constants itself, not one that reads the same.
    pub(super) fn is_constant(&self, text: &Arc<str>) -> bool {
        let constants = self.constants.lock().unwrap_or_else(PoisonError::into_inner);
        constants.iter().any(|known| Arc::ptr_eq(known, text))
    }

    /// The rendering's own copy of a variable.
    pub(super) fn copy(&self, name: &str, found: &Val) -> Val {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.entry(name.into()).or_insert_with(|| found.deep_copy()).clone()
    }
}
