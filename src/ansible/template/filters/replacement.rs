//! What stands for a match in `regex_replace`, as Python's `re` reads it: all of it is read before anything is matched.

use fancy_regex::{Captures, Regex};

use crate::ansible::template::fault::{Fault, Outcome};

/// A piece of a replacement.
enum Piece {
    Text(String),
    /// The group of a match.
    Group(usize),
}

/// A replacement that the groups of a pattern allow.
pub(super) struct Replacement(Vec<Piece>);

impl Replacement {
    /// Reads `\1`, `\g<1>`, `\g<name>`, `\n` and other escapes.
    pub(super) fn read(written: &str, regex: &Regex) -> Outcome<Self> {
        let mut pieces = Vec::new();
        let mut rest = written;
        while let Some(at) = rest.find('\\') {
            pieces.push(Piece::Text(rest[..at].to_owned()));
            let (piece, length) = escape(&rest[at + 1..], regex)?;
            pieces.push(piece);
            rest = &rest[at + 1 + length..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text for one match.
    pub(super) fn expanded(&self, found: &Captures<'_>) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Group(at) => found.get(*at).map_or("", |group| group.as_str()).to_owned(),
        };
        self.0.iter().map(piece).collect()
    }
}

/// What the text behind a backslash means, and how much of it.
fn escape(rest: &str, regex: &Regex) -> Outcome<(Piece, usize)> {
    if let Some(name) = rest.strip_prefix('g') {
        let name = name.strip_prefix('<').and_then(|name| name.split_once('>'));
        let (name, _) = name.ok_or_else(|| Fault::new("missing group name"))?;
        return Ok((Piece::Group(named(name, regex)?), name.len() + 3));
    }
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return numbered(rest, regex);
    }
    let Some(letter) = rest.chars().next() else {
        return Err(Fault::new("a backslash stands at the end"));
    };
    let meant = match letter {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        other if other.is_ascii_alphabetic() => {
            return Err(Fault::new(format!("`\\{other}` has no meaning in a replacement")));
        }
        other => return Ok((Piece::Text(format!("\\{other}")), other.len_utf8())),
    };
    Ok((Piece::Text(meant.into()), 1))
}

fn named(name: &str, regex: &Regex) -> Outcome<usize> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return existing(name, regex);
    }
    let at = regex.capture_names().position(|known| known == Some(name));
    at.ok_or_else(|| Fault::new(format!("unknown group name '{name}'")))
}

fn existing(digits: &str, regex: &Regex) -> Outcome<usize> {
    let at = digits.parse().ok().filter(|at| *at < regex.captures_len());
    at.ok_or_else(|| Fault::new(format!("there is no group {digits}")))
}

/// `\0`, `\012` and three octal digits are a character, other digits the number of a group.
fn numbered(rest: &str, regex: &Regex) -> Outcome<(Piece, usize)> {
    let count =
        |most: usize, fits: fn(&u8) -> bool| rest.bytes().take(most).take_while(fits).count();
    let octal = count(3, |byte| (b'0'..=b'7').contains(byte));
    if rest.starts_with('0') || octal == 3 {
        let code = u32::from_str_radix(&rest[..octal], 8).unwrap_or(0);
        let found = char::from_u32(code).filter(|_| code <= 0o377);
        let found = found.ok_or_else(|| {
            Fault::new(format!("octal escape value \\{} outside of range 0-0o377", &rest[..octal]))
        })?;
        return Ok((Piece::Text(found.into()), octal));
    }
    let digits = count(2, u8::is_ascii_digit);
    Ok((Piece::Group(existing(&rest[..digits], regex)?), digits))
}
