//! What Python's `str` knows of single characters: line ends, tabs, translations, kinds.

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::{
    call::Args,
    fault::{Fault, Outcome},
    meter,
    strings::titled,
    text,
    value::{Dict, Key, Val},
};

/// What Python shows as it is in a quoted text: no control, no blank but the space, nothing unassigned.
pub(super) fn is_printable(c: char) -> bool {
    static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{C}\p{Z}]").ok());
    let hidden = || {
        let found = HIDDEN.as_ref().map(|hidden| hidden.is_match(c.encode_utf8(&mut [0; 4])));
        found.is_some_and(|found| found.unwrap_or(false))
    };
    if c.is_ascii() { c == ' ' || c.is_ascii_graphic() } else { !hidden() }
}

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

/// Python's `str.translate`: the table has characters by their numbers, or is a list in which they have places.
pub(super) fn translated(value: &str, table: &Val) -> Outcome {
    let mut out = String::new();
    for c in value.chars() {
        match entry(table, u32::from(c))? {
            None => out.push(c),
            Some(Val::None) => {}
            Some(Val::Int(number)) => out.push(character(number)?),
            Some(Val::Bool(value)) => out.push(character(i128::from(value))?),
            Some(Val::Str(text)) => out.push_str(&text),
            Some(_) => {
                return Err(Fault::new("character mapping must return integer, None or str"));
            }
        }
        meter::room(out.len())?;
    }
    Ok(Val::str(out))
}

fn character(number: i128) -> Outcome<char> {
    let found = u32::try_from(number).ok().and_then(char::from_u32);
    found.ok_or_else(|| Fault::new("character mapping must be in range(0x110000)"))
}

/// What a table has for a character.
fn entry(table: &Val, number: u32) -> Outcome<Option<Val>> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    match table {
        Val::Dict(dict) => {
            dict.get(&Key::new(Val::Int(i128::from(number)))?).map(Val::used).transpose()
        }
        Val::List(list) => list.get(place).map(Val::used).transpose(),
        Val::Tuple(items) => items.get(place).cloned().map(Val::used).transpose(),
        Val::Str(text) => Ok(text.chars().nth(place).map(|c| Val::str(c.to_string()))),
        Val::Object(object) if object.keys().is_none() && object.items().is_some() => {
            Ok(object.items().unwrap_or_default().get(place).cloned())
        }
        other => Err(Fault::new(format!("'{}' object is not subscriptable", other.type_name()))),
    }
}

/// Python's `str.maketrans` of two texts of one length, and of characters to be taken out. A dict alone is none to it: those
/// of templates are of a type of their own.
pub(super) fn table(args: &mut Args) -> Outcome {
    let from = args.required("x")?.used()?;
    let Some(to) = args.take("y") else {
        return Err(Fault::new("if you give only one argument to maketrans it must be a dict"));
    };
    let (from, to) = (text::only_text(&from, "x")?, text::only_text(&to, "y")?);
    if from.chars().count() != to.chars().count() {
        return Err(Fault::new("the first two maketrans arguments must have equal length"));
    }
    let number = |c: char| Key::new(Val::Int(i128::from(u32::from(c))));
    let mut pairs = indexmap::IndexMap::new();
    for (one, other) in from.chars().zip(to.chars()) {
        pairs.insert(number(one)?, Val::Int(i128::from(u32::from(other))));
    }
    if let Some(removed) = args.take("z") {
        for c in text::only_text(&removed, "z")?.chars() {
            pairs.insert(number(c)?, Val::None);
        }
    }
    Ok(Val::Dict(Dict::new(pairs)))
}

/// Python's `casefold`: what is the same in upper case is the same.
pub(super) fn folded(value: &str) -> String {
    let folded = |c: char| match c {
        // It has an upper case that is another letter's.
        'ı' => "ı".to_owned(),
        c => c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect(),
    };
    value.chars().map(folded).collect()
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
