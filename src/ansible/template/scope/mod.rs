//! Finds out, before a template runs, which names each of its scopes has, and where their values come from.
//!
//! Jinja2 decides this from the text: a name that a scope sets anywhere belongs to that scope as a whole, and a macro sees
//! the names around it as they are when it is called.

mod checks;
mod names;
mod symbols;

use std::sync::Arc;

pub(super) use self::checks::is_test;

use super::{
    lexer::Failure,
    spot::Spot,
    tree::{Block, Expr, For, Macro, Name, Placed, Stmt},
};
use symbols::Symbols;

/// What a name of a scope is when the scope is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// It is given from outside.
    Parameter,
    /// What the template is given under this name.
    Resolve,
    /// What the scope around has under this name.
    Alias,
    /// Nothing yet.
    Undefined,
}

/// The names of a scope.
#[derive(Debug, Clone, Default)]
pub(super) struct Loads(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    loads: Vec<(Name, Load)>,
    /// Those that are set there.
    stores: Vec<Name>,
}

impl Loads {
    pub(super) fn names(&self) -> &[(Name, Load)] {
        &self.0.loads
    }

    pub(super) fn stores(&self) -> &[Name] {
        &self.0.stores
    }

    pub(super) fn has(&self, wanted: &str) -> bool {
        self.0.loads.iter().any(|(name, _)| &**name == wanted)
    }
}

/// What was found out about a template.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) scope: Loads,
    pub(super) blocks: Vec<Arc<Block>>,
    /// Whether methods are called that change lists or dicts.
    pub(super) mutates: bool,
}

/// Finds the scopes of a template, and refuses filters and tests that are not there.
pub(super) fn found(body: &mut [Placed]) -> Result<Found, Failure> {
    let mut pass = Pass { mutates: false, blocks: Vec::new(), spot: Spot::START };
    let mut symbols = Symbols::default();
    if names::undeclared(body, &["self"]).contains(&"self") {
        symbols.parameter(&"self".into());
    }
    symbols.see(body);
    pass.body(body, &symbols, false).map_err(|why| (why, pass.spot))?;
    Ok(Found { scope: symbols.loads(), blocks: pass.blocks, mutates: pass.mutates })
}

struct Pass {
    mutates: bool,
    blocks: Vec<Arc<Block>>,
    /// Where the statement begins that is looked at.
    spot: Spot,
}

type Checked = Result<(), String>;

impl Pass {
    /// Goes through the statements of a scope; `is_soft` if they may never be run.
    fn body(&mut self, body: &mut [Placed], symbols: &Symbols<'_>, is_soft: bool) -> Checked {
        let outer = self.spot;
        body.iter_mut().try_for_each(|placed| {
            self.spot = placed.spot;
            self.stmt(&mut placed.stmt, symbols, is_soft)
        })?;
        // A fault leaves the place as it is, for that is where it is.
        self.spot = outer;
        Ok(())
    }

    fn stmt(&mut self, stmt: &mut Stmt, symbols: &Symbols<'_>, is_soft: bool) -> Checked {
        match stmt {
            Stmt::Text(_) => Ok(()),
            Stmt::Emit(expr)
            | Stmt::Extends(expr)
            | Stmt::Include { name: expr, .. }
            | Stmt::Import { template: expr, .. }
            | Stmt::FromImport { template: expr, .. }
            | Stmt::Set { value: expr, .. } => self.expr(expr, is_soft),
            Stmt::If { test, yes, no } => {
                self.expr(test, true)?;
                self.body(yes, symbols, true)?;
                self.body(no, symbols, true)
            }
            Stmt::For(found) => {
                Arc::get_mut(found).map_or(Ok(()), |found| self.for_loop(found, symbols, is_soft))
            }
            Stmt::With { assignments, body, scope } => {
                assignments.iter().try_for_each(|(_, value)| self.expr(value, is_soft))?;
                let mut inner = symbols.inner();
                for (target, _) in assignments {
                    inner.see_parameters(target);
                }
                *scope = self.inner(inner, body)?;
                Ok(())
            }
            Stmt::SetBlock { filter, body, scope, .. } => {
                let mut inner = symbols.inner();
                inner.see(body);
                filter.iter().try_for_each(|filter| {
                    inner.check_known(filter)?;
                    self.expr(filter, false)
                })?;
                *scope = self.seen(&inner, body)?;
                Ok(())
            }
            Stmt::FilterBlock { filter, body, scope } => {
                self.expr(filter, false)?;
                let mut inner = symbols.inner();
                inner.see(body);
                inner.see_expr(filter);
                *scope = self.seen(&inner, body)?;
                Ok(())
            }
            Stmt::Scope { body, scope } => {
                *scope = self.inner(symbols.inner(), body)?;
                Ok(())
            }
            Stmt::Block(block) => {
                Arc::get_mut(block).map_or(Ok(()), |block| self.block(block))?;
                self.blocks.push(Arc::clone(block));
                Ok(())
            }
            Stmt::Macro(found) => self.macro_decl(found, symbols),
            Stmt::CallBlock { callee, args, caller } => {
                self.call(callee, args, is_soft)?;
                self.macro_decl(caller, symbols)
            }
        }
    }

