//! Runs a template's statements and joins what they print, keeping the type of a single value.

use std::{collections::HashMap, sync::Arc};

use super::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters, meter,
    objects::{Loop, Object},
    parse,
    printed::Printed,
    text,
    tree::{Expr, For, Macro, Name, Placed, Stmt},
    value::{Dict, Key, Tuple, Val},
};

/// One rendering of a template.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) env: Arc<Env>,
    frames: Vec<HashMap<Name, Val>>,
    out: Vec<Printed>,
    /// The line of the template that is being run.
    line: u32,
    /// Whether variables' values must be copied before the template sees them, because it changes lists or dicts.
    copies: bool,
}

impl Run {
    pub(super) fn new(env: &Arc<Env>, copies: bool, locals: Vec<(String, Val)>) -> Self {
        let locals = locals.into_iter().map(|(name, value)| (Name::from(name), value));
        let frames = vec![locals.collect()];
        Self { env: Arc::clone(env), frames, out: Vec::new(), line: 1, copies }
    }

    /// The template's value; a fault takes its place as `Val::Missing`.
    pub(super) fn template(self, body: &[Placed]) -> Val {
        concat(self.printed(body))
    }

    /// What the template prints, piece by piece; a fault is the last piece.
    pub(super) fn printed(mut self, body: &[Placed]) -> Vec<Printed> {
        if let Err(fault) = self.body(body) {
            self.print(Val::Missing(fault));
        }
        self.out
    }

    fn print(&mut self, value: Val) {
        self.push(value, false);
    }

    fn push(&mut self, value: Val, verbatim: bool) {
        meter::items(1, 1);
        if let Val::Str(text) = &value {
            meter::text(text.len());
        }
        self.out.push(Printed { value, line: self.line, verbatim });
    }

    pub(super) fn lookup(&mut self, name: &str) -> Option<Val> {
        let local = self.frames.iter().rev().find_map(|frame| frame.get(name)).cloned();
        if local.is_some() {
            return local;
        }
        let found = self.env.variable(name)?;
        if !self.copies {
            return Some(found);
        }
        let copy = found.deep_copy();
        self.frames[0].insert(name.into(), copy.clone());
        Some(copy)
    }

    fn body(&mut self, body: &[Placed]) -> Outcome<()> {
        let _inside = meter::deeper()?;
        body.iter().try_for_each(|placed| {
            self.line = placed.line;
            self.stmt(&placed.stmt)
        })
    }

    fn stmt(&mut self, stmt: &Stmt) -> Outcome<()> {
        match stmt {
            Stmt::Text(text) if text.is_empty() => {}
            Stmt::Text(text) => {
                self.push(Val::Str(Arc::clone(text)), true);
            }
            Stmt::Emit(expr) => {
                let value = self.expr(expr)?;
                self.print(value);
            }
            Stmt::For(found) => self.for_loop(found)?,
            Stmt::If { test, yes, no } => {
                let body = if self.expr(test)?.truth()? { yes } else { no };
                self.body(body)?;
            }
            Stmt::With { assignments, body } => {
                self.frames.push(HashMap::new());
                let done = self.with(assignments, body);
                self.frames.pop();
                done?;
            }
            Stmt::Set { target, value } => {
                let value = self.expr(value)?;
                self.assign(target, value)?;
            }
            Stmt::SetBlock { target, filter, body } => {
                let mut value = self.captured(body)?;
                if let Some(filter) = filter {
                    value = self.piped(filter, value)?;
                }
                self.assign(target, value)?;
            }
            Stmt::FilterBlock { filter, body } => {
                let value = self.captured(body)?;
                let value = self.piped(filter, value)?;
                self.print(value);
            }
            Stmt::Body(body) => self.body(body)?,
            Stmt::Include { name, ignore_missing } => self.include(name, *ignore_missing)?,
            Stmt::Macro(decl) => {
                let made = self.macro_value(decl);
                self.set(Arc::clone(&decl.name), made);
            }
            Stmt::CallBlock { callee, args, caller } => {
                let callee = self.callee(callee)?;
                let mut args = self.args(args)?;
                args.named.push(("caller".into(), self.macro_value(caller)));
                let value = self.call(callee, args);
                self.print(value);
            }
        }
        Ok(())
    }

    fn with(&mut self, assignments: &[(Expr, Expr)], body: &[Placed]) -> Outcome<()> {
        for (target, value) in assignments {
            let value = self.expr(value)?;
            self.assign(target, value)?;
        }
        self.body(body)
    }

    fn for_loop(&mut self, found: &For) -> Outcome<()> {
        let items = self.expr(&found.items)?.iterate()?;
        self.frames.push(HashMap::new());
        let done = self.iterations(found, items);
        self.frames.pop();
        if done? { Ok(()) } else { self.body(&found.otherwise) }
    }

    /// Runs the body for each item that the condition lets through; tells whether there was any.
    fn iterations(&mut self, found: &For, items: Vec<Val>) -> Outcome<bool> {
        let mut chosen = Vec::new();
        for item in items {
            if self.chooses(found, &item)? {
                chosen.push(item);
            }
        }
        let items = Tuple::passing(chosen);
        let seen = Arc::default();
        for (index, item) in items.iter().enumerate() {
            if let Some(frame) = self.frames.last_mut() {
                frame.clear();
            }
            let state = Object::Loop(Loop { index, items: items.clone(), seen: Arc::clone(&seen) });
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

    fn set(&mut self, name: Name, value: Val) {
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, value);
        }
    }

