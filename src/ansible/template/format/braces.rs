//! `'{}'.format(value)`.

use super::{Spec, append, ascii, character, numbers, padded, with_digit};
use crate::ansible::template::{
    access,
    call::Args,
    fault::{Fault, Outcome},
    objects::Object,
    text,
    value::Val,
};

/// How deep fields may stand in the formats of others.
const DEEPEST: usize = 2;

/// How fields without a name are counted.
enum Numbering {
    Open,
    Automatic(usize),
    Manual,
}

struct Fields<'a> {
    args: &'a Args,
    numbering: Numbering,
}

/// `text.format(…)`.
pub(in crate::ansible::template) fn braces(format: &str, args: &Args) -> Outcome {
    let mut fields = Fields { args, numbering: Numbering::Open };
    fields.filled(format, DEEPEST).map(Val::str)
}

impl Fields<'_> {
    fn filled(&mut self, format: &str, depth: usize) -> Outcome<String> {
        let deeper = depth.checked_sub(1);
        let deeper = deeper.ok_or_else(|| Fault::new("Max string recursion exceeded"))?;
        let mut out = String::new();
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            append(&mut out, &rest[..at])?;
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                append(&mut out, brace)?;
                rest = after;
                continue;
            }
            if brace == "}" || rest.is_empty() {
                return Err(Fault::new(format!("Single '{brace}' encountered in format string")));
            }
            let end = end_of_field(rest);
            let end = end.ok_or_else(|| Fault::new("expected '}' before end of string"))?;
            append(&mut out, &self.field(&rest[..end], deeper)?)?;
            rest = &rest[end + 1..];
        }
        append(&mut out, rest)?;
        Ok(out)
    }

    fn field(&mut self, field: &str, depth: usize) -> Outcome<String> {
        let (name, conversion, spec) = parts(field);
        let mut value = self.value(name)?;
        match conversion {
            None => {}
            Some("r") => value = Val::str(text::repr(&value)?),
            Some("s") => value = Val::str(text::str_of(&value)?),
            Some("a") => value = Val::str(ascii(&value)?),
            Some(other) => {
                return Err(Fault::new(format!("Unknown conversion specifier {other}")));
            }
        }
        let spec =
            if spec.contains(['{', '}']) { self.filled(spec, depth)? } else { spec.to_owned() };
        if spec.is_empty() {
            return text::str_of(&value);
        }
        let value = value.used()?;
        if let Val::Object(object) = &value
            && let Object::Moment(moment) = object.as_ref()
        {
            return text::str_of(&moment.formatted(&spec)?);
        }
        formatted(&value, &read(&spec)?)
    }

    fn value(&mut self, name: &str) -> Outcome {
        let first = name.find(['.', '[']).unwrap_or(name.len());
        let mut value = self.base(&name[..first])?;
        let mut rest = &name[first..];
        while !rest.is_empty() {
            let (part, length) = if let Some(inner) = rest.strip_prefix('[') {
                let end =
                    inner.find(']').ok_or_else(|| Fault::new("Missing ']' in format string"))?;
                (&inner[..end], end + 2)
            } else {
                let end = rest[1..].find(['.', '[']).map_or(rest.len(), |end| end + 1);
                (&rest[1..end], end)
            };
            if part.is_empty() {
                return Err(Fault::new("Empty attribute in format string"));
            }
            value = if rest.starts_with('.') {
                let kind = value.type_name();
                let none = |_| Fault::new(format!("'{kind}' object has no attribute '{part}'"));
                access::own_or_missing(&value, part).used().map_err(none)?
            } else {
                access::subscript(&value, &part.parse().map_or_else(|_| Val::str(part), Val::Int))?
            };
            rest = &rest[length..];
        }
        Ok(value)
    }

    fn base(&mut self, name: &str) -> Outcome {
        if !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()) {
            let found = self.args.named.iter().find(|(known, _)| &**known == name);
            let found = found.map(|(_, value)| value.clone());
            return found.ok_or_else(|| Fault::new(format!("KeyError: '{name}'")));
        }
        let at = match (&self.numbering, name.is_empty()) {
            (Numbering::Automatic(next), true) => *next,
            (Numbering::Open, true) => 0,
            (Numbering::Open | Numbering::Manual, false) => name.parse().unwrap_or(usize::MAX),
            _ => return Err(Fault::new("cannot mix numbered fields with such that are not")),
        };
        self.numbering =
            if name.is_empty() { Numbering::Automatic(at + 1) } else { Numbering::Manual };
        let found = self.args.positional.get(at).cloned();
        found.ok_or_else(|| Fault::new("Replacement index out of range for positional args tuple"))
    }
}

/// Where the braces of a field end; brackets hold any sign.
fn end_of_field(text: &str) -> Option<usize> {
    let (mut open, mut in_brackets) = (1, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '{' if !in_brackets => open += 1,
            '}' if !in_brackets => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })
}

