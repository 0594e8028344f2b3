//! Drops values that hold values without recursion: a template can put lists into lists as often as it likes, and the
//! stack would not last.

use std::cell::{Cell, RefCell};

use super::value::Val;

/// So deep values are dropped by plain recursion; what is deeper waits until these are gone.
const PLAIN: usize = 32;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Val>> = const { RefCell::new(Vec::new()) };
}

/// Drops what a value held.
pub(super) fn bury(held: impl IntoIterator<Item = Val>) {
    let held = held.into_iter().filter(holds);
    // At the end of the thread nothing is left to wait in.
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    if depth >= PLAIN {
        let held: Vec<Val> = held.collect();
        WAITING.try_with(|waiting| waiting.borrow_mut().extend(held)).unwrap_or_default();
        return;
    }
    DEPTH.try_with(|own| own.set(depth + 1)).unwrap_or_default();
    held.for_each(drop);
    // The outermost drops what waits.
    if depth == 0 {
        while let Ok(Some(next)) = WAITING.try_with(|waiting| waiting.borrow_mut().pop()) {
            drop(next);
        }
    }
    DEPTH.try_with(|own| own.set(depth)).unwrap_or_default();
}

/// Whether a value may hold others.
fn holds(value: &Val) -> bool {
    matches!(value, Val::List(_) | Val::Tuple(_) | Val::Dict(_) | Val::Object(_))
}
