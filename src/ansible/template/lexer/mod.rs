//! Splits a template's text into tokens, as Jinja2 does.
//!
//! Outside of tags everything is data; of the signs that open a tag the one that comes first counts, of those at one
//! place the longest. A `-` beside a sign takes the blanks there away, a `+` keeps them.

mod literals;
mod tags;

use super::{spot::Spot, syntax::Syntax};

/// A piece of a template and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) at: Spot,
    pub(super) piece: Piece,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Text outside of tags.
    Data(String),
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name(String),
    Text(String),
    Int(i128),
    Float(f64),
    Sign(&'static str),
}

/// What ends the reading of a template: the reason and the place.
pub(super) type Failure = (String, Spot);

/// What a sign opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Raw,
    Variable,
    Line,
    Comment,
    Block,
}

/// A sign that was found.
#[derive(Debug, Clone, Copy)]
struct Opening {
    tag: Tag,
    /// Where the sign begins, and where what is in the tag does.
    start: usize,
    inside: usize,
    /// `-`, `+` or neither.
    mark: Option<char>,
}

pub(super) struct Lexer<'text> {
    text: &'text str,
    syntax: &'text Syntax,
    /// Whether backslashes in `{{ }}` are already what they mean.
    escapes: bool,
    at: usize,
    spot: Spot,
    /// Where the tag begins that is read.
    opened: Spot,
    tokens: Vec<Token>,
}

/// A text with one kind of line breaks, and none at its end unless the syntax keeps it.
pub(super) fn normalized(text: &str, syntax: &Syntax) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !syntax.keep_trailing_newline && text.ends_with('\n') {
        text.pop();
    }
    text
}

/// The tokens of a normalized text up to its end or the first that is none.
pub(super) fn tokens(text: &str, syntax: &Syntax, escapes: bool) -> (Vec<Token>, Option<Failure>) {
    let mut lexer = Lexer {
        text,
        syntax,
        escapes,
        at: 0,
        spot: Spot::START,
        opened: Spot::START,
        tokens: Vec::new(),
    };
    let failure = lexer.root().err();
    (lexer.tokens, failure)
}

/// What Python takes for a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

