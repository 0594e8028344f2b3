//! Strings and bytes as Python writes them.

use super::{Data, Parser};

/// What stands before a string's quotation mark.
#[derive(Clone, Copy)]
struct Prefix {
    raw: bool,
    bytes: bool,
}

impl Parser<'_> {
    /// One or more strings in a row, which Python joins.
    pub(super) fn strings(&mut self) -> Option<Data> {
        let (mut text, mut all_bytes) = (String::new(), None);
        loop {
            self.skip_space();
            let Some(letters) = string_prefix(self.rest) else { break };
            let prefix =
                Prefix { raw: letters.contains(['r', 'R']), bytes: letters.contains(['b', 'B']) };
            self.rest = &self.rest[letters.len()..];
            // Python joins no strings with bytes.
            if *all_bytes.get_or_insert(prefix.bytes) != prefix.bytes {
                return None;
            }
            self.string(prefix, &mut text)?;
        }
        if all_bytes == Some(true) && !text.is_ascii() {
            self.refuse("holds bytes that are no text");
        }
        Some(Data::Text(text))
    }

    fn string(&mut self, prefix: Prefix, text: &mut String) -> Option<()> {
        let quote = self.rest.chars().next()?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let close = if self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        self.rest = &self.rest[close.len()..];
        loop {
            if let Some(rest) = self.rest.strip_prefix(&close) {
                self.rest = rest;
                return Some(());
            }
            let c = self.character()?;
            if c == '\\' {
                self.escape(prefix, text)?;
            } else if prefix.bytes && !c.is_ascii() {
                return None;
            } else {
                text.push(c);
            }
        }
    }

    fn character(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn escape(&mut self, prefix: Prefix, text: &mut String) -> Option<()> {
        let c = self.character()?;
        if prefix.raw {
            text.extend(['\\', c]);
            return (!prefix.bytes || c.is_ascii()).then_some(());
        }
        let plain = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '\'' | '"' => c,
            'x' => self.code(2)?,
            'u' if !prefix.bytes => self.code(4)?,
            'U' if !prefix.bytes => self.code(8)?,
            'N' if !prefix.bytes => self.named()?,
            '0'..='7' => self.octal(c, prefix.bytes)?,
            _ if prefix.bytes && !c.is_ascii() => return None,
            _ => {
                text.push('\\');
                c
            }
        };
        text.push(plain);
        Some(())
    }

    /// The character with a number of so many hexadecimal digits.
    fn code(&mut self, digits: usize) -> Option<char> {
        let number = self.rest.get(..digits)?;
        if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let code = u32::from_str_radix(number, 16).ok()?;
        self.rest = &self.rest[digits..];
        if (0xd800..0xe000).contains(&code) {
            self.refuse("holds half a character");
            return Some(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(code)
    }

    /// The character with a number of one to three octal digits.
    fn octal(&mut self, first: char, bytes: bool) -> Option<char> {
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            self.rest = &self.rest[1..];
            code = code * 8 + digit;
        }
        char::from_u32(if bytes { code & 0xff } else { code })
    }

    /// A character by its name in Unicode.
    fn named(&mut self) -> Option<char> {
        let (name, rest) = self.rest.strip_prefix('{')?.split_once('}')?;
        self.rest = rest;
        self.refuse("names a character, which Ymir does not know by their names");
        (!name.is_empty()).then_some(char::REPLACEMENT_CHARACTER)
    }
}

/// The letters before a string's quotation mark, if a string begins here.
pub(super) fn string_prefix(text: &str) -> Option<&str> {
    let prefix = &text[..text.find(['\'', '"'])?];
    let known = ["", "r", "u", "b", "br", "rb"];
    known.contains(&prefix.to_ascii_lowercase().as_str()).then_some(prefix)
}