    fn assign(&mut self, target: &Expr, value: Val) -> Outcome<()> {
        match target {
            Expr::Name(name) => self.set(Arc::clone(name), value),
            Expr::Attr(object, name) => {
                let object = self.expr(object)?.used()?;
                let Val::Object(object) = &object else {
                    return Err(Fault::new("can only assign to attributes of a namespace"));
                };
                let Object::Namespace(dict) = object.as_ref() else {
                    return Err(Fault::new("can only assign to attributes of a namespace"));
                };
                dict.change(|pairs| pairs.insert(Key::text(name), value));
            }
            Expr::Tuple(targets) | Expr::List(targets) => {
                let values = value.iterate()?;
                if values.len() != targets.len() {
                    let (want, have) = (targets.len(), values.len());
                    return Err(Fault::new(format!("expected {want} values, got {have}")));
                }
                for (target, value) in targets.iter().zip(values) {
                    self.assign(target, value)?;
                }
            }
            _ => return Err(Fault::new("cannot assign to this expression")),
        }
        Ok(())
    }

    /// Runs the body in a scope of its own and gives what it prints.
    fn captured(&mut self, body: &[Placed]) -> Outcome {
        let (before, line) = (std::mem::take(&mut self.out), self.line);
        self.frames.push(HashMap::new());
        let done = self.body(body);
        self.frames.pop();
        let printed = std::mem::replace(&mut self.out, before);
        done?;
        self.line = line;
        Ok(concat(printed))
    }

    /// Sends a value through a chain of filters that has no input of its own.
    fn piped(&mut self, filter: &Expr, value: Val) -> Outcome {
        let Expr::Filter { name, input, args } = filter else {
            return Err(Fault::new("a filter is expected here"));
        };
        let value = match input {
            Some(inner) => self.piped(inner, value)?,
            None => value,
        };
        let args = self.args(args)?;
        Ok(filters::apply(&self.env, name, value, args))
    }

    fn include(&mut self, name: &Expr, ignore_missing: bool) -> Outcome<()> {
        let name = text::str_of(&self.expr(name)?)?;
        match super::lookups::read_template(&self.env, &name)? {
            Some(source) => {
                let template = parse::template(&source, parse::Origin::File)?;
                // Lines of another file mean nothing here.
                let (line, start) = (self.line, self.out.len());
                let done = self.body(&template.body);
                self.line = line;
                for piece in &mut self.out[start..] {
                    (piece.line, piece.verbatim) = (line, false);
                }
                done
            }
            None if ignore_missing => Ok(()),
            None => Err(Fault::new(format!("the template {name} to include was not found"))),
        }
    }

    fn macro_value(&self, decl: &Arc<Macro>) -> Val {
        let count = self.frames.iter().map(HashMap::len).sum();
        meter::items(2 * count, count);
        let seen = self.frames.iter().flat_map(|frame| frame.iter());
        let seen = seen.map(|(name, value)| (Arc::clone(name), value.clone())).collect();
        Val::Object(Arc::new(Object::Macro { decl: Arc::clone(decl), seen }))
    }

    /// Calls a macro: it sees what was set where it was declared, and its arguments.
    pub(super) fn call_macro(
        &mut self,
        decl: &Arc<Macro>,
        seen: &HashMap<Name, Val>,
        mut args: Args,
    ) -> Outcome {
        let _inside = meter::deeper()?;
        meter::items(2 * seen.len(), seen.len());
        let mut run = Self::new(&self.env, self.copies, Vec::new());
        run.frames[0].clone_from(seen);
        run.frames.push(HashMap::new());
        let own = Object::Macro { decl: Arc::clone(decl), seen: seen.clone() };
        run.frames[0].insert(Arc::clone(&decl.name), Val::Object(Arc::new(own)));
        for (name, default) in &decl.parameters {
            let value = match (args.take(name), default) {
                (Some(value), _) => value,
                (None, Some(default)) => run.expr(default)?,
                (None, None) => {
                    Val::Missing(Fault::absent(format!("parameter '{name}' was not provided")))
                }
            };
            run.set(Arc::clone(name), value);
        }
        if let Some(caller) = args.take_named("caller") {
            run.set("caller".into(), caller);
        }
        run.set("varargs".into(), Val::list(std::mem::take(&mut args.positional)));
        let named = std::mem::take(&mut args.named).into_iter();
        run.set(
            "kwargs".into(),
            Val::Dict(Dict::new(named.map(|(name, value)| (Key::text(&name), value)).collect())),
        );
        run.body(&decl.body)?;
        Ok(concat(run.out))
    }
}

/// Ansible's joining of what a template prints: nothing is `None`, one value keeps its type, several become text.
fn concat(printed: Vec<Printed>) -> Val {
    let values = printed.into_iter().map(|piece| piece.value);
    let mut values: Vec<Val> = values.filter(|value| !matches!(value, Val::None)).collect();
    match values.len() {
        0 => Val::None,
        1 => values.remove(0),
        _ => {
            let texts = values.iter().filter(|value| !matches!(value, Val::Omit));
            match texts.map(text::printed).collect::<Outcome<String>>() {
                Ok(text) => Val::str(text),
                Err(fault) => Val::Missing(fault),
            }
        }
    }
}
