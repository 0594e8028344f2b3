//! What the evaluation of one value may take, so that no template runs without end, fills the memory or the stack.
//!
//! What is made is counted where it is made; the next expression or loop finds the bound passed and stops.

use std::cell::Cell;

use super::fault::{Fault, Outcome};

/// Expressions, statements and items looked at.
const STEPS: usize = 20_000_000;
/// Bytes of all texts, lists and dicts that are made.
const BYTES: usize = 256 << 20;
/// Bytes of one text.
const TEXT: usize = 16 << 20;
/// Items of one list or dict.
const ITEMS: usize = 2_000_000;
/// Expressions, blocks and macros inside one another, over all variables that are being evaluated.
const DEPTH: usize = 2_000;

/// About what an item takes in a list, with its share of the dict's table in a dict.
const ITEM_BYTES: usize = 64;
/// What a text takes beside its own bytes.
const TEXT_BYTES: usize = 32;

#[derive(Default)]
struct Meter {
    /// Evaluations inside one another count as one.
    running: Cell<usize>,
    depth: Cell<usize>,
    steps: Cell<usize>,
    bytes: Cell<usize>,
    /// Something was longer than any value may be.
    oversized: Cell<bool>,
}

thread_local! {
    static METER: Meter = Meter::default();
}

/// What a template counts that another one asks for, and what is printed for a call: it takes so much more of the stack.
const CALL: usize = 16;

/// Ends what it stands for when it is dropped.
pub(super) struct Guard(fn(&Meter) -> &Cell<usize>, usize);

impl Drop for Guard {
    fn drop(&mut self) {
        METER.with(|meter| {
            let count = (self.0)(meter);
            count.set(count.get().saturating_sub(self.1));
        });
    }
}

/// Begins an evaluation: from now on is counted, until the guard is dropped.
pub(super) fn begin() -> Guard {
    METER.with(|meter| {
        if meter.running.get() == 0 {
            meter.steps.set(0);
            meter.bytes.set(0);
            meter.oversized.set(false);
        }
        meter.running.set(meter.running.get() + 1);
    });
    Guard(|meter| &meter.running, 1)
}

/// Begins an expression or a block inside another.
pub(super) fn deeper() -> Outcome<Guard> {
    deeper_by(1)
}

/// Begins another template, or what is printed for a call, inside a template.
pub(super) fn called() -> Outcome<Guard> {
    deeper_by(CALL)
}

fn deeper_by(count: usize) -> Outcome<Guard> {
    let depth = METER.with(|meter| {
        meter.depth.set(meter.depth.get() + count);
        meter.depth.get()
    });
    let guard = Guard(|meter| &meter.depth, count);
    if depth > DEPTH {
        return Err(Fault::with_hint(
            format!("expressions, blocks and macros are more than {DEPTH} deep"),
            "a macro, template or loop that calls itself needs an end; split long expressions into variables",
        ));
    }
    steps(1);
    checked()?;
    Ok(guard)
}

/// Counts steps.
pub(super) fn steps(count: usize) {
    METER.with(|meter| meter.steps.set(meter.steps.get().saturating_add(count)));
}

/// Counts a text that was made or read.
pub(super) fn text(length: usize) {
    made(length + TEXT_BYTES, length > TEXT);
}

/// Counts `more` items of a list or dict that has `length` of them now.
pub(super) fn items(more: usize, length: usize) {
    made(more.saturating_mul(ITEM_BYTES), length > ITEMS);
}

fn made(bytes: usize, oversized: bool) {
    METER.with(|meter| {
        meter.bytes.set(meter.bytes.get().saturating_add(bytes));
        if oversized && meter.running.get() > 0 {
            meter.oversized.set(true);
        }
    });
}

/// Refuses a text of so many bytes before it is made, if it would be too long.
pub(super) fn room(length: usize) -> Outcome<()> {
    if length > TEXT {
        return Err(too_long());
    }
    Ok(())
}

/// Refuses a list of so many items before it is made, if it would be too long.
pub(super) fn room_for_items(length: usize) -> Outcome<()> {
    if length > ITEMS {
        return Err(too_long());
    }
    Ok(())
}

/// Whether the evaluation may go on.
pub(super) fn checked() -> Outcome<()> {
    let (steps, bytes, oversized) = METER.with(|meter| {
        if meter.running.get() == 0 {
            return (0, 0, false);
        }
        (meter.steps.get(), meter.bytes.get(), meter.oversized.get())
    });
    if oversized {
        return Err(too_long());
    }
    if steps > STEPS {
        return Err(Fault::with_hint(
            format!("the evaluation takes more than {} million steps", STEPS / 1_000_000),
            "a loop, or loops inside one another, go over too many items",
        ));
    }
    if bytes > BYTES {
        return Err(Fault::with_hint(
            format!("the evaluation makes more than {} MiB of values", BYTES >> 20),
            "a text, list or dict grows in a loop",
        ));
    }
    Ok(())
}

fn too_long() -> super::fault::Faulty {
    Fault::with_hint(
        format!(
            "the value would be too long: a text has at most {} MiB, a list or dict {} million items",
            TEXT >> 20,
            ITEMS / 1_000_000
        ),
        "look for a number that is too large, or a text or list that grows in a loop",
    )
}
