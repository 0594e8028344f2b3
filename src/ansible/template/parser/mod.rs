//! Reads a template's tokens into a tree, by the grammar of Jinja2.

mod expressions;
mod postfix;
mod reuse;
mod statements;
mod targets;

use std::sync::Arc;

use super::{
    lexer::{Failure, Piece, Token},
    spot::Spot,
    tree::{Block, Expr, Name, Placed, Stmt},
    value::Val,
};

/// Blocks and brackets inside one another: the tree is walked by recursion.
const DEEPEST: usize = 150;

pub(super) type Parsed<T> = Result<T, Failure>;

pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The names of the blocks so far.
    blocks: Vec<Name>,
    /// What ended the tokens early; it counts only if the parser comes so far.
    failure: Option<Failure>,
}

/// Reads a template.
pub(super) fn template(tokens: Vec<Token>, failure: Option<Failure>) -> Parsed<Vec<Placed>> {
    Parser { tokens, at: 0, depth: 0, blocks: Vec::new(), failure }.body(&[])
}

/// What a token is called in messages.
fn described(piece: Option<&Piece>) -> String {
    match piece {
        None => "end of input".into(),
        Some(Piece::Data(_)) => "template data".into(),
        Some(Piece::BlockBegin) => "start of block".into(),
        Some(Piece::BlockEnd) => "end of block".into(),
        Some(Piece::VariableBegin) => "start of variable block".into(),
        Some(Piece::VariableEnd) => "end of variable block".into(),
        Some(Piece::Name(_)) => "identifier".into(),
        Some(Piece::Text(_)) => "string".into(),
        Some(Piece::Int(_)) => "integer".into(),
        Some(Piece::Float(_)) => "float".into(),
        Some(Piece::Sign(sign)) => format!("`{sign}`"),
    }
}

impl Parser {
    fn current(&self) -> Option<&Piece> {
        self.tokens.get(self.at).map(|token| &token.piece)
    }

    fn spot(&self) -> Spot {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(Spot::START, |token| token.at)
    }

    fn is_sign(&self, wanted: &str) -> bool {
        matches!(self.current(), Some(Piece::Sign(sign)) if *sign == wanted)
    }

    fn name_at(&self, place: usize) -> Option<&str> {
        match &self.tokens.get(place)?.piece {
            Piece::Name(name) => Some(name),
            _ => None,
        }
    }

    fn is_name(&self, wanted: &str) -> bool {
        self.name_at(self.at) == Some(wanted)
    }

    /// Whether these two words come next.
    fn are_names(&self, first: &str, second: &str) -> bool {
        self.is_name(first) && self.name_at(self.at + 1) == Some(second)
    }

    fn skip_sign(&mut self, wanted: &str) -> bool {
        let found = self.is_sign(wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_name(&mut self, wanted: &str) -> bool {
        let found = self.is_name(wanted);
        self.at += usize::from(found);
        found
    }

    fn fails<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err((message.into(), self.spot()))
    }

    /// The failure of what comes next.
    fn unexpected<T>(&self, wanted: Option<&str>) -> Parsed<T> {
        if let (None, Some(failure)) = (self.current(), &self.failure) {
            return Err(failure.clone());
        }
        let found = described(self.current());
        let wanted = wanted.map(|wanted| format!(", expected {wanted}")).unwrap_or_default();
        self.fails(format!("unexpected {found}{wanted}"))
    }

    fn expect_sign(&mut self, wanted: &str) -> Parsed<()> {
        if self.skip_sign(wanted) { Ok(()) } else { self.unexpected(Some(&format!("`{wanted}`"))) }
    }

    fn expect_name(&mut self, wanted: &str) -> Parsed<()> {
        if self.skip_name(wanted) { Ok(()) } else { self.unexpected(Some(wanted)) }
    }

    fn expect(&mut self, wanted: &Piece) -> Parsed<()> {
        if self.current() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        self.unexpected(Some(&described(Some(wanted))))
    }

    /// Whether another item follows, behind a comma unless it is the first; if none does, the end is left behind.
    fn has_another(&mut self, is_first: bool, end: &str) -> Parsed<bool> {
        if self.skip_sign(end) {
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        self.expect_sign(",")?;
        Ok(!self.skip_sign(end))
    }

    /// Any name.
    fn name(&mut self) -> Parsed<Name> {
        match self.name_at(self.at).map(Arc::from) {
            Some(name) => {
                self.at += 1;
                Ok(name)
            }
            None => self.unexpected(Some("identifier")),
        }
    }

    /// Reads something that stands inside something else.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEEPEST {
            return self
                .fails(format!("the limits of recursion: more than {DEEPEST} blocks and brackets inside one another"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// Reads until a block that begins with one of these names, which is left behind its first sign.
    fn body(&mut self, ends: &[&str]) -> Parsed<Vec<Placed>> {
        self.deeper(|parser| parser.pieces(ends))
    }

    fn pieces(&mut self, ends: &[&str]) -> Parsed<Vec<Placed>> {
        let mut body = Vec::new();
        while let Some(piece) = self.current().cloned() {
            let spot = self.spot();
            self.at += 1;
            if piece == Piece::BlockBegin && ends.iter().any(|end| self.is_name(end)) {
                return Ok(body);
            }
            body.extend(self.piece(piece, spot)?);
        }
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if ends.is_empty() => Ok(body),
            None => self.fails(format!("unexpected end of input, expected {}", ends.join(" or "))),
        }
    }

    /// What begins with this token, which is left behind.
    fn piece(&mut self, piece: Piece, spot: Spot) -> Parsed<Vec<Placed>> {
        let stmt = match piece {
            Piece::Data(text) => Stmt::Text(text.into()),
            Piece::VariableBegin => {
                let value = self.tuple(true)?;
                self.expect(&Piece::VariableEnd)?;
                Stmt::Emit(value)
            }
            Piece::BlockBegin => {
                let stmts = self.statement(spot)?;
                self.expect(&Piece::BlockEnd)?;
                return Ok(stmts);
            }
            _ => return self.unexpected(None),
        };
        Ok(vec![Placed { spot, stmt }])
    }

    /// The rest of a block's first tag and its body.
    fn block_body(&mut self, ends: &[&str]) -> Parsed<Vec<Placed>> {
        self.skip_sign(":");
        self.expect(&Piece::BlockEnd)?;
        self.body(ends)
    }

    /// A body whose last tag has one name only.
    fn closed_body(&mut self, end: &str) -> Parsed<Vec<Placed>> {
        let body = self.block_body(&[end])?;
        self.at += 1;
        Ok(body)
    }
}

/// Whether a block that must be replaced is as good as empty.
fn is_bare(block: &Block) -> bool {
    let is_blank = |placed: &Placed| match &placed.stmt {
        Stmt::Text(text) => text.chars().all(char::is_whitespace),
        _ => false,
    };
    block.body.iter().all(is_blank)
}

fn constant(value: Val) -> Expr {
    Expr::Const(value)
}
