//! Statements.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::ansible::template::{
    lexer::Piece,
    scope::Loads,
    spot::Spot,
    tree::{Expr, For, Macro, Placed, Scopes, Stmt},
};

impl Parser {
    /// The statement whose name comes next.
    pub(super) fn statement(&mut self, spot: Spot) -> Parsed<Vec<Placed>> {
        let Some(name) = self.name_at(self.at).map(str::to_owned) else {
            return self.unexpected(Some("identifier"));
        };
        self.at += 1;
        let stmt = match &*name {
            "for" => self.for_loop()?,
            "if" => self.condition()?,
            "block" => self.block()?,
            "extends" => Stmt::Extends(self.expression(true)?),
            "print" => return self.print(spot),
            "macro" => Stmt::Macro(Arc::new(self.macro_decl()?)),
            "include" => self.include()?,
            "from" => self.imported_names()?,
            "import" => self.import()?,
            "set" => self.set()?,
            "with" => self.with()?,
            "autoescape" => {
                self.expression(true)?;
                Stmt::Scope { body: self.closed_body("endautoescape")?, scope: Loads::default() }
            }
            "call" => self.call_block()?,
            "filter" => self.filter_block()?,
            _ => {
                self.at -= 1;
                return self.fails(format!("unknown statement {name}"));
            }
        };
        Ok(vec![Placed { spot, stmt }])
    }

    fn print(&mut self, spot: Spot) -> Parsed<Vec<Placed>> {
        let mut printed = Vec::new();
        while self.current() != Some(&Piece::BlockEnd) {
            if !printed.is_empty() {
                self.expect_sign(",")?;
            }
            printed.push(Placed { spot, stmt: Stmt::Emit(self.expression(true)?) });
        }
        Ok(printed)
    }

    fn for_loop(&mut self) -> Parsed<Stmt> {
        let target = self.plain_target()?;
        self.expect_name("in")?;
        let items = self.tuple(false)?;
        let condition = if self.skip_name("if") { Some(self.expression(true)?) } else { None };
        let is_recursive = self.skip_name("recursive");
        let body = self.block_body(&["endfor", "else"])?;
        let has_else = self.is_name("else");
        self.at += 1;
        let otherwise = if has_else { self.closed_body("endfor")? } else { Vec::new() };
        let scopes = Scopes::default();
        let found = For { target, items, condition, body, otherwise, is_recursive, scopes };
        Ok(Stmt::For(Arc::new(found)))
    }

    /// A chain of `if` and `elif`, of which each is the `else` of the one before.
    fn condition(&mut self) -> Parsed<Stmt> {
        let mut branches = Vec::new();
        let otherwise = loop {
            let spot = self.spot();
            let test = self.tuple(false)?;
            let yes = self.block_body(&["elif", "else", "endif"])?;
            branches.push((spot, test, yes));
            if self.skip_name("elif") {
                continue;
            }
            if self.skip_name("else") {
                break self.closed_body("endif")?;
            }
            self.at += 1;
            break Vec::new();
        };
        let chain = branches.into_iter().rev().fold(otherwise, |no, (spot, test, yes)| {
            vec![Placed { spot, stmt: Stmt::If { test, yes, no } }]
        });
        let first = chain.into_iter().next().map(|placed| placed.stmt);
        Ok(first.unwrap_or(Stmt::Text("".into())))
    }

    fn set(&mut self) -> Parsed<Stmt> {
        let target = self.target()?;
        if self.skip_sign("=") {
            return Ok(Stmt::Set { target, value: self.tuple(true)? });
        }
        let filter = if self.is_sign("|") { Some(self.filters(None)?) } else { None };
        let body = self.closed_body("endset")?;
        Ok(Stmt::SetBlock { target, filter, body, scope: Loads::default() })
    }

    fn with(&mut self) -> Parsed<Stmt> {
        let mut assignments = Vec::new();
        while self.current() != Some(&Piece::BlockEnd) {
            if !assignments.is_empty() {
                self.expect_sign(",")?;
            }
            let target = self.plain_target()?;
            self.expect_sign("=")?;
            assignments.push((target, self.expression(true)?));
        }
        let body = self.closed_body("endwith")?;
        Ok(Stmt::With { assignments, body, scope: Loads::default() })
    }

    fn filter_block(&mut self) -> Parsed<Stmt> {
        let filter = self.one_filter(None)?;
        let filter = self.filters(Some(filter))?;
        let body = self.closed_body("endfilter")?;
        Ok(Stmt::FilterBlock { filter, body, scope: Loads::default() })
    }

    fn macro_decl(&mut self) -> Parsed<Macro> {
        let name = self.target_name()?;
        let parameters = self.signature()?;
        let body = self.closed_body("endmacro")?;
        Ok(Macro::new(Some(name), parameters, body))
    }

    /// The parameters of a macro, with their defaults.
    fn signature(&mut self) -> Parsed<Vec<(Arc<str>, Option<Expr>)>> {
        let mut parameters: Vec<(Arc<str>, Option<Expr>)> = Vec::new();
        self.expect_sign("(")?;
        while !self.is_sign(")") {
            if !parameters.is_empty() {
                self.expect_sign(",")?;
            }
            let name = self.target_name()?;
            let default = if self.skip_sign("=") { Some(self.expression(true)?) } else { None };
            if default.is_none() && parameters.last().is_some_and(|(_, default)| default.is_some())
            {
                return self.fails("non-default argument follows default argument");
            }
            if parameters.iter().any(|(other, _)| *other == name) {
                return self.fails(format!("duplicate argument '{name}' in a macro"));
            }
            parameters.push((name, default));
        }
        self.expect_sign(")")?;
        Ok(parameters)
    }

    fn call_block(&mut self) -> Parsed<Stmt> {
        let parameters = if self.is_sign("(") { self.signature()? } else { Vec::new() };
        let Expr::Call { callee, args } = self.expression(true)? else {
            return self.fails("expected call");
        };
        let body = self.closed_body("endcall")?;
        let caller = Arc::new(Macro::new(None, parameters, body));
        Ok(Stmt::CallBlock { callee: *callee, args, caller })
    }
}
