//! What Python's `str` knows of single characters: line ends, tabs, translations, kinds.

use super::{
    fault::{Fault, Outcome},
    meter,
    strings::titled,
    text,
    value::{Key, Val},
};

/// Where Python ends lines.
pub(super) fn lines(value: &str, keep: bool) -> Val {
    let ends = |c: char| "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}".contains(c);
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find(ends) {
        let length = rest[at..].chars().next().map_or(1, char::len_utf8);
        let length = if rest[at..].starts_with("\r\n") { 2 } else { length };
        found.push(&rest[..if keep { at + length } else { at }]);
        rest = &rest[at + length..];
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    Val::strings(found)
}

pub(super) fn tabs_expanded(value: &str, size: usize) -> Outcome {
    meter::room(value.matches('\t').count().saturating_mul(size))?;
    let mut out = String::new();
    let mut column = 0;
    for c in value.chars() {
        match c {
            '\t' => {
                let more = if size == 0 { 0 } else { size - column % size };
                out.push_str(&" ".repeat(more));
                column += more;
            }
            c => {
                out.push(c);
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(Val::str(out))
}

/// Python's `str.translate` with a dict of character numbers.
pub(super) fn translated(value: &str, table: &Val) -> Outcome {
    let Val::Dict(table) = table else {
        return Err(Fault::new("translate() needs a dict of character numbers"));
    };
    let mut out = String::new();
    for c in value.chars() {
        match table.get(&Key::new(Val::Int(i128::from(u32::from(c))))?) {
            None => out.push(c),
            Some(Val::None) => {}
            Some(Val::Int(number)) => {
                out.extend(u32::try_from(number).ok().and_then(char::from_u32));
            }
            Some(other) => out.push_str(&text::str_of(&other)?),
        }
        meter::room(out.len())?;
    }
    Ok(Val::str(out))
}

pub(super) fn is_identifier(value: &str) -> bool {
    let letter = |c: char| c.is_alphabetic() || c == '_';
    value.starts_with(letter) && value.chars().all(|c| letter(c) || c.is_numeric())
}

/// Whether each word begins with a capital letter and has no other.
pub(super) fn is_title(value: &str) -> bool {
    let cased = value.chars().any(|c| c.is_uppercase() || c.is_lowercase());
    cased && titled(value) == value
}

/// A letter as the first of a word: one that is two letters has only the first of them in upper case.
pub(super) fn title_case(c: char) -> String {
    match c {
        'Ǆ'..='ǆ' => "ǅ".into(),
        'Ǉ'..='ǉ' => "ǈ".into(),
        'Ǌ'..='ǌ' => "ǋ".into(),
        'Ǳ'..='ǳ' => "ǲ".into(),
        // Its first part is an apostrophe.
        'ŉ' => "ʼN".into(),
        _ => {
            let mut upper = c.to_uppercase();
            let first: String = upper.next().into_iter().collect();
            first + &upper.collect::<String>().to_lowercase()
        }
    }
}
