//! Runs a template's statements and joins what they print, keeping the type of a single value.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters,
    frames::{Frame, Shared},
    lookups::Source,
    meter,
    objects::Object,
    printed::Printed,
    reuse::{Layer, Parent},
    scope::Loads,
    spot::Spot,
    syntax::Syntax,
    text,
    tree::{Expr, Name, Placed, Stmt, Template},
    value::{Key, Val},
};

/// One rendering of a template.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) env: Arc<Env>,
    pub(super) home: Home,
    pub(super) place: Place,
    /// The scopes that are open: first what the template is given and sets for others, then its own.
    pub(super) frames: Vec<Frame>,
    /// Whether the second scope is that of a whole template, whose names others may see.
    pub(super) is_whole: bool,
    pub(super) shared: Arc<Shared>,
    pub(super) out: Vec<Printed>,
    /// The place in the template that is being run.
    pub(super) spot: Spot,
    /// Whether variables' values must be copied before the template sees them, because it changes lists or dicts.
    pub(super) copies: bool,
    /// Whether a part that is missing ends the template where it is looked at. Ansible has it so, of all places, inside
    /// `loop()`, `super()` and `self.name()`.
    pub(super) is_strict: bool,
    /// Variables that were found faulty. Each is looked at once, and is then the same wherever the template names it.
    pub(super) faulty: HashMap<String, Faulty>,
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
    pub(super) file: Option<Arc<Source>>,
    /// The place in the first template that stands for all of another one.
    pub(super) stands_for: Option<Spot>,
}

impl Run {
    pub(super) fn new(env: &Arc<Env>, template: &Template, locals: Vec<(String, Val)>) -> Self {
        let locals = locals.into_iter().map(|(name, value)| (Name::from(name), value));
        let home = Home { syntax: template.syntax.clone(), ..Home::default() };
        let frames = vec![Frame::given(locals.collect())];
        Self { copies: template.mutates, ..Self::bare(env, home, frames, Arc::default()) }
    }

    pub(super) fn bare(
        env: &Arc<Env>,
        home: Home,
        frames: Vec<Frame>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            env: Arc::clone(env),
            home,
            place: Place::default(),
            frames,
            is_whole: false,
            shared,
            out: Vec::new(),
            spot: Spot::START,
            copies: false,
            is_strict: false,
            faulty: HashMap::new(),
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
        let spot = self.place.stands_for.unwrap_or(self.spot);
        let verbatim = verbatim && self.place.stands_for.is_none();
        self.out.push(Printed { value, spot, verbatim });
    }

    /// The fault with the place in the template's file, unless it lies in a variable that the template needs.
    pub(super) fn placed(&self, fault: Faulty) -> Faulty {
        match &self.place.file {
            Some(file) => Fault::placed(fault, file, self.spot),
            None => fault,
        }
    }

    /// What the template is given under a name.
    pub(super) fn given(&self, name: &str) -> Option<Val> {
        let given = self.frames.first().and_then(|frame| frame.value(name));
        if given.is_some() || !self.home.sees_variables {
            return given;
        }
        let found = self.env.variable(name)?;
        Some(if self.copies { self.shared.copy(name, &found) } else { found })
    }

    /// Runs something in a scope inside the open ones.
    pub(super) fn inside<T>(&mut self, scope: &Loads, act: impl FnOnce(&mut Self) -> T) -> T {
        let frame = Frame::entered(scope, &self.frames);
        self.frames.push(frame);
        let done = act(self);
        if let Some(frame) = self.frames.pop() {
            frame.clear();
            self.shared.keep(frame);
        }
        done
    }

    /// Whether what is set now belongs to a whole template.
    pub(super) fn is_top(&self) -> bool {
        self.is_whole && self.frames.len() == 2
    }

    pub(super) fn body(&mut self, body: &[Placed]) -> Outcome<()> {
        let _inside = meter::deeper()?;
        body.iter().try_for_each(|placed| {
            self.spot = placed.spot;
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
            Stmt::With { assignments, body, scope } => self.with(assignments, body, scope)?,
            Stmt::Set { target, value } => {
                let value = self.expr(value)?;
                self.assign(target, value)?;
            }
            Stmt::SetBlock { target, filter, body, scope } => {
                let value = self.inside(scope, |run| run.set_block(filter.as_ref(), body))?;
                self.assign(target, value)?;
            }
            Stmt::FilterBlock { filter, body, scope } => {
                let value = self.inside(scope, |run| {
                    let value = run.captured(body)?;
                    run.piped(filter, value)
                })?;
                self.print(value);
            }
            Stmt::Scope { body, scope } => self.inside(scope, |run| run.body(body))?,
            Stmt::Block(_)
            | Stmt::Extends(_)
            | Stmt::Include { .. }
            | Stmt::Import { .. }
            | Stmt::FromImport { .. } => self.reuse(stmt)?,
            Stmt::Macro(decl) => {
                let made = self.macro_value(decl);
                self.set(decl.name.clone().unwrap_or_default(), made);
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

    /// The values are those that names have outside.
    fn with(
        &mut self,
        assignments: &[(Expr, Expr)],
        body: &[Placed],
        scope: &Loads,
    ) -> Outcome<()> {
        let inner = Frame::entered(scope, &self.frames);
        for (target, value) in assignments {
            let value = self.expr(value)?;
            self.frames.push(inner.clone());
            let done = self.assign(target, value);
            self.frames.pop();
            done?;
        }
        self.frames.push(inner);
        let done = self.body(body);
        if let Some(frame) = self.frames.pop() {
            frame.clear();
            self.shared.keep(frame);
        }
        done
    }

    pub(super) fn set(&mut self, name: Name, value: Val) {
        if self.is_top() {
            if !name.starts_with('_') {
                self.exported.insert(Arc::clone(&name));
            }
            self.frames[0].set(Arc::clone(&name), value.clone());
        }
        if let Some(frame) = self.frames.last() {
            frame.set(name, value);
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: Val) -> Outcome<()> {
        match target {
            Expr::Name(name) => self.set(Arc::clone(name), value),
            Expr::Attr(object, name) => {
                let refused = || Fault::new("cannot assign attribute on non-namespace object");
                let Val::Object(object) = self.expr(object)? else { return Err(refused()) };
                let Object::Namespace(dict) = object.as_ref() else { return Err(refused()) };
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

    /// Runs the body and gives what it prints.
    fn captured(&mut self, body: &[Placed]) -> Outcome {
        let (before, spot) = (std::mem::take(&mut self.out), self.spot);
        let done = self.body(body);
        let printed = std::mem::replace(&mut self.out, before);
        done?;
        self.spot = spot;
        Ok(concat(printed))
    }

    /// Runs what a call stands for and gives what it prints.
    pub(super) fn called(&mut self, act: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome {
        let _inside = meter::called()?;
        let (before, spot) = (std::mem::take(&mut self.out), self.spot);
        let done = act(self);
        let printed = std::mem::replace(&mut self.out, before);
        done?;
        self.spot = spot;
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
}

/// Ansible's joining of what a template prints: nothing is `None`, one value keeps its type, several become text.
pub(super) fn concat(printed: Vec<Printed>) -> Val {
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
