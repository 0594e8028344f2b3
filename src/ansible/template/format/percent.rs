//! `'%s' % value`.

use std::{iter::Peekable, str::CharIndices};

use super::{Spec, append, ascii, character, numbers, padded, with_digit};
use crate::ansible::template::{
    access,
    fault::{Fault, Outcome},
    objects::Object,
    text,
    value::Val,
};

/// The values that a format takes one by one.
struct Given<'a> {
    all: &'a Val,
    rest: std::slice::Iter<'a, Val>,
    /// Whether one was taken by its name.
    by_name: bool,
}

impl Given<'_> {
    fn next(&mut self) -> Outcome {
        let next = self.rest.next().cloned();
        next.ok_or_else(|| Fault::new("not enough arguments for format string"))
    }

    /// A width or precision that is given as `*`.
    fn star(&mut self) -> Outcome<i128> {
        match self.next()?.forced() {
            Val::Int(number) => Ok(number),
            Val::Bool(number) => Ok(number.into()),
            _ => Err(Fault::new("* wants int")),
        }
    }
}

/// `format % values`.
pub(in crate::ansible::template) fn percent(format: &str, values: &Val) -> Outcome {
    let rest = match values {
        Val::Tuple(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    };
    let mut given = Given { all: values, rest, by_name: false };
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        append(&mut out, &rest[..at])?;
        rest = &rest[at + 1..];
        let mut named = None;
        if let Some(inner) = rest.strip_prefix('(') {
            let end = closing(inner).ok_or_else(|| Fault::new("incomplete format key"))?;
            if !matches!(given.all, Val::Dict(_) | Val::Missing(_)) {
                return Err(Fault::new("format requires a mapping"));
            }
            let all = given.all.clone().used()?;
            named = Some(access::subscript(&all, &Val::str(&inner[..end]))?);
            rest = &inner[end + 1..];
            given.by_name = true;
        }
        let (spec, length) = spec(rest, &mut given)?;
        rest = &rest[length..];
        if spec.kind == Some('%') && length == 1 {
            append(&mut out, "%")?;
            continue;
        }
        let value = named.map_or_else(|| given.next(), Ok)?;
        append(&mut out, &formatted(&spec, &value)?)?;
    }
    append(&mut out, rest)?;
    // A list or dict may be there for its names, so Python does not miss its use.
    let may_stay = given.by_name || !matches!(values, Val::Tuple(_)) && has_places(values);
    if !may_stay && given.rest.next().is_some() {
        return Err(Fault::new("not all arguments converted during string formatting"));
    }
    Ok(Val::str(out))
}

/// Whether Python takes a value for one that is asked by keys.
fn has_places(value: &Val) -> bool {
    match value {
        Val::List(_) | Val::Dict(_) | Val::Missing(_) | Val::Blank => true,
        Val::Object(object) => object.keys().is_some() || matches!(**object, Object::Range(_)),
        Val::None
        | Val::Bool(_)
        | Val::Int(_)
        | Val::Float(_)
        | Val::Str(_)
        | Val::Tuple(_)
        | Val::Omit
        | Val::Lazy(_) => false,
    }
}

/// Where the bracket that is open ends.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })
}

fn spec(text: &str, given: &mut Given<'_>) -> Outcome<(Spec, usize)> {
    let mut spec = Spec { align: Some('>'), ..Spec::default() };
    let mut chars = text.char_indices().peekable();
    flags(&mut spec, &mut chars);
    if chars.next_if(|(_, c)| *c == '*').is_some() {
        let width = given.star()?;
        if width < 0 {
            (spec.align, spec.fill) = (Some('<'), None);
        }
        spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
    } else {
        spec.width = digits(&mut chars);
    }
    if chars.next_if(|(_, c)| *c == '.').is_some() {
        spec.precision = Some(match chars.next_if(|(_, c)| *c == '*') {
            Some(_) => usize::try_from(given.star()?.max(0)).unwrap_or(usize::MAX),
            None => digits(&mut chars),
        });
    }
    chars.next_if(|(_, c)| "hlL".contains(*c));
    let Some((at, kind)) = chars.next() else { return Err(Fault::new("incomplete format")) };
    spec.kind = Some(kind);
    spec.fits()?;
    Ok((spec, at + kind.len_utf8()))
}

fn flags(spec: &mut Spec, chars: &mut Peekable<CharIndices<'_>>) {
    while let Some((_, flag)) = chars.next_if(|(_, c)| "#0- +".contains(*c)) {
        match flag {
            '-' => (spec.fill, spec.align) = (None, Some('<')),
            '0' if spec.align == Some('>') => (spec.fill, spec.align) = (Some('0'), Some('=')),
            ' ' if spec.sign.is_some() => {}
            '+' | ' ' => spec.sign = Some(flag),
            '#' => spec.alternate = true,
            _ => {}
        }
    }
}

fn digits(chars: &mut Peekable<CharIndices<'_>>) -> usize {
    let mut number = 0;
    while let Some((_, digit)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
        number = with_digit(number, digit);
    }
    number
}

fn formatted(spec: &Spec, value: &Val) -> Outcome<String> {
    let kind = spec.kind.unwrap_or('s');
    match kind {
        's' => Ok(shortened(&text::str_of(value)?, spec)),
        'r' => Ok(shortened(&text::repr(value)?, spec)),
        'a' => Ok(shortened(&ascii(value)?, spec)),
        'c' => Ok(unfilled(&character(value)?.to_string(), spec)),
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => whole(spec, kind, value),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = match value.clone().used()? {
                Val::Float(number) => number,
                other => as_float(&other)?,
            };
            let number = numbers::float(number, spec.kind, spec.precision, spec.alternate);
            Ok(numbers::laid_out(&number, spec))
        }
        other => Err(Fault::new(format!("unsupported format character '{other}'"))),
    }
}

fn shortened(text: &str, spec: &Spec) -> String {
    let length = spec.precision.unwrap_or(usize::MAX);
    unfilled(&text.chars().take(length).collect::<String>(), spec)
}

/// Text is never filled up with zeros.
fn unfilled(text: &str, spec: &Spec) -> String {
    let align = spec.align.filter(|align| *align != '=');
    padded(text, &Spec { align, width: spec.width, ..Spec::default() }, '>')
}

#[expect(clippy::cast_precision_loss, reason = "Python converts the same way")]
fn as_float(value: &Val) -> Outcome<f64> {
    match value {
        Val::Int(number) => Ok(*number as f64),
        Val::Bool(number) => Ok(f64::from(u8::from(*number))),
        other => Err(Fault::new(format!("must be real number, not {}", other.type_name()))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Python cuts the fraction off too")]
fn whole(spec: &Spec, kind: char, value: &Val) -> Outcome<String> {
    let decimal = matches!(kind, 'd' | 'i' | 'u');
    let value = value.clone().forced();
    if let (Val::Missing(fault), false) = (&value, decimal) {
        return Err(fault.raised(&format!("%{kind} format: an integer is required")));
    }
    let number = match value.used()? {
        Val::Int(number) => number,
        Val::Bool(number) => number.into(),
        Val::Float(number) if decimal && number.is_finite() => number as i128,
        other => {
            let (wanted, found) =
                (if decimal { "a real number" } else { "an integer" }, other.type_name());
            return Err(Fault::new(format!("%{kind} format: {wanted} is required, not {found}")));
        }
    };
    let mut number = numbers::whole(number, kind, spec.alternate);
    let missing = spec.precision.unwrap_or(0).saturating_sub(number.digits.len());
    number.digits.insert_str(0, &"0".repeat(missing));
    Ok(numbers::laid_out(&number, spec))
}
