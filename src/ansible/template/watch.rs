//! Whether a filter, test or method is at work on this thread. While it is, looking at an item that is missing ends it.

use std::cell::Cell;

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Goes back to what was before when it is dropped.
pub(super) struct Watch(bool);

impl Watch {
    /// Begins the work of a filter, test or method, or with `false` that of a template inside it.
    pub(super) fn begin(is_strict: bool) -> Self {
        Self(STRICT.replace(is_strict))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        STRICT.set(self.0);
    }
}

/// Whether missing items end the work.
pub(super) fn is_strict() -> bool {
    STRICT.get()
}
