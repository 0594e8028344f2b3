//! Numbers as Python writes them.

use super::{Data, Parser};
use crate::ansible::template::python_float;

const BLANK: [char; 2] = [' ', '\t'];

impl Parser<'_> {
    /// A number with a sign before it, perhaps with an imaginary part, which Ansible makes text of.
    pub(super) fn number(&mut self) -> Option<Data> {
        if let Some(rest) = self.rest.strip_prefix("...") {
            self.rest = rest;
            return Some(Data::Text("...".into()));
        }
        let sign = self.rest.chars().next().filter(|c| "+-".contains(*c));
        let negative = sign == Some('-');
        if sign.is_some() {
            self.rest = self.rest[1..].trim_start_matches(BLANK);
        }
        if let Some(imaginary) = self.imaginary() {
            let text =
                if negative { format!("(-0-{imaginary}j)") } else { format!("{imaginary}j") };
            return Some(Data::Text(text));
        }
        let real = self.unsigned(negative)?;
        self.plus_imaginary(real)
    }

    /// The number, or what it is with the imaginary part that follows.
    fn plus_imaginary(&mut self, real: Data) -> Option<Data> {
        let before = self.rest;
        let after = before.trim_start_matches(BLANK);
        let Some(sign) = after.chars().next().filter(|c| "+-".contains(*c)) else {
            return Some(real);
        };
        self.rest = after[1..].trim_start_matches(BLANK);
        let Some(imaginary) = self.imaginary() else {
            self.rest = before;
            return Some(real);
        };
        let real = match real {
            Data::Int(0) if sign == '-' => return Some(Data::Text(format!("-{imaginary}j"))),
            Data::Int(0) => return Some(Data::Text(format!("{imaginary}j"))),
            Data::Int(number) => number.to_string(),
            Data::Float(number) => without_zero_fraction(number),
            _ => return None,
        };
        Some(Data::Text(format!("({real}{sign}{imaginary}j)")))
    }

    /// What stands before the `j` of an imaginary number, as Python prints it.
    fn imaginary(&mut self) -> Option<String> {
        let (number, rest) = self.rest.split_at(length(self.rest));
        let rest = rest.strip_prefix(['j', 'J'])?;
        let ended = !rest.starts_with(goes_on);
        let value = without_underscores(number).and_then(|digits| digits.parse().ok());
        let value: f64 = value.filter(|_| ended)?;
        self.rest = rest;
        Some(without_zero_fraction(value))
    }

    fn unsigned(&mut self, negative: bool) -> Option<Data> {
        let (number, rest) = self.rest.split_at(length(self.rest));
        self.rest = rest;
        if self.rest.starts_with(goes_on) {
            return None;
        }
        self.plain_number(number, negative)
    }

    fn plain_number(&mut self, text: &str, negative: bool) -> Option<Data> {
        let clean = without_underscores(text)?.to_ascii_lowercase();
        let bases = [("0x", 16), ("0o", 8), ("0b", 2)];
        let based =
            bases.iter().find_map(|(prefix, base)| Some((clean.strip_prefix(prefix)?, *base)));
        let (digits, base) = based.unwrap_or((&clean, 10));
        if !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base)) {
            // Python has no numbers such as 0644, only as many zeros as one likes.
            let octal_like = base == 10 && clean.starts_with('0') && clean.contains(|c| c != '0');
            return if octal_like { None } else { Some(self.integer(digits, base, negative)) };
        }
        if based.is_some() {
            return None;
        }
        let number: f64 = clean.parse().ok()?;
        Some(Data::Float(if negative { -number } else { number }))
    }

    fn integer(&mut self, digits: &str, base: u32, negative: bool) -> Data {
        let Ok(number) = i128::from_str_radix(digits, base) else {
            self.refuse("is a number of more than 128 bits");
            return Data::Null;
        };
        Data::Int(if negative { -number } else { number })
    }
}

/// A letter or dot right behind a number makes it something else.
fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// How long the number is that a text begins with.
fn length(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    if ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix)) {
        return text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    }
    let mut after_exponent = false;
    let end = text.char_indices().find(|(_, c)| {
        let part = c.is_ascii_digit()
            || "._".contains(*c)
            || "eE".contains(*c)
            || (after_exponent && "+-".contains(*c));
        after_exponent = "eE".contains(*c);
        !part
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// The number without the `_` between its digits; `None` if one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let hexadecimal = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let digit = |byte: &u8| {
        if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
    };
    let fits = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let behind_prefix = at == 2 && bytes[0] == b'0' && b"xXoObB".contains(&bytes[1]);
        (behind_prefix || before.is_some_and(digit)) && bytes.get(at + 1).is_some_and(digit)
    };
    text.match_indices('_').all(|(at, _)| fits(at)).then(|| text.replace('_', ""))
}

/// A part of a complex number as Python prints it.
fn without_zero_fraction(number: f64) -> String {
    let text = python_float(number);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
