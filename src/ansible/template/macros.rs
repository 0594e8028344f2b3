//! Macros and their calls.

use std::sync::Arc;

use super::{
    call::Args,
    fault::{Fault, Outcome},
    frames::{Captured, Frame},
    meter,
    objects::{Object, Scoped},
    run::{Place, Run, concat},
    tree::Macro,
    value::{Dict, Key, Val},
};

impl Run {
    pub(super) fn macro_value(&self, decl: &Arc<Macro>) -> Val {
        let macro_ = Scoped {
            decl: Arc::clone(decl),
            frames: Captured::new(&self.frames),
            home: self.home.clone(),
            place: self.place.clone(),
        };
        Val::Object(Arc::new(Object::Macro(macro_)))
    }

    /// Calls a macro: it sees what is set where it was declared, and its arguments.
    pub(super) fn call_macro(&mut self, called: &Scoped, args: Args) -> Outcome {
        let _inside = meter::deeper()?;
        let decl = &called.decl;
        let outer = called.frames.frames()?;
        let own = Frame::entered(&decl.scope, &outer);
        let mut frames = outer;
        frames.push(own.clone());
        let shared = Arc::clone(&self.shared);
        let mut run = Self::bare(&self.env, called.home.clone(), frames, shared);
        run.copies = self.copies;
        run.place = Place { file: called.place.file.clone(), stands_for: None };
        run.blocks.clone_from(&self.blocks);
        let done = run.macro_body(decl, args);
        self.shared.keep(own);
        done.map_err(|fault| run.placed(fault))?;
        Ok(concat(run.out))
    }

    fn macro_body(&mut self, decl: &Macro, args: Args) -> Outcome<()> {
        let absent = given(decl, args, |name, value| self.set(name.into(), value))?;
        for index in absent {
            let (name, default) = &decl.parameters[index];
            let value = match default {
                Some(default) => self.expr(default)?,
                None => Val::Missing(Fault::absent(format!("parameter '{name}' was not provided"))),
            };
            self.set(Arc::clone(name), value);
        }
        self.body(&decl.body)
    }
}

/// Sets the parameters that arguments are given for; the places of the others.
fn given(decl: &Macro, mut args: Args, mut set: impl FnMut(&str, Val)) -> Outcome<Vec<usize>> {
    let count = decl.parameters.len();
    let is_full = args.positional.len() >= count;
    let mut rest = args.positional.split_off(count.min(args.positional.len()));
    let mut positional = std::mem::take(&mut args.positional).into_iter();
    let mut absent = Vec::new();
    for (index, (name, _)) in decl.parameters.iter().enumerate() {
        let value = positional.next().map(Val::forced);
        match value.or_else(|| if is_full { None } else { args.take_named(name) }) {
            Some(value) => set(name, value),
            None => absent.push(index),
        }
    }
    let uses = |name: &str| decl.uses.contains(&name) && !decl.has_parameter(name);
    if uses("caller") {
        let caller = args.take_named("caller").filter(|caller| !matches!(caller, Val::None));
        let none = || Val::Missing(Fault::absent("No caller defined"));
        set("caller", caller.unwrap_or_else(none));
    }
    let named = std::mem::take(&mut args.named);
    if uses("kwargs") {
        let pairs = named.into_iter().map(|(name, value)| (Key::text(&name), value));
        set("kwargs", Val::Dict(Dict::new(pairs.collect())));
    } else if let Some((name, _)) = named.first() {
        return Err(surplus(decl, &format!("no keyword argument '{name}'")));
    }
    if uses("varargs") {
        set("varargs", Val::tuple(std::mem::take(&mut rest)));
    } else if !rest.is_empty() {
        return Err(surplus(decl, &format!("not more than {count} argument(s)")));
    }
    Ok(absent)
}

fn surplus(decl: &Macro, what: &str) -> super::fault::Faulty {
    let name = decl.name.as_ref().map_or("None".to_owned(), |name| format!("'{name}'"));
    Fault::with_hint(
        format!("macro {name} takes {what}"),
        "a macro takes more arguments only if it uses `varargs`, `kwargs` or `caller`",
    )
}