    /// A scope that nothing was seen of but its parameters.
    fn inner(&mut self, mut inner: Symbols<'_>, body: &mut [Placed]) -> Result<Loads, String> {
        inner.see(body);
        self.seen(&inner, body)
    }

    fn seen(&mut self, inner: &Symbols<'_>, body: &mut [Placed]) -> Result<Loads, String> {
        self.body(body, inner, false)?;
        Ok(inner.loads())
    }

    /// Jinja2 looks at the condition first, and at what a recursive loop goes through last.
    fn for_loop(&mut self, found: &mut For, symbols: &Symbols<'_>, is_soft: bool) -> Checked {
        let (mut body, mut condition) = (symbols.inner(), symbols.inner());
        if found.is_recursive || names::needs_loop(&found.body) {
            body.parameter(&"loop".into());
        }
        body.see_parameters(&found.target);
        condition.see_parameters(&found.target);
        if let Some(test) = &found.condition {
            condition.see_expr(test);
            self.expr(test, false)?;
        }
        if names::sets_loop(found) {
            return Err("Can't assign to special loop variable in for-loop target".into());
        }
        if !found.is_recursive {
            self.expr(&found.items, is_soft)?;
        }
        found.scopes.condition = condition.loads();
        found.scopes.body = self.inner(body, &mut found.body)?;
        found.scopes.otherwise = self.inner(symbols.inner(), &mut found.otherwise)?;
        if found.is_recursive { self.expr(&found.items, is_soft) } else { Ok(()) }
    }

    /// A block sees none of the names around it but those that the template is given.
    fn block(&mut self, block: &mut Block) -> Checked {
        let mut symbols = Symbols::default();
        for name in names::undeclared(&block.body, &["self", "super"]) {
            symbols.parameter(&name.into());
        }
        block.scope = self.inner(symbols, &mut block.body)?;
        Ok(())
    }

    fn macro_decl(&mut self, found: &mut Arc<Macro>, symbols: &Symbols<'_>) -> Checked {
        let Some(found) = Arc::get_mut(found) else { return Ok(()) };
        let mut inner = symbols.inner();
        for (name, _) in &found.parameters {
            inner.parameter(name);
        }
        for (_, default) in &found.parameters {
            default.iter().try_for_each(|default| {
                inner.see_expr(default);
                self.expr(default, false)
            })?;
        }
        found.uses = names::undeclared(&found.body, &["caller", "kwargs", "varargs"]);
        let takes_caller =
            |(name, default): &(Name, Option<Expr>)| &**name == "caller" && default.is_none();
        if found.uses.contains(&"caller") && found.parameters.iter().any(takes_caller) {
            return Err("the parameter 'caller' of a macro needs a default".into());
        }
        inner.see(&found.body);
        for name in &found.uses {
            if !found.has_parameter(name) {
                inner.parameter(&(*name).into());
            }
        }
        found.scope = self.seen(&inner, &mut found.body)?;
        Ok(())
    }
}
