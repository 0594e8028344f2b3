//! Runs loops.

use std::{collections::HashMap, sync::Arc};

use super::{
    call::Args,
    fault::{Fault, Outcome},
    objects::{Loop, Object},
    run::Run,
    tree::For,
    value::{Tuple, Val},
};

/// What a recursive loop needs to be run inside itself.
#[derive(Debug, Clone)]
pub(super) struct Again {
    of: Arc<For>,
    /// How many scopes are around it.
    scopes: usize,
}

impl Run {
    pub(super) fn for_loop(&mut self, found: &Arc<For>) -> Outcome<()> {
        let items = self.expr(&found.items)?;
        self.loop_over(found, &items, 0)
    }

    fn loop_over(&mut self, found: &Arc<For>, items: &Val, depth: usize) -> Outcome<()> {
        let items = items.iterate()?;
        self.frames.push(HashMap::new());
        let done = self.iterations(found, items, depth);
        self.frames.pop();
        if done? { Ok(()) } else { self.body(&found.otherwise) }
    }

    /// Runs the body for each item that the condition lets through; tells whether there was any.
    fn iterations(&mut self, found: &Arc<For>, items: Vec<Val>, depth: usize) -> Outcome<bool> {
        let mut chosen = Vec::new();
        for item in items {
            if self.chooses(found, &item)? {
                chosen.push(item);
            }
        }
        let items = Tuple::passing(chosen);
        let seen = Arc::default();
        let again = found
            .is_recursive
            .then(|| Again { of: Arc::clone(found), scopes: self.frames.len() - 1 });
        for (index, item) in items.iter().enumerate() {
            if let Some(frame) = self.frames.last_mut() {
                frame.clear();
            }
            let (items, seen, again) = (items.clone(), Arc::clone(&seen), again.clone());
            let state = Object::Loop(Loop { index, items, seen, depth, again });
            self.set("loop".into(), Val::Object(Arc::new(state)));
            self.assign(&found.target, item.clone())?;
            self.body(&found.body)?;
        }
        Ok(!items.is_empty())
    }

    /// Whether a loop's `if` lets the item through.
    fn chooses(&mut self, found: &For, item: &Val) -> Outcome<bool> {
        let Some(condition) = &found.condition else { return Ok(true) };
        self.assign(&found.target, item.clone())?;
        self.expr(condition)?.truth()
    }

    /// `loop(items)`: what the loop prints for other items.
    pub(super) fn call_loop(&mut self, state: &Loop, mut args: Args) -> Outcome {
        let Some(again) = &state.again else {
            return Err(Fault::new(
                "The loop must have the 'recursive' marker to be called recursively.",
            ));
        };
        let items = args.required("iterable")?;
        args.end()?;
        let inner = self.frames.split_off(again.scopes.min(self.frames.len()).max(1));
        let was_strict = std::mem::replace(&mut self.is_strict, true);
        let printed = self.called(|run| run.loop_over(&again.of, &items, state.depth + 1));
        self.is_strict = was_strict;
        self.frames.extend(inner);
        printed
    }
}
