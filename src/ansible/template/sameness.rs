//! Whether what this thread evaluates is the same for every host: it looks at nothing that hosts have of their own, and
//! at nothing that differs from call to call.

use std::cell::Cell;

thread_local! {
    static DIFFERS: Cell<bool> = const { Cell::new(false) };
}

/// From here on the evaluation may differ from host to host, or from call to call.
pub(super) fn lost() {
    DIFFERS.set(true);
}

/// Notes whether something that was evaluated before, and is used now, may differ.
pub(super) fn note(differs: bool) {
    DIFFERS.set(DIFFERS.get() || differs);
}

/// Does something and says whether its result may differ; what surrounds it then may, too.
pub(super) fn observed<T>(act: impl FnOnce() -> T) -> (T, bool) {
    let before = DIFFERS.replace(false);
    let done = act();
    let differs = DIFFERS.get();
    DIFFERS.set(before || differs);
    (done, differs)
}
