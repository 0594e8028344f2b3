//! What follows a value: attributes, items, calls, filters and tests.

use super::{Parsed, Parser, constant};
use crate::ansible::template::{
    lexer::Piece,
    tree::{Arg, Expr, Name},
    value::Val,
};

/// A part of a slice.
type Part = Option<Box<Expr>>;

impl Parser {
    pub(super) fn postfix(&mut self, mut value: Expr) -> Parsed<Expr> {
        loop {
            value = if self.skip_sign(".") {
                self.attribute(value)?
            } else if self.skip_sign("[") {
                self.deeper(|parser| parser.subscript(value))?
            } else if self.is_sign("(") {
                self.call(value)?
            } else {
                return Ok(value);
            };
        }
    }

    pub(super) fn filtered(&mut self, mut value: Expr) -> Parsed<Expr> {
        loop {
            value = if self.is_sign("|") {
                self.filters(Some(value))?
            } else if self.skip_name("is") {
                self.test(value)?
            } else if self.is_sign("(") {
                self.call(value)?
            } else {
                return Ok(value);
            };
        }
    }

    fn call(&mut self, callee: Expr) -> Parsed<Expr> {
        Ok(Expr::Call { callee: Box::new(callee), args: self.args()? })
    }

    fn attribute(&mut self, base: Expr) -> Parsed<Expr> {
        if let Some(Piece::Int(number)) = self.current() {
            let number = *number;
            self.at += 1;
            return Ok(Expr::Item(Box::new(base), Box::new(constant(Val::Int(number)))));
        }
        Ok(Expr::Attr(Box::new(base), self.name()?))
    }

    fn subscript(&mut self, base: Expr) -> Parsed<Expr> {
        let base = Box::new(base);
        let mut keys = Vec::new();
        while !self.skip_sign("]") {
            if !keys.is_empty() {
                self.expect_sign(",")?;
            }
            match self.slice_or_key()? {
                Ok(key) => keys.push(key),
                Err(parts) if keys.is_empty() && self.skip_sign("]") => {
                    return Ok(Expr::Slice(base, parts));
                }
                Err(_) => return self.fails("a slice must be the only subscript"),
            }
        }
        let key = match keys.pop() {
            Some(key) if keys.is_empty() => key,
            last => {
                keys.extend(last);
                Expr::Tuple(keys)
            }
        };
        Ok(Expr::Item(base, Box::new(key)))
    }

    /// A key, or the parts of a slice.
    fn slice_or_key(&mut self) -> Parsed<Result<Expr, [Part; 3]>> {
        let start = if self.skip_sign(":") {
            None
        } else {
            let key = self.expression(true)?;
            if !self.skip_sign(":") {
                return Ok(Ok(key));
            }
            Some(Box::new(key))
        };
        let stop = self.slice_part()?;
        let step = if self.skip_sign(":") { self.slice_part()? } else { None };
        Ok(Err([start, stop, step]))
    }

    fn slice_part(&mut self) -> Parsed<Part> {
        if self.is_sign(":") || self.is_sign("]") || self.is_sign(",") {
            return Ok(None);
        }
        Ok(Some(Box::new(self.expression(true)?)))
    }

    /// The arguments of a call with their brackets.
    pub(super) fn args(&mut self) -> Parsed<Vec<Arg>> {
        self.deeper(Self::args_inside)
    }

    fn args_inside(&mut self) -> Parsed<Vec<Arg>> {
        self.expect_sign("(")?;
        let mut args = Vec::new();
        while self.has_another(args.is_empty(), ")")? {
            let arg = self.arg()?;
            if let Some(wrong) = misplaced(&args, &arg) {
                return self.fails(wrong);
            }
            args.push(arg);
        }
        Ok(args)
    }

    fn arg(&mut self) -> Parsed<Arg> {
        if self.skip_sign("*") {
            return Ok(Arg::Spread(self.expression(true)?));
        }
        if self.skip_sign("**") {
            return Ok(Arg::SpreadNamed(self.expression(true)?));
        }
        let is_named = matches!(
            self.tokens.get(self.at + 1).map(|token| &token.piece),
            Some(Piece::Sign("="))
        );
        if let (true, Some(Piece::Name(_))) = (is_named, self.current()) {
            let name = self.name()?;
            self.at += 1;
            return Ok(Arg::Named(name, self.expression(true)?));
        }
        Ok(Arg::Positional(self.expression(true)?))
    }

    /// A chain of filters, each behind a `|`.
    pub(super) fn filters(&mut self, mut input: Option<Expr>) -> Parsed<Expr> {
        while self.skip_sign("|") {
            input = Some(self.one_filter(input)?);
        }
        match input {
            Some(filter) => Ok(filter),
            None => self.unexpected(Some("`|`")),
        }
    }

    /// One filter, whose name comes next.
    pub(super) fn one_filter(&mut self, input: Option<Expr>) -> Parsed<Expr> {
        let name = self.dotted_name()?;
        let args = if self.is_sign("(") { self.args()? } else { Vec::new() };
        Ok(Expr::Filter { name, input: input.map(Box::new), args })
    }

    fn dotted_name(&mut self) -> Parsed<Name> {
        let mut name = self.name()?.to_string();
        while self.skip_sign(".") {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Ok(name.into())
    }

    fn test(&mut self, input: Expr) -> Parsed<Expr> {
        let is_negated = self.skip_name("not");
        let name = self.dotted_name()?;
        let args = match self.current() {
            Some(Piece::Sign("(")) => self.args()?,
            Some(Piece::Name(word)) if ["else", "or", "and"].contains(&&**word) => Vec::new(),
            Some(Piece::Name(word)) if word == "is" => {
                return self.fails("You cannot chain multiple tests with is");
            }
            Some(
                Piece::Name(_)
                | Piece::Text(_)
                | Piece::Int(_)
                | Piece::Float(_)
                | Piece::Sign("[" | "{"),
            ) => {
                let arg = self.deeper(Self::primary)?;
                vec![Arg::Positional(self.postfix(arg)?)]
            }
            _ => Vec::new(),
        };
        let test = Expr::Test { name, input: Box::new(input), args };
        Ok(if is_negated { Expr::Not(Box::new(test)) } else { test })
    }
}

/// Why an argument must not follow these.
fn misplaced(before: &[Arg], arg: &Arg) -> Option<String> {
    let has = |kind: fn(&Arg) -> bool| before.iter().any(kind);
    let spread = has(|arg| matches!(arg, Arg::Spread(_)));
    let spread_named = has(|arg| matches!(arg, Arg::SpreadNamed(_)));
    let named = has(|arg| matches!(arg, Arg::Named(..)));
    let is_misplaced = match arg {
        Arg::Positional(_) => spread || spread_named || named,
        Arg::Spread(_) => spread || spread_named,
        Arg::Named(..) | Arg::SpreadNamed(_) => spread_named,
    };
    let is_repeated = |name: &Name| {
        before.iter().any(|other| matches!(other, Arg::Named(known, _) if known == name))
    };
    match arg {
        _ if is_misplaced => Some("invalid syntax for function call expression".into()),
        Arg::Named(name, _) if is_repeated(name) => {
            Some(format!("keyword argument repeated: {name}"))
        }
        _ => None,
    }
}
