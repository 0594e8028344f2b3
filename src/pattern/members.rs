//! Escapes and classes of Python's regular expressions.

use super::{
    python::{Failure, Reader, fails_at},
    width::Width,
};

/// What an escape stands for.
enum Escape {
    Plain(char),
    /// A kind of characters, as it is written inside of a class.
    Kind(&'static str),
}

/// Letters and digits as Python counts them, which are not quite those of the engine.
const WORD: &str = r"\p{L}\p{N}_";
const BLANK: &str = r"\s\x1c-\x1f";

impl Reader {
    /// What stands behind a backslash outside of a class; `None` if it is a place.
    pub(super) fn escape(&mut self, start: usize) -> Result<Option<Width>, Failure> {
        let place = match self.peek() {
            Some('A') => Some(r"\A"),
            Some('Z') => Some(r"\z"),
            Some('b') if self.flags.ascii => {
                Some(r"(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))")
            }
            Some('b') => Some(r"\b"),
            Some('B') => Some(r"\B"),
            _ => None,
        };
        if let Some(place) = place {
            self.at += 1;
            self.out.push_str(place);
            return Ok(None);
        }
        if self.peek().is_some_and(|c| ('1'..='9').contains(&c)) && !self.is_octal() {
            let mut digits = String::new();
            while digits.len() < 2 && self.peek().is_some_and(|c| c.is_ascii_digit()) {
                digits.extend(self.next());
            }
            let number = digits.parse().unwrap_or(usize::MAX);
            return self.reference(start, number).map(Some);
        }
        match self.any_escape(start)? {
            Escape::Plain(c) => self.plain(c),
            Escape::Kind(r"\d") => self.out.push_str(r"\d"),
            Escape::Kind(r"\D") => self.out.push_str(r"\D"),
            Escape::Kind(kind) => self.out += &["[", kind, "]"].concat(),
        }
        Ok(Some(Width::ONE))
    }

    /// Whether three digits that make a character come next.
    fn is_octal(&self) -> bool {
        let digits = self.chars.get(self.at..self.at + 3);
        digits.is_some_and(|digits| digits.iter().all(|c| ('0'..='7').contains(c)))
    }

    fn any_escape(&mut self, start: usize) -> Result<Escape, Failure> {
        let Some(c) = self.next() else {
            return fails_at(start, "a backslash stands at the end");
        };
        Ok(match c {
            'a' => Escape::Plain('\u{7}'),
            'f' => Escape::Plain('\u{c}'),
            'n' => Escape::Plain('\n'),
            'r' => Escape::Plain('\r'),
            't' => Escape::Plain('\t'),
            'v' => Escape::Plain('\u{b}'),
            'x' => Escape::Plain(self.coded(start, 2)?),
            'u' => Escape::Plain(self.coded(start, 4)?),
            'U' => Escape::Plain(self.coded(start, 8)?),
            'N' => return fails_at(start, "names of characters are not supported"),
            '0'..='7' => {
                self.at -= 1;
                Escape::Plain(self.octal(start)?)
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Escape::Kind(self.kind(c)),
            c if c.is_ascii_alphanumeric() => {
                return fails_at(start, format!(r"`\{c}` has no meaning"));
            }
            c => Escape::Plain(c),
        })
    }

    fn kind(&self, letter: char) -> &'static str {
        match (letter, self.flags.ascii) {
            ('d', true) => "0-9",
            ('d', false) => r"\d",
            ('D', true) => "[^0-9]",
            ('D', false) => r"\D",
            ('s', true) => r"\t-\r ",
            ('s', false) => BLANK,
            ('S', true) => r"[^\t-\r ]",
            ('S', false) => r"[^\s\x1c-\x1f]",
            ('w', true) => "0-9A-Za-z_",
            ('w', false) => WORD,
            (_, true) => "[^0-9A-Za-z_]",
            (_, false) => r"[^\p{L}\p{N}_]",
        }
    }

    /// A character by its number of so many digits.
    fn coded(&mut self, start: usize, length: usize) -> Result<char, Failure> {
        let digits: String = self.chars.iter().skip(self.at).take(length).collect();
        let is_number = digits.len() == length && digits.bytes().all(|c| c.is_ascii_hexdigit());
        let number = u32::from_str_radix(&digits, 16).ok().filter(|_| is_number);
        match number.and_then(char::from_u32) {
            Some(c) => {
                self.at += length;
                Ok(c)
            }
            None => fails_at(start, "the escape ends too early"),
        }
    }

    fn octal(&mut self, start: usize) -> Result<char, Failure> {
        let mut number = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            number = number * 8 + digit;
            self.at += 1;
        }
        match char::from_u32(number).filter(|_| number <= 0o377) {
            Some(c) => Ok(c),
            None => fails_at(start, "an octal escape is at most `\\377`"),
        }
    }

    /// The rest of a class behind its `[`.
    pub(super) fn class(&mut self, start: usize) -> Result<(), Failure> {
        self.out.push('[');
        if self.skip('^') {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            let from_at = self.at;
            if self.peek() == Some(']') && !is_first {
                self.at += 1;
                self.out.push(']');
                return Ok(());
            }
            is_first = false;
            let from = self.member(start)?;
            let is_range =
                self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !is_range {
                self.write_member(&from);
                continue;
            }
            self.at += 1;
            let to = self.member(start)?;
            match (&from, &to) {
                (Escape::Plain(one), Escape::Plain(other)) if one <= other => {
                    self.write_member(&from);
                    self.out.push('-');
                    self.write_member(&to);
                }
                _ => {
                    let range: String = self.chars[from_at..self.at].iter().collect();
                    return fails_at(from_at, format!("`{range}` is no range"));
                }
            }
        }
    }

    fn member(&mut self, start: usize) -> Result<Escape, Failure> {
        let at = self.at;
        match self.next() {
            None => fails_at(start, "the bracket is not closed"),
            Some('\\') if self.peek() == Some('b') => {
                self.at += 1;
                Ok(Escape::Plain('\u{8}'))
            }
            Some('\\') => self.any_escape(at),
            Some(c) => Ok(Escape::Plain(c)),
        }
    }

    fn write_member(&mut self, member: &Escape) {
        match member {
            Escape::Kind(kind) => self.out.push_str(kind),
            Escape::Plain(c) => {
                if r"[]\&~-^".contains(*c) {
                    self.out.push('\\');
                }
                self.out.push(*c);
            }
        }
    }
}