/// Name, conversion and format of a field.
fn parts(field: &str) -> (&str, Option<&str>, &str) {
    let mut in_brackets = false;
    let end = field.find(|c| {
        in_brackets = if in_brackets { c != ']' } else { c == '[' };
        !in_brackets && (c == ':' || c == '!')
    });
    let Some(end) = end else { return (field, None, "") };
    let (name, rest) = field.split_at(end);
    match rest.strip_prefix('!') {
        None => (name, None, &rest[1..]),
        Some(rest) => match rest.split_once(':') {
            Some((conversion, spec)) => (name, Some(conversion), spec),
            None => (name, Some(rest), ""),
        },
    }
}

fn formatted(value: &Val, spec: &Spec) -> Outcome<String> {
    spec.fits()?;
    if !takes_spec(value, spec) {
        let kind = value.type_name();
        return Err(Fault::new(format!("unsupported format string for '{kind}'")));
    }
    match value {
        Val::Bool(number) => whole(i128::from(*number), spec),
        Val::Int(number) => whole(*number, spec),
        Val::Float(number) => {
            let kind = if spec.kind == Some('n') { Some('g') } else { spec.kind };
            let number = numbers::float(*number, kind, spec.precision, spec.alternate);
            Ok(numbers::laid_out(&number, spec))
        }
        _ => {
            let text = text::str_of(value)?;
            let length = spec.precision.unwrap_or(usize::MAX);
            let align = spec.align.filter(|align| *align != '=');
            let spec = Spec { align, fill: spec.fill, width: spec.width, ..Spec::default() };
            Ok(padded(&text.chars().take(length).collect::<String>(), &spec, '<'))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Python converts the same way")]
fn whole(number: i128, spec: &Spec) -> Outcome<String> {
    match spec.kind {
        Some('c') => Ok(padded(&character(&Val::Int(number))?.to_string(), spec, '>')),
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            let number = numbers::float(number as f64, spec.kind, spec.precision, spec.alternate);
            Ok(numbers::laid_out(&number, spec))
        }
        kind => Ok(numbers::laid_out(
            &numbers::whole(number, kind.unwrap_or('d'), spec.alternate),
            spec,
        )),
    }
}

/// Whether a value can be written in this way.
fn takes_spec(value: &Val, spec: &Spec) -> bool {
    let groups = |kind: Option<char>| match spec.grouping {
        None => true,
        Some(',') => !matches!(kind, Some('b' | 'o' | 'x' | 'X' | 'c' | 'n')),
        Some(_) => !matches!(kind, Some('c' | 'n')),
    };
    match value {
        Val::Str(_) => {
            let plain = spec.sign.is_none() && spec.grouping.is_none() && !spec.alternate;
            // A zero before the width says how to fill here, too.
            let aligned = spec.align != Some('=') || spec.fill == Some('0');
            plain && aligned && matches!(spec.kind, None | Some('s'))
        }
        Val::Int(_) | Val::Bool(_) => match spec.kind {
            Some('c') => spec.precision.is_none() && spec.sign.is_none() && !spec.alternate,
            Some('b' | 'd' | 'o' | 'x' | 'X' | 'n') | None => {
                spec.precision.is_none() && groups(spec.kind)
            }
            Some(kind) => "eEfFgG%".contains(kind),
        },
        Val::Float(_) => {
            spec.kind.is_none_or(|kind| "eEfFgG%n".contains(kind)) && groups(spec.kind)
        }
        _ => false,
    }
}

/// Reads what stands behind the colon.
fn read(text: &str) -> Outcome<Spec> {
    let chars: Vec<char> = text.chars().collect();
    let mut spec = Spec::default();
    let mut at = 0;
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>^=".contains(*c));
    if is_align(chars.get(1)) {
        (spec.fill, spec.align, at) = (Some(chars[0]), Some(chars[1]), 2);
    } else if is_align(chars.first()) {
        (spec.align, at) = (Some(chars[0]), 1);
    }
    let mut rest = chars[at..].iter().copied().peekable();
    spec.sign = rest.next_if(|c| "+- ".contains(*c));
    spec.alternate = rest.next_if(|c| *c == '#').is_some();
    if rest.next_if(|c| *c == '0').is_some() {
        spec.fill = spec.fill.or(Some('0'));
        spec.align = spec.align.or(Some('='));
    }
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        spec.width = with_digit(spec.width, digit);
    }
    spec.grouping = rest.next_if(|c| ",_".contains(*c));
    if rest.next_if(|c| *c == '.').is_some() {
        let mut precision = None;
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            precision = Some(with_digit(precision.unwrap_or(0), digit));
        }
        spec.precision =
            Some(precision.ok_or_else(|| Fault::new("Format specifier missing precision"))?);
    }
    spec.kind = rest.next();
    if rest.next().is_some() {
        return Err(Fault::new("Invalid format specifier"));
    }
    Ok(spec)
}
