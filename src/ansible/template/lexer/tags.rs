//! Tokens inside of tags.

use super::{Failure, Lexer, Piece, is_blank};

/// Operators and brackets, the longest first.
const SIGNS: &[&str] = &[
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

impl Lexer<'_> {
    /// Reads a tag up to its end, which counts only where no bracket is open.
    pub(super) fn tag(&mut self, begin: Piece, end: Piece) -> Result<(), Failure> {
        let doubled = self.escapes && begin == Piece::VariableBegin;
        self.push_opening(begin);
        let mut open = Vec::new();
        while !self.rest().is_empty() {
            let closed = match end {
                Piece::VariableEnd => self.variable_end(),
                _ => self.block_end(self.at),
            };
            if let Some(after) = closed.filter(|_| open.is_empty()) {
                self.push(end);
                self.advance(after);
                return Ok(());
            }
            self.token(&mut open, doubled)?;
        }
        Ok(())
    }

    /// Reads a statement that ends with its line.
    pub(super) fn line_statement(&mut self) -> Result<(), Failure> {
        self.push_opening(Piece::BlockBegin);
        let mut open = Vec::new();
        while !self.rest().is_empty() {
            if let Some(after) = self.line_end().filter(|_| open.is_empty()) {
                self.push(Piece::BlockEnd);
                self.advance(after);
                return Ok(());
            }
            self.token(&mut open, false)?;
        }
        self.push(Piece::BlockEnd);
        Ok(())
    }

    /// Behind the last line break of the blanks at this place.
    fn line_end(&self) -> Option<usize> {
        let rest = self.rest();
        let blanks = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
        let last = rest[..blanks].rfind('\n').map(|at| at + 1);
        last.or_else(|| (blanks == rest.len()).then_some(blanks)).map(|length| self.at + length)
    }

    fn variable_end(&self) -> Option<usize> {
        let (rest, sign) = (self.rest(), &*self.syntax.variable.1);
        let stripping = rest.strip_prefix('-').and_then(|rest| rest.strip_prefix(sign));
        let left = stripping.map(|left| left.trim_start_matches(is_blank));
        let left = left.or_else(|| rest.strip_prefix(sign))?;
        Some(self.text.len() - left.len())
    }

    /// Takes one token, or the blanks before it.
    fn token(&mut self, open: &mut Vec<char>, doubled: bool) -> Result<(), Failure> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(()) };
        if is_blank(first) {
            self.skip_blanks();
            return Ok(());
        }
        if first.is_ascii_digit() && self.number()? {
            return Ok(());
        }
        match first {
            '\'' | '"' => self.literal(first, doubled),
            c if c.is_alphanumeric() || c == '_' => self.name(),
            _ => self.sign(open),
        }
    }

    fn name(&mut self) -> Result<(), Failure> {
        let rest = self.rest();
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let name = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
        if name.starts_with(char::is_numeric) {
            return self.fails("Invalid character in identifier");
        }
        self.push(Piece::Name(name.to_owned()));
        self.advance(self.at + name.len());
        Ok(())
    }

    fn sign(&mut self, open: &mut Vec<char>) -> Result<(), Failure> {
        let rest = self.rest();
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            let c = rest.chars().next().unwrap_or(' ');
            return self.fails(format!("unexpected character '{c}'"));
        };
        match *sign {
            "{" => open.push('}'),
            "(" => open.push(')'),
            "[" => open.push(']'),
            "}" | ")" | "]" => match open.pop() {
                Some(wanted) if sign.starts_with(wanted) => {}
                Some(wanted) => {
                    return self.fails(format!("unexpected `{sign}`, expected `{wanted}`"));
                }
                None => return self.fails(format!("unexpected `{sign}`")),
            },
            _ => {}
        }
        self.push(Piece::Sign(sign));
        self.advance(self.at + sign.len());
        Ok(())
    }
}