impl<'text> Lexer<'text> {
    fn rest(&self) -> &'text str {
        &self.text[self.at..]
    }

    fn push(&mut self, piece: Piece) {
        self.tokens.push(Token { at: self.spot, piece });
    }

    /// Takes the sign that opened a tag.
    fn push_opening(&mut self, piece: Piece) {
        self.tokens.push(Token { at: self.opened, piece });
    }

    /// Goes on to a later place.
    fn advance(&mut self, to: usize) {
        self.spot = self.spot.behind(&self.text[self.at..to]);
        self.at = to;
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
        self.advance(self.at + length);
    }

    fn fails<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        Err((message.into(), self.spot))
    }

    fn root(&mut self) -> Result<(), Failure> {
        while self.at < self.text.len() {
            let Some(opening) = self.next_opening() else {
                self.data(self.text.len(), None);
                return Ok(());
            };
            self.data(opening.start, Some(opening));
            self.opened = self.spot;
            self.advance(opening.inside);
            match opening.tag {
                Tag::Raw => self.raw()?,
                Tag::Comment => self.comment()?,
                Tag::Block => self.tag(Piece::BlockBegin, Piece::BlockEnd)?,
                Tag::Variable => self.tag(Piece::VariableBegin, Piece::VariableEnd)?,
                Tag::Line => self.line_statement()?,
            }
        }
        Ok(())
    }

    /// Takes the data up to a place, without the blanks that what opens there takes away.
    fn data(&mut self, to: usize, opening: Option<Opening>) {
        let data = &self.text[self.at..to];
        let kept = match opening {
            Some(Opening { mark: Some('-'), .. }) => data.trim_end_matches(is_blank),
            Some(Opening { mark: None, tag, .. })
                if self.syntax.lstrip_blocks && tag != Tag::Variable =>
            {
                self.without_indent(data)
            }
            _ => data,
        };
        if !kept.is_empty() {
            self.push(Piece::Data(self.syntax.with_breaks(kept)));
        }
        self.advance(to);
    }

    /// Data without the blanks of its last line, if it has nothing else.
    fn without_indent<'data>(&self, data: &'data str) -> &'data str {
        let begins_line = self.at == 0 || self.text[..self.at].ends_with('\n');
        let last = data.rfind('\n').map_or(0, |at| at + 1);
        let is_indent = (last > 0 || begins_line) && data[last..].chars().all(is_blank);
        if is_indent { &data[..last] } else { data }
    }

    fn next_opening(&self) -> Option<Opening> {
        let starts = self.syntax.starts();
        let is_start = |c: char| starts.contains(&c);
        let mut from = self.at;
        loop {
            let lines = self.syntax.has_line_statements();
            let found = self.text[from..].find(is_start).map(|at| from + at)?;
            let line = self.text[self.at..found].rfind('\n').map_or(self.at, |at| self.at + at + 1);
            if lines && let Some(opening) = self.line_opening(line, found) {
                return Some(opening);
            }
            if let Some(opening) = self.opening(found) {
                return Some(opening);
            }
            from = found + self.text[found..].chars().next().map_or(1, char::len_utf8);
        }
    }

    /// A line that is a statement and begins here, with its prefix there.
    fn line_opening(&self, line: usize, prefix: usize) -> Option<Opening> {
        let begins = line == 0 || self.text[..line].ends_with('\n');
        let indent = self.text[line..prefix].chars().all(|c| " \t\u{b}".contains(c));
        let sign = &*self.syntax.line_statement;
        let fits = begins && indent && self.text[prefix..].starts_with(sign);
        let longer = self.opening(prefix).is_some_and(|other| {
            let length = other.inside - other.start - other.mark.map_or(0, char::len_utf8);
            length > sign.len() || (length == sign.len() && other.tag == Tag::Variable)
        });
        (fits && !longer).then(|| self.marked(Tag::Line, line, prefix + sign.len()))
    }

    /// What opens at this place.
    fn opening(&self, start: usize) -> Option<Opening> {
        let rest = &self.text[start..];
        if let Some(opening) = self.raw_opening(start) {
            return Some(opening);
        }
        let signs = [
            (Tag::Variable, &self.syntax.variable.0),
            (Tag::Comment, &self.syntax.comment.0),
            (Tag::Block, &self.syntax.block.0),
        ];
        let fitting = signs.into_iter().filter(|(_, sign)| rest.starts_with(&***sign));
        // Of equally long ones the first counts.
        let (tag, sign) = fitting.rev().max_by_key(|(_, sign)| sign.len())?;
        Some(self.marked(tag, start, start + sign.len()))
    }

    fn marked(&self, tag: Tag, start: usize, inside: usize) -> Opening {
        let mark = self.text[inside..].chars().next().filter(|c| "+-".contains(*c));
        Opening { tag, start, inside: inside + mark.map_or(0, char::len_utf8), mark }
    }

    /// `{% raw %}`, up to its end.
    fn raw_opening(&self, start: usize) -> Option<Opening> {
        let (begin, end) = (&*self.syntax.block.0, &*self.syntax.block.1);
        let inside = self.text[start..].strip_prefix(begin)?;
        let mark = inside.chars().next().filter(|c| "+-".contains(*c));
        let inside = inside[mark.map_or(0, char::len_utf8)..].trim_start_matches(is_blank);
        let inside = inside.strip_prefix("raw")?.trim_start_matches(is_blank);
        let stripping = inside.strip_prefix('-').and_then(|inside| inside.strip_prefix(end));
        let after = match stripping {
            Some(after) => after.trim_start_matches(is_blank),
            None => inside.strip_prefix(end)?,
        };
        Some(Opening { tag: Tag::Raw, start, inside: self.text.len() - after.len(), mark })
    }

    fn raw(&mut self) -> Result<(), Failure> {
        let mut from = self.at;
        while let Some(at) = self.text[from..].find(&*self.syntax.block.0) {
            let start = from + at;
            if let Some((mark, after)) = self.raw_end(start) {
                self.data(start, Some(Opening { tag: Tag::Raw, start, inside: after, mark }));
                self.advance(after);
                return Ok(());
            }
            from = start + self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        if self.rest().is_empty() { Ok(()) } else { self.fails("Missing end of raw directive") }
    }

    /// The mark of an `endraw` at this place, and where it ends.
    fn raw_end(&self, start: usize) -> Option<(Option<char>, usize)> {
        let inside = self.text[start..].strip_prefix(&*self.syntax.block.0)?;
        let mark = inside.chars().next().filter(|c| "+-".contains(*c));
        let inside = inside[mark.map_or(0, char::len_utf8)..].trim_start_matches(is_blank);
        let inside = inside.strip_prefix("endraw")?.trim_start_matches(is_blank);
        let end = self.block_end(self.text.len() - inside.len())?;
        Some((mark, end))
    }

    /// Where a sign that closes a block or comment at this place ends, with the blanks that it takes away.
    fn closing(&self, at: usize, sign: &str) -> Option<usize> {
        let rest = &self.text[at..];
        let after = |marked: Option<&'text str>| marked.and_then(|rest| rest.strip_prefix(sign));
        let left = if let Some(after) = after(rest.strip_prefix('+')) {
            after
        } else if let Some(after) = after(rest.strip_prefix('-')) {
            after.trim_start_matches(is_blank)
        } else {
            let after = rest.strip_prefix(sign)?;
            let trimmed = after.strip_prefix('\n').filter(|_| self.syntax.trim_blocks);
            trimmed.unwrap_or(after)
        };
        Some(self.text.len() - left.len())
    }

    fn block_end(&self, at: usize) -> Option<usize> {
        self.closing(at, &self.syntax.block.1)
    }

    fn comment(&mut self) -> Result<(), Failure> {
        let sign = &*self.syntax.comment.1;
        match self.rest().find(sign) {
            Some(found) => {
                let end = self.at + found;
                let marked = self.text[self.at..end].ends_with(['-', '+']);
                let after = self.closing(end - usize::from(marked), sign).unwrap_or(end);
                self.advance(after);
                Ok(())
            }
            None if self.rest().is_empty() => Ok(()),
            None => self.fails("Missing end of comment tag"),
        }
    }
}
