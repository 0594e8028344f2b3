//! Runs a template's statements and joins what they print, keeping the type of a single value.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters, meter,
    objects::{Object, Scoped},
    printed::Printed,
    reuse::{Layer, Parent},
    syntax::Syntax,
    text,
    tree::{Expr, Macro, Name, Placed, Stmt, Template},
    value::{Dict, Key, Val},
};
use crate::origin::Origin;

/// One rendering of a template.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) env: Arc<Env>,
    pub(super) home: Home,
    pub(super) place: Place,
    pub(super) frames: Vec<HashMap<Name, Val>>,
    pub(super) out: Vec<Printed>,
    /// The line of the template that is being run.
    pub(super) line: u32,
    /// Whether variables' values must be copied before the template sees them, because it changes lists or dicts.
    pub(super) copies: bool,
    /// Whether a part that is missing ends the template where it is looked at. Ansible has it so, of all places, inside
    /// `loop()`, `super()` and `self.name()`.
    pub(super) is_strict: bool,
    /// What templates that import this one find in it.
    pub(super) exported: HashSet<Name>,
    /// The blocks by their names, the innermost template's first.
    pub(super) blocks: HashMap<Name, Vec<Layer>>,
    /// The template that this one extends; as soon as it is known, this one prints nothing any more.
    pub(super) parent: Option<Parent>,
}

/// What a template and those that it asks for have in common.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// How they are written; `None` for the common syntax.
    pub(super) syntax: Option<Arc<Syntax>>,
    /// The folder in which others are looked for first.
    pub(super) folder: Option<Arc<str>>,
    pub(super) sees_variables: bool,
}

impl Default for Home {
    fn default() -> Self {
        Self { syntax: None, folder: None, sees_variables: true }
    }
}

/// Where what is being run is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The template's file, if it is none of the files that hold variables.
    pub(super) file: Option<Arc<str>>,
    /// The line of the first template that stands for all lines of another one.
    pub(super) stands_for: Option<u32>,
}

impl Run {
    pub(super) fn new(env: &Arc<Env>, template: &Template, locals: Vec<(String, Val)>) -> Self {
        let locals = locals.into_iter().map(|(name, value)| (Name::from(name), value));
        let home = Home { syntax: template.syntax.clone(), ..Home::default() };
        Self { copies: template.mutates, ..Self::bare(env, home, locals.collect()) }
    }

    pub(super) fn bare(env: &Arc<Env>, home: Home, seen: HashMap<Name, Val>) -> Self {
        Self {
            env: Arc::clone(env),
            home,
            place: Place::default(),
            frames: vec![seen],
            out: Vec::new(),
            line: 1,
            copies: false,
            is_strict: false,
            exported: HashSet::new(),
            blocks: HashMap::new(),
            parent: None,
        }
    }

    /// The template's value; a fault takes its place as `Val::Missing`.
    pub(super) fn template(self, template: &Template) -> Val {
        concat(self.printed(template))
    }

    /// What the template prints, piece by piece; a fault is the last piece.
    pub(super) fn printed(mut self, template: &Template) -> Vec<Printed> {
        if let Err(fault) = self.root(template) {
            self.print(Val::Missing(fault));
        }
        self.out
    }

    fn print(&mut self, value: Val) {
        self.push(value, false);
    }

    fn push(&mut self, value: Val, verbatim: bool) {
        meter::items(1, 1);
        let value = match value {
            Val::Missing(fault) => Val::Missing(self.placed(fault)),
            Val::Object(object) => match object.as_ref() {
                Object::Module(module) => {
                    return module.printed.iter().for_each(|piece| self.push(piece.clone(), false));
                }
                _ => Val::Object(object),
            },
            other => other,
        };
        if let Val::Str(text) = &value {
            meter::text(text.len());
        }
        let line = self.place.stands_for.unwrap_or(self.line);
        let verbatim = verbatim && self.place.stands_for.is_none();
        self.out.push(Printed { value, line, verbatim });
    }

