//! What may stand on the left of a `=`, and in a `for`.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::ansible::template::{lexer::Piece, tree::Expr};

/// Names that stand for values.
const CONSTANTS: &[&str] = &["true", "false", "none", "True", "False", "None"];

impl Parser {
    /// A name to be set.
    pub(super) fn target_name(&mut self) -> Parsed<Arc<str>> {
        let name = self.name()?;
        if CONSTANTS.contains(&&*name) { self.cannot_assign() } else { Ok(name) }
    }

    /// What a `set` sets: names, or attributes of a namespace.
    pub(super) fn target(&mut self) -> Parsed<Expr> {
        self.targets(true)
    }

    /// What a `for` or a `with` sets.
    pub(super) fn plain_target(&mut self) -> Parsed<Expr> {
        self.targets(false)
    }

    fn targets(&mut self, with_attributes: bool) -> Parsed<Expr> {
        let (mut targets, mut is_tuple) = (Vec::new(), false);
        loop {
            if !targets.is_empty() {
                self.expect_sign(",")?;
            }
            if self.ends_tuple() {
                break;
            }
            targets.push(self.single_target(with_attributes)?);
            if !self.is_sign(",") {
                break;
            }
            is_tuple = true;
        }
        match targets.pop() {
            Some(target) if !is_tuple => Ok(target),
            Some(last) => {
                targets.push(last);
                Ok(Expr::Tuple(targets))
            }
            None => self.unexpected(Some("identifier")),
        }
    }

    fn single_target(&mut self, with_attributes: bool) -> Parsed<Expr> {
        match self.current() {
            Some(Piece::Name(_)) => {
                let name = self.target_name()?;
                let name = Expr::Name(name);
                if with_attributes && self.skip_sign(".") {
                    return Ok(Expr::Attr(Box::new(name), self.name()?));
                }
                Ok(name)
            }
            Some(Piece::Sign("(")) => {
                self.at += 1;
                let inner = self.deeper(Self::tuple_in_brackets)?;
                self.expect_sign(")")?;
                if is_target(&inner) { Ok(inner) } else { self.cannot_assign() }
            }
            Some(Piece::Text(_) | Piece::Int(_) | Piece::Float(_) | Piece::Sign("[" | "{")) => {
                self.cannot_assign()
            }
            _ => self.unexpected(Some("identifier")),
        }
    }

    fn cannot_assign<T>(&self) -> Parsed<T> {
        self.fails("cannot assign to this expression")
    }
}

fn is_target(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) => true,
        Expr::Tuple(items) => items.iter().all(is_target),
        _ => false,
    }
}
