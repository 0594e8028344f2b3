//! Numbers and texts inside of tags.

use super::{Failure, Lexer, Piece};

/// The length of digits at the beginning, which may have single `_` among them.
fn digits(text: &str, is_digit: impl Fn(char) -> bool) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            c if is_digit(c) => length = at + 1,
            '_' if length == at && chars.peek().is_some_and(|(_, next)| is_digit(*next)) => {}
            _ => break,
        }
    }
    length
}

fn decimal(text: &str) -> usize {
    if text.starts_with('_') { 0 } else { digits(text, |c| c.is_ascii_digit()) }
}

/// The length of a number with a fraction or an exponent; `None` if there is none.
fn float_length(text: &str) -> Option<usize> {
    let whole = decimal(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, decimal);
    let mantissa = if fraction > 0 { whole + 1 + fraction } else { whole };
    let exponent = text[mantissa..].strip_prefix(['e', 'E']).and_then(|rest| {
        let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let length = decimal(digits);
        (length > 0).then(|| 1 + rest.len() - digits.len() + length)
    });
    match exponent {
        Some(exponent) => Some(mantissa + exponent),
        None => (fraction > 0).then_some(mantissa),
    }
}

/// The length of a whole number and its base.
fn whole_length(text: &str) -> (usize, u32) {
    let based = |base: u32| {
        let length = digits(text.get(2..)?.trim_start_matches('_'), |c| c.is_digit(base));
        // One `_` may stand before the first digit.
        let lines = text[2..].len() - text[2..].trim_start_matches('_').len();
        (length > 0 && lines <= 1).then_some((2 + lines + length, base))
    };
    let special = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0b") => based(2),
        Some("0o") => based(8),
        Some("0x") => based(16),
        _ => None,
    };
    special.unwrap_or_else(|| {
        let length = if text.starts_with('0') { digits(text, |c| c == '0') } else { decimal(text) };
        (length, 10)
    })
}

impl Lexer<'_> {
    /// Takes a number; tells whether there was one.
    pub(super) fn number(&mut self) -> Result<bool, Failure> {
        let rest = self.rest();
        let after_dot = self.text[..self.at].ends_with('.');
        if let Some(length) = float_length(rest).filter(|_| !after_dot) {
            let number = rest[..length].replace('_', "").parse::<f64>();
            let Some(number) = number.ok().filter(|number| number.is_finite()) else {
                return self.fails("the number is too large");
            };
            self.push(Piece::Float(number));
            self.advance(self.at + length);
            return Ok(true);
        }
        let (length, base) = whole_length(rest);
        let written = rest[..length].replace('_', "");
        let digits = if base == 10 { &*written } else { &written[2..] };
        let Ok(number) = i128::from_str_radix(digits, base) else {
            return self.fails("the number is too large");
        };
        self.push(Piece::Int(number));
        self.advance(self.at + length);
        Ok(true)
    }

    /// Takes a text between quotes.
    pub(super) fn literal(&mut self, quote: char, doubled: bool) -> Result<(), Failure> {
        let inside = &self.rest()[1..];
        let mut escaped = false;
        let end = inside.char_indices().find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else {
            return self.fails("unexpected end of string");
        };
        let text = self.syntax.with_breaks(&inside[..end]);
        let text = if doubled { text } else { unescaped(&text).map_err(|why| (why, self.spot))? };
        self.push(Piece::Text(text));
        self.advance(self.at + end + 2);
        Ok(())
    }
}

/// A text with its escapes resolved as Python resolves them in `str`; unknown ones stay.
fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let c = rest.chars().next().ok_or("\\ at end of string")?;
        let length = match simple(c) {
            Some(simple) => {
                out.push_str(simple);
                c.len_utf8()
            }
            None => numbered(&mut out, c, rest)?,
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What a letter behind a backslash stands for.
fn simple(c: char) -> Option<&'static str> {
    Some(match c {
        '\n' => "",
        '\\' => "\\",
        '\'' => "'",
        '"' => "\"",
        'a' => "\u{7}",
        'b' => "\u{8}",
        'f' => "\u{c}",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\u{b}",
        _ => return None,
    })
}

/// Adds the character that an escape names by its number, or what is no escape; tells how long it is.
fn numbered(out: &mut String, c: char, rest: &str) -> Result<usize, String> {
    let after = &rest[c.len_utf8()..];
    match c {
        'x' => coded(out, after, 2).map(|length| 1 + length),
        'u' => coded(out, after, 4).map(|length| 1 + length),
        'U' => coded(out, after, 8).map(|length| 1 + length),
        'N' => Err("names of characters are not supported; write \\u and a number".into()),
        '0'..='7' => {
            let length = rest.bytes().take(3).take_while(|c| (b'0'..=b'7').contains(c)).count();
            let number = u32::from_str_radix(&rest[..length], 8).unwrap_or(0);
            out.extend(char::from_u32(number));
            Ok(length)
        }
        c => {
            out.push('\\');
            // Python writes what is not ASCII with an escape of its own first.
            if c.is_ascii() {
                out.push(c);
            } else {
                out.push_str(&escape_of(c));
            }
            Ok(c.len_utf8())
        }
    }
}

fn escape_of(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("x{code:02x}"),
        code @ ..=0xffff => format!("u{code:04x}"),
        code => format!("U{code:08x}"),
    }
}

/// Adds the character with the number in so many digits.
fn coded(out: &mut String, text: &str, length: usize) -> Result<usize, String> {
    let digits = text.get(..length).filter(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
    let found = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let c = found.and_then(char::from_u32);
    out.push(c.ok_or("an escape in a string names no character")?);
    Ok(length)
}