    /// The fault with the line of the template's file, unless it lies in a variable that the template needs.
    pub(super) fn placed(&self, fault: Faulty) -> Faulty {
        match &self.place.file {
            Some(file) => Fault::placed(fault, &Origin::at(file, self.line, 1)),
            None => fault,
        }
    }

    pub(super) fn lookup(&mut self, name: &str) -> Option<Val> {
        let local = self.frames.iter().rev().find_map(|frame| frame.get(name)).cloned();
        if local.is_some() || !self.home.sees_variables {
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

    pub(super) fn body(&mut self, body: &[Placed]) -> Outcome<()> {
        let _inside = meter::deeper()?;
        body.iter().try_for_each(|placed| {
            self.line = placed.line;
            self.stmt(&placed.stmt)
        })
    }

    fn stmt(&mut self, stmt: &Stmt) -> Outcome<()> {
        match stmt {
            Stmt::Text(_) | Stmt::Emit(_) if self.parent.is_some() => {}
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
                let value = self.set_block(filter.as_ref(), body)?;
                self.assign(target, value)?;
            }
            Stmt::FilterBlock { filter, body } => {
                let value = self.captured(body)?;
                let value = self.piped(filter, value)?;
                self.print(value);
            }
            Stmt::Body(body) => self.body(body)?,
            Stmt::Block(_)
            | Stmt::Extends(_)
            | Stmt::Include { .. }
            | Stmt::Import { .. }
            | Stmt::FromImport { .. } => self.reuse(stmt)?,
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

    fn set_block(&mut self, filter: Option<&Expr>, body: &[Placed]) -> Outcome {
        // What extends another template still makes values.
        let parent = self.parent.take();
        let value = self.captured(body);
        self.parent = parent;
        match filter {
            Some(filter) => self.piped(filter, value?),
            None => value,
        }
    }

    fn with(&mut self, assignments: &[(Expr, Expr)], body: &[Placed]) -> Outcome<()> {
        for (target, value) in assignments {
            let value = self.expr(value)?;
            self.assign(target, value)?;
        }
        self.body(body)
    }

    pub(super) fn set(&mut self, name: Name, value: Val) {
        if self.frames.len() == 1 && !name.starts_with('_') {
            self.exported.insert(Arc::clone(&name));
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, value);
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: Val) -> Outcome<()> {
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

    /// Runs what a call stands for and gives what it prints.
    pub(super) fn called(&mut self, act: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome {
        let _inside = meter::called()?;
        let (before, line) = (std::mem::take(&mut self.out), self.line);
        let done = act(self);
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

    fn macro_value(&self, decl: &Arc<Macro>) -> Val {
        let macro_ = Scoped {
            decl: Arc::clone(decl),
            seen: self.all_seen(),
            home: self.home.clone(),
            place: self.place.clone(),
        };
        Val::Object(Arc::new(Object::Macro(macro_)))
    }

    /// What is set here, in all scopes.
    pub(super) fn all_seen(&self) -> HashMap<Name, Val> {
        let count = self.frames.iter().map(HashMap::len).sum();
        meter::items(2 * count, count);
        let seen = self.frames.iter().flat_map(|frame| frame.iter());
        seen.map(|(name, value)| (Arc::clone(name), value.clone())).collect()
    }

    /// Calls a macro: it sees what was set where it was declared, and its arguments.
    pub(super) fn call_macro(&mut self, called: &Scoped, mut args: Args) -> Outcome {
        let _inside = meter::deeper()?;
        let Scoped { decl, seen, .. } = called;
        meter::items(2 * seen.len(), seen.len());
        let mut run = Self::bare(&self.env, called.home.clone(), seen.clone());
        run.copies = self.copies;
        run.place = Place { file: called.place.file.clone(), stands_for: None };
        run.blocks.clone_from(&self.blocks);
        run.frames.push(HashMap::new());
        let own = Object::Macro(called.clone());
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
        let done = run.body(&decl.body);
        done.map_err(|fault| run.placed(fault))?;
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
