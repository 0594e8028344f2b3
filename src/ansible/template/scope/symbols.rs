//! The names of one scope while they are collected.

use indexmap::{IndexMap, IndexSet};

use super::{Known, Load, Loads, names};
use crate::ansible::template::tree::{Expr, Name, Placed, Stmt};

/// The names of a scope, and the scope around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Symbols<'outer> {
    outer: Option<&'outer Symbols<'outer>>,
    loads: IndexMap<Name, Load>,
    stores: IndexSet<Name>,
}

impl Symbols<'_> {
    pub(super) fn inner(&self) -> Symbols<'_> {
        Symbols { outer: Some(self), ..Symbols::default() }
    }

    pub(super) fn loads(&self) -> Loads {
        let loads = self.loads.iter().map(|(name, load)| (Name::clone(name), *load)).collect();
        Loads(std::sync::Arc::new(Known { loads, stores: self.stores.iter().cloned().collect() }))
    }

    fn knows(&self, name: &Name) -> bool {
        self.loads.contains_key(name) || self.outer_knows(name)
    }

    fn outer_knows(&self, name: &Name) -> bool {
        self.outer.is_some_and(|outer| outer.knows(name))
    }

    pub(super) fn parameter(&mut self, name: &Name) {
        self.stores.insert(name.clone());
        self.loads.insert(name.clone(), Load::Parameter);
    }

    fn load(&mut self, name: &Name) {
        if !self.knows(name) {
            self.loads.insert(name.clone(), Load::Resolve);
        }
    }

    fn store(&mut self, name: &Name) {
        self.stores.insert(name.clone());
        let load = if self.outer_knows(name) { Load::Alias } else { Load::Undefined };
        self.loads.entry(name.clone()).or_insert(load);
    }

    /// Collects the names that these statements use in this scope, not in those inside it.
    pub(super) fn see(&mut self, body: &[Placed]) {
        for placed in body {
            self.see_stmt(&placed.stmt);
        }
    }

    fn see_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Text(_) | Stmt::Scope { .. } | Stmt::Block(_) => {}
            Stmt::Emit(expr) | Stmt::Extends(expr) | Stmt::Include { name: expr, .. } => {
                self.see_expr(expr);
            }
            Stmt::For(found) => self.see_expr(&found.items),
            Stmt::If { test, yes, no } => {
                self.see_expr(test);
                self.see_branches(yes, no);
            }
            Stmt::With { assignments, .. } => {
                for (_, value) in assignments {
                    self.see_expr(value);
                }
            }
            Stmt::Set { target, value } => {
                self.see_expr(value);
                self.see_target(target);
            }
            Stmt::SetBlock { target, .. } => self.see_target(target),
            Stmt::FilterBlock { filter, .. } => self.see_expr(filter),
            Stmt::Import { template, name, .. } => {
                self.see_expr(template);
                self.store(name);
            }
            Stmt::FromImport { template, names, .. } => {
                self.see_expr(template);
                for (_, alias) in names {
                    self.store(alias);
                }
            }
            Stmt::Macro(found) => {
                if let Some(name) = &found.name {
                    self.store(name);
                }
            }
            Stmt::CallBlock { callee, args, .. } => {
                self.see_expr(callee);
                for arg in args {
                    self.see_expr(names::value_of(arg));
                }
            }
        }
    }

    /// What only one of two branches sets comes from outside if the other one is run.
    fn see_branches(&mut self, yes: &[Placed], no: &[Placed]) {
        let branch = |body| {
            let mut branch = self.clone();
            branch.see(body);
            branch
        };
        let branches = [branch(yes), branch(no)];
        let set: IndexSet<Name> = branches
            .iter()
            .flat_map(|branch| branch.stores.iter())
            .filter(|name| !self.stores.contains(*name))
            .cloned()
            .collect();
        for branch in branches {
            self.loads.extend(branch.loads);
            self.stores.extend(branch.stores);
        }
        for name in set {
            let load = if self.outer_knows(&name) { Load::Alias } else { Load::Resolve };
            self.loads.insert(name, load);
        }
    }

    fn see_target(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.store(name),
            Expr::Tuple(targets) => targets.iter().for_each(|target| self.see_target(target)),
            other => self.see_expr(other),
        }
    }

    pub(super) fn see_parameters(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.parameter(name),
            Expr::Tuple(targets) => targets.iter().for_each(|target| self.see_parameters(target)),
            _ => {}
        }
    }

    pub(super) fn see_expr(&mut self, expr: &Expr) {
        names::each_of(expr, &mut |name| self.load(name));
    }

    /// Refuses names that nothing else of the scope uses: Jinja2 does not look for names in the filter of a `set`.
    pub(super) fn check_known(&self, expr: &Expr) -> Result<(), String> {
        let mut unknown = None;
        names::each_of(expr, &mut |name| {
            if !self.knows(name) {
                unknown = Some(name.clone());
            }
        });
        match unknown {
            Some(name) => Err(format!("the filter of a `set` must not use the name '{name}'")),
            None => Ok(()),
        }
    }
}
