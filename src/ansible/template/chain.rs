//! Which variables this thread is evaluating, outermost first: finds loops and explains faults.

use std::{cell::RefCell, sync::Arc};

use super::fault::{Fault, LOOP, Outcome, breaking};
use crate::origin::{Origin, Setting};

/// Python's own recursion limit stops Ansible at about this depth.
const DEEPEST: usize = 80;

struct Link {
    host: Arc<str>,
    name: Arc<str>,
    origin: Origin,
    /// Tells a variable's own evaluation from the evaluation of something inside its value.
    place: usize,
}

thread_local! {
    static CHAIN: RefCell<Vec<Link>> = const { RefCell::new(Vec::new()) };
}

/// Ends a link of the chain when it is dropped.
pub(super) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        CHAIN.with_borrow_mut(Vec::pop);
    }
}

/// Begins the evaluation of a variable (`place` 0) or of the part of its value at `place`.
pub(super) fn enter(
    host: &Arc<str>,
    name: &Arc<str>,
    origin: &Origin,
    place: usize,
) -> Outcome<Entered> {
    let looped = CHAIN.with_borrow(|chain| {
        let again = |link: &Link| link.place == place && link.name == *name && link.host == *host;
        chain.iter().position(again)
    });
    if let Some(start) = looped {
        let mut names = CHAIN.with_borrow(|chain| {
            chain[start..].iter().map(|link| link.name.to_string()).collect::<Vec<_>>()
        });
        names.push(name.to_string());
        names.dedup();
        return Err(Fault::with_hint(format!("{LOOP}: {}", names.join(" -> ")), breaking(name)));
    }
    if CHAIN.with_borrow(Vec::len) >= DEEPEST {
        return Err(Fault::with_hint(
            format!("{LOOP}: more than {DEEPEST} variables deep at `{name}`"),
            "let some of these variables hold their values instead of naming others",
        ));
    }
    let link = Link { host: host.clone(), name: name.clone(), origin: origin.clone(), place };
    CHAIN.with_borrow_mut(|chain| chain.push(link));
    Ok(Entered(()))
}

/// The chain as settings, each variable once where it repeats.
pub(super) fn settings() -> Vec<Setting> {
    let mut found: Vec<Setting> = CHAIN.with_borrow(|chain| {
        let setting =
            |link: &Link| Setting { variable: link.name.to_string(), origin: link.origin.clone() };
        chain.iter().map(setting).collect()
    });
    found.dedup_by(|later, earlier| {
        let same = later.variable == earlier.variable;
        if same {
            earlier.origin = later.origin.clone();
        }
        same
    });
    found
}
