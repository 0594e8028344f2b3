//! Runs loops.

use std::sync::Arc;

use super::{
    call::Args,
    fault::{Fault, Outcome},
    frames::Captured,
    objects::{Loop, Object},
    run::Run,
    tree::{Expr, For},
    value::{Tuple, Val},
};

/// What a recursive loop needs to be run inside itself.
#[derive(Debug, Clone)]
pub(super) struct Again {
    of: Arc<For>,
    /// The scopes around it.
    frames: Captured,
}

impl Run {
    pub(super) fn for_loop(&mut self, found: &Arc<For>) -> Outcome<()> {
        let items = self.expr(&found.items)?;
        self.loop_over(found, &items, 0)
    }

    fn loop_over(&mut self, found: &Arc<For>, items: &Val, depth: usize) -> Outcome<()> {
        let items = self.chosen(found, items.iterate()?)?;
        if items.is_empty() {
            return self.inside(&found.scopes.otherwise, |run| run.body(&found.otherwise));
        }
        let again = found
            .is_recursive
            .then(|| Again { of: Arc::clone(found), frames: Captured::new(&self.frames) });
        self.inside(&found.scopes.body, |run| run.iterations(found, items, depth, again.as_ref()))
    }

    /// The items that the condition lets through.
    fn chosen(&mut self, found: &For, items: Vec<Val>) -> Outcome<Vec<Val>> {
        let Some(condition) = &found.condition else { return Ok(items) };
        self.inside(&found.scopes.condition, |run| {
            let mut chosen = Vec::new();
            for item in items {
                let is_chosen = run.chooses(found, condition, &item)?;
                chosen.extend(is_chosen.then_some(item));
            }
            Ok(chosen)
        })
    }

    fn chooses(&mut self, found: &For, condition: &Expr, item: &Val) -> Outcome<bool> {
        self.assign(&found.target, item.clone())?;
        self.expr(condition)?.truth()
    }

    /// Runs the body for each item.
    fn iterations(
        &mut self,
        found: &For,
        items: Vec<Val>,
        depth: usize,
        again: Option<&Again>,
    ) -> Outcome<()> {
        let items = Tuple::passing(items);
        let seen = Arc::default();
        let own = self.frames.len() - 1;
        for (index, item) in items.iter().enumerate() {
            let frame = self.frames[own].clone();
            frame.reset(&self.frames[..own]);
            let (items, seen, again) = (items.clone(), Arc::clone(&seen), again.cloned());
            let state = Object::Loop(Loop { index, items, seen, depth, again });
            frame.set_parameter("loop", Val::Object(Arc::new(state)));
            self.assign(&found.target, item.clone())?;
            self.body(&found.body)?;
        }
        Ok(())
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
        let inner = std::mem::replace(&mut self.frames, again.frames.frames()?);
        let was_strict = std::mem::replace(&mut self.is_strict, true);
        let printed = self.called(|run| run.loop_over(&again.of, &items, state.depth + 1));
        self.is_strict = was_strict;
        self.frames = inner;
        printed
    }
}
