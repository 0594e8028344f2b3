//! Expressions, from the operators that bind loosest to values.

use super::{Parsed, Parser, constant};
use crate::ansible::template::{
    lexer::Piece,
    tree::{Binary, Comparison, Expr},
    value::Val,
};

impl Parser {
    /// One expression; in some places a bare `if` belongs to what is around it.
    pub(super) fn expression(&mut self, with_choice: bool) -> Parsed<Expr> {
        if with_choice { self.choice() } else { self.or() }
    }

    /// One expression, or several with commas between them.
    pub(super) fn tuple(&mut self, with_choice: bool) -> Parsed<Expr> {
        self.tuple_of(with_choice, false)
    }

    /// What stands between `(` and `)`.
    pub(super) fn tuple_in_brackets(&mut self) -> Parsed<Expr> {
        self.tuple_of(true, true)
    }

    pub(super) fn ends_tuple(&self) -> bool {
        matches!(self.current(), Some(Piece::VariableEnd | Piece::BlockEnd | Piece::Sign(")")))
    }

    fn tuple_of(&mut self, with_choice: bool, may_be_empty: bool) -> Parsed<Expr> {
        let (mut items, mut is_tuple) = (Vec::new(), false);
        loop {
            if !items.is_empty() {
                self.expect_sign(",")?;
            }
            if self.ends_tuple() {
                break;
            }
            items.push(self.expression(with_choice)?);
            if !self.is_sign(",") {
                break;
            }
            is_tuple = true;
        }
        match items.pop() {
            Some(item) if !is_tuple => Ok(item),
            None if !may_be_empty => self.unexpected(None),
            last => {
                items.extend(last);
                Ok(Expr::Tuple(items))
            }
        }
    }

    fn choice(&mut self) -> Parsed<Expr> {
        let mut found = self.or()?;
        while self.skip_name("if") {
            let test = Box::new(self.or()?);
            let no = if self.skip_name("else") {
                Some(Box::new(self.deeper(Self::choice)?))
            } else {
                None
            };
            found = Expr::IfElse { test, yes: Box::new(found), no };
        }
        Ok(found)
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.skip_name("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.not()?;
        while self.skip_name("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        if self.skip_name("not") {
            return Ok(Expr::Not(Box::new(self.deeper(Self::not)?)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let first = self.sum()?;
        let mut others = Vec::new();
        while let Some(op) = self.comparing() {
            others.push((op, self.sum()?));
        }
        if others.is_empty() { Ok(first) } else { Ok(Expr::Compare(Box::new(first), others)) }
    }

    fn comparing(&mut self) -> Option<Comparison> {
        if self.are_names("not", "in") {
            self.at += 2;
            return Some(Comparison::NotIn);
        }
        let op = match self.current()? {
            Piece::Sign("==") => Comparison::Equal,
            Piece::Sign("!=") => Comparison::NotEqual,
            Piece::Sign("<") => Comparison::Less,
            Piece::Sign("<=") => Comparison::LessOrEqual,
            Piece::Sign(">") => Comparison::Greater,
            Piece::Sign(">=") => Comparison::GreaterOrEqual,
            Piece::Name(name) if name == "in" => Comparison::In,
            _ => return None,
        };
        self.at += 1;
        Some(op)
    }

    /// Operands with operators of one strength between them, from left to right.
    fn binary(
        &mut self,
        ops: &[(&str, Binary)],
        operand: fn(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<Expr> {
        let mut left = operand(self)?;
        while let Some((_, op)) = ops.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.at += 1;
            left = Expr::Binary(*op, Box::new(left), Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.binary(&[("+", Binary::Add), ("-", Binary::Subtract)], Self::concatenation)
    }

    fn concatenation(&mut self) -> Parsed<Expr> {
        self.binary(&[("~", Binary::Concat)], Self::product)
    }

    fn product(&mut self) -> Parsed<Expr> {
        let ops = [
            ("*", Binary::Multiply),
            ("/", Binary::Divide),
            ("//", Binary::FloorDivide),
            ("%", Binary::Modulo),
        ];
        self.binary(&ops, Self::power)
    }

    fn power(&mut self) -> Parsed<Expr> {
        self.binary(&[("**", Binary::Power)], |parser| parser.signed(true))
    }

    /// A value with its sign; filters bind to the whole.
    fn signed(&mut self, with_filters: bool) -> Parsed<Expr> {
        let value = if self.skip_sign("-") {
            Expr::Negative(Box::new(self.deeper(|parser| parser.signed(false))?))
        } else if self.skip_sign("+") {
            Expr::Positive(Box::new(self.deeper(|parser| parser.signed(false))?))
        } else {
            self.primary()?
        };
        let value = self.postfix(value)?;
        if with_filters { self.filtered(value) } else { Ok(value) }
    }

    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let Some(piece) = self.current().cloned() else { return self.unexpected(None) };
        self.at += 1;
        Ok(match piece {
            Piece::Name(name) => match &*name {
                "true" | "True" => constant(Val::Bool(true)),
                "false" | "False" => constant(Val::Bool(false)),
                "none" | "None" => constant(Val::None),
                _ => Expr::Name(name.into()),
            },
            Piece::Text(text) => self.joined(text),
            Piece::Int(number) => constant(Val::Int(number)),
            Piece::Float(number) => constant(Val::Float(number)),
            Piece::Sign("(") => {
                let inner = self.deeper(Self::tuple_in_brackets)?;
                self.expect_sign(")")?;
                inner
            }
            Piece::Sign("[") => Expr::List(self.deeper(Self::list)?),
            Piece::Sign("{") => Expr::Dict(self.deeper(Self::dict)?),
            _ => {
                self.at -= 1;
                return self.unexpected(None);
            }
        })
    }

    /// Texts side by side are one.
    fn joined(&mut self, mut text: String) -> Expr {
        while let Some(Piece::Text(more)) = self.current() {
            text.push_str(more);
            self.at += 1;
        }
        constant(Val::str(text))
    }

    fn list(&mut self) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while self.has_another(items.is_empty(), "]")? {
            items.push(self.expression(true)?);
        }
        Ok(items)
    }

    fn dict(&mut self) -> Parsed<Vec<(Expr, Expr)>> {
        let mut pairs = Vec::new();
        while self.has_another(pairs.is_empty(), "}")? {
            let key = self.expression(true)?;
            self.expect_sign(":")?;
            pairs.push((key, self.expression(true)?));
        }
        Ok(pairs)
    }
}
