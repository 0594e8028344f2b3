//! Python's two ways of formatting text: `'%s' % value` and `'{}'.format(value)`.

use super::{
    access,
    call::Args,
    fault::{Fault, Outcome},
    meter, text,
    value::Val,
};

/// What stands between `%` and the letter, or after `:` in braces.
#[derive(Debug, Default)]
struct Spec {
    fill: Option<char>,
    /// `<`, `>`, `^`, or `=`.
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    grouping: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A number with one more digit.
fn with_digit(number: usize, digit: char) -> usize {
    number.saturating_mul(10).saturating_add(digit as usize - '0' as usize)
}

impl Spec {
    /// Refuses a width that would make too long a text.
    fn fits(&self) -> Outcome<()> {
        meter::room(self.width.saturating_mul(4))
    }
}

/// `format % values`.
pub(super) fn percent(format: &str, values: &Val) -> Outcome {
    let mut given = match values {
        Val::Tuple(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    };
    let mut out = String::new();
    let mut rest = format;
    let mut by_name = false;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let mut named = None;
        if let Some(inner) = rest.strip_prefix('(') {
            let end = inner.find(')').ok_or_else(|| Fault::new("incomplete format key"))?;
            named = Some(access::item(values, &Val::str(&inner[..end]))?.used()?);
            rest = &inner[end + 1..];
            by_name = true;
        }
        let (spec, length) = percent_spec(rest)?;
        rest = &rest[length..];
        let value = named.or_else(|| given.next().cloned());
        let value = value.ok_or_else(|| Fault::new("not enough arguments for format string"))?;
        append(&mut out, &percent_value(&spec, &value)?)?;
    }
    out.push_str(rest);
    // A list or dict may be there for its names, so Python does not miss its use.
    let may_stay = by_name || matches!(values, Val::List(_) | Val::Dict(_) | Val::Object(_));
    if !may_stay && given.next().is_some() {
        return Err(Fault::new("not all arguments converted during string formatting"));
    }
    Ok(Val::str(out))
}

fn append(out: &mut String, part: &str) -> Outcome<()> {
    meter::room(out.len().saturating_add(part.len()))?;
    out.push_str(part);
    Ok(())
}

fn percent_spec(text: &str) -> Outcome<(Spec, usize)> {
    let mut spec = Spec { align: Some('>'), ..Spec::default() };
    let mut chars = text.char_indices().peekable();
    while let Some((_, flag)) = chars.next_if(|(_, c)| "#0- +".contains(*c)) {
        match flag {
            '-' => spec.align = Some('<'),
            '0' if spec.align == Some('>') => (spec.fill, spec.align) = (Some('0'), Some('=')),
            '+' | ' ' => spec.sign = Some(flag),
            '#' => spec.alternate = true,
            _ => {}
        }
    }
    let mut digits = |spec: &mut usize| {
        while let Some((_, digit)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
            *spec = with_digit(*spec, digit);
        }
        chars.next_if(|(_, c)| *c == '.').is_some()
    };
    if digits(&mut spec.width) {
        let mut precision = 0;
        digits(&mut precision);
        spec.precision = Some(precision);
    }
    let Some((at, kind)) = chars.next() else { return Err(Fault::new("incomplete format")) };
    spec.kind = Some(kind);
    spec.fits()?;
    Ok((spec, at + kind.len_utf8()))
}

fn percent_value(spec: &Spec, value: &Val) -> Outcome<String> {
    let text = match spec.kind {
        Some('s') => text::str_of(value)?,
        Some('r' | 'a') => text::repr(value)?,
        _ => return number(spec, value),
    };
    let text = match spec.precision {
        Some(length) => text.chars().take(length).collect(),
        None => text,
    };
    Ok(padded(&text, spec, '>'))
}

/// `text.format(…)`.
pub(super) fn braces(format: &str, args: &Args) -> Outcome {
    let mut out = String::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| Fault::new("Single '}' encountered in format string"))?;
        append(&mut out, &field(&rest[..end], args, &mut next)?)?;
        rest = &rest[end + 1..];
    }
    Ok(Val::str(out + rest))
}

fn field(field: &str, args: &Args, next: &mut usize) -> Outcome<String> {
    let (name, spec) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
    let first = name.find(['.', '[']).unwrap_or(name.len());
    let base = match &name[..first] {
        "" => {
            *next += 1;
            args.positional.get(*next - 1).cloned()
        }
        index if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            index.parse().ok().and_then(|at: usize| args.positional.get(at).cloned())
        }
        name => {
            args.named.iter().find(|(found, _)| &**found == name).map(|(_, value)| value.clone())
        }
    };
    let mut value =
        base.ok_or_else(|| Fault::new("Replacement index out of range for positional args tuple"))?;
    let mut rest = &name[first..];
    while !rest.is_empty() {
        let end = rest[1..].find(['.', '[']).map_or(rest.len(), |end| end + 1);
        let part = rest[1..end].trim_end_matches(']');
        let found = if rest.starts_with('.') {
            access::own_or_missing(&value, part)
        } else {
            access::item(&value, &part.parse().map_or_else(|_| Val::str(part), Val::Int))?
        };
        value = found.used().map_err(|fault| Fault::new(&fault.message))?;
        rest = &rest[end..];
    }
    if conversion == "r" {
        value = Val::str(text::repr(&value)?);
    }
    if spec.is_empty() {
        return text::str_of(&value);
    }
    let spec = brace_spec(spec);
    spec.fits()?;
    if !takes_spec(&value, &spec) {
        let kind = value.type_name();
        return Err(Fault::new(format!("unsupported format string for '{kind}'")));
    }
    match (&value, spec.kind) {
        (Val::Bool(_), _) | (Val::Int(_) | Val::Float(_), Some(_)) => number(&spec, &value),
        (Val::Int(_) | Val::Float(_), None) if spec.grouping || spec.precision.is_some() => {
            number(&spec, &value)
        }
        (Val::Int(_) | Val::Float(_), None) => Ok(padded(&text::str_of(&value)?, &spec, '>')),
        _ => {
            let text = text::str_of(&value)?;
            let length = spec.precision.unwrap_or(usize::MAX);
            Ok(padded(&text.chars().take(length).collect::<String>(), &spec, '<'))
        }
    }
}

/// Whether a value can be written in this way.
fn takes_spec(value: &Val, spec: &Spec) -> bool {
    match value {
        Val::Str(_) => {
            let plain = spec.sign.is_none() && !spec.grouping && !spec.alternate;
            plain && spec.align != Some('=') && matches!(spec.kind, None | Some('s'))
        }
        Val::Int(_) | Val::Bool(_) => match spec.kind {
            Some('b' | 'c' | 'd' | 'o' | 'x' | 'X' | 'n') | None => spec.precision.is_none(),
            Some(kind) => "eEfFgG%".contains(kind),
        },
        Val::Float(_) => spec.kind.is_none_or(|kind| "eEfFgG%n".contains(kind)),
        _ => false,
    }
}

fn brace_spec(text: &str) -> Spec {
    let chars: Vec<char> = text.chars().collect();
    let mut spec = Spec::default();
    let mut at = 0;
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>^=".contains(*c));
    if is_align(chars.get(1)) {
        (spec.fill, spec.align, at) = (Some(chars[0]), Some(chars[1]), 2);
    } else if is_align(chars.first()) {
        (spec.align, at) = (Some(chars[0]), 1);
    }
    let mut precision = None;
    for c in &chars[at..] {
        match (c, &mut precision) {
            ('+' | '-' | ' ', None) => spec.sign = Some(*c).filter(|c| *c != '-'),
            ('#', _) => spec.alternate = true,
            (',' | '_', _) => spec.grouping = true,
            ('.', _) => precision = Some(0),
            ('0', None) if spec.width == 0 && spec.align.is_none() => {
                (spec.fill, spec.align) = (Some('0'), Some('='));
            }
            (digit, None) if digit.is_ascii_digit() => {
                spec.width = with_digit(spec.width, *digit);
            }
            (digit, Some(found)) if digit.is_ascii_digit() => {
                *found = with_digit(*found, *digit);
            }
            (kind, _) => spec.kind = Some(*kind),
        }
    }
    spec.precision = precision;
    spec
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as Python does")]
fn number(spec: &Spec, value: &Val) -> Outcome<String> {
    let (whole, float) = match value.clone().used()? {
        Val::Int(number) => (number, number as f64),
        Val::Bool(value) => (i128::from(value), f64::from(u8::from(value))),
        Val::Float(number) => (number as i128, number),
        other => {
            let (kind, name) = (spec.kind.unwrap_or('d'), other.type_name());
            return Err(Fault::new(format!(
                "%{kind} format: a real number is required, not {name}"
            )));
        }
    };
    let decimals = spec.precision.unwrap_or(6);
    meter::room(decimals)?;
    let alternate = |prefix: &str, digits: String| {
        if spec.alternate { format!("{prefix}{digits}") } else { digits }
    };
    let digits = match spec.kind {
        Some('x') => alternate("0x", format!("{:x}", whole.unsigned_abs())),
        Some('X') => alternate("0X", format!("{:X}", whole.unsigned_abs())),
        Some('o') => alternate("0o", format!("{:o}", whole.unsigned_abs())),
        Some('b') => alternate("0b", format!("{:b}", whole.unsigned_abs())),
        Some('f' | 'F') => fixed(float.abs(), decimals),
        Some('%') => fixed((float * 100.0).abs(), decimals) + "%",
        Some('e' | 'E') => exponent(float.abs(), decimals),
        Some('g' | 'G') => text::float(float.abs()).trim_end_matches(".0").to_owned(),
        Some('c') => {
            return Ok(u32::try_from(whole).ok().and_then(char::from_u32).unwrap_or(' ').into());
        }
        None if matches!(value, Val::Float(_)) => match spec.precision {
            Some(decimals) => fixed(float.abs(), decimals),
            None => text::float(float.abs()),
        },
        _ => whole.unsigned_abs().to_string(),
    };
    let digits = if spec.grouping { grouped(&digits) } else { digits };
    let minus = float.is_sign_negative();
    let sign = if minus { "-".into() } else { spec.sign.map(String::from).unwrap_or_default() };
    if spec.align == Some('=') {
        let length = sign.chars().count() + digits.chars().count();
        let fill: String =
            std::iter::repeat_n(spec.fill.unwrap_or(' '), spec.width.saturating_sub(length))
                .collect();
        return Ok(format!("{sign}{fill}{digits}"));
    }
    Ok(padded(&format!("{sign}{digits}"), spec, '>'))
}

/// More decimals than any float has; all behind them are zeros.
const EXACT: usize = 1100;

fn fixed(number: f64, decimals: usize) -> String {
    let exact = decimals.min(EXACT);
    format!("{number:.exact$}") + &"0".repeat(decimals - exact)
}

fn exponent(number: f64, decimals: usize) -> String {
    let exact = decimals.min(EXACT);
    let text = format!("{number:.exact$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = "0".repeat(decimals - exact);
    let power: i32 = power.parse().unwrap_or(0);
    format!("{digits}{zeros}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

fn padded(text: &str, spec: &Spec, default: char) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    let fill = |count| std::iter::repeat_n(spec.fill.unwrap_or(' '), count).collect::<String>();
    match spec.align.unwrap_or(default) {
        '<' => format!("{text}{}", fill(missing)),
        '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        _ => format!("{}{text}", fill(missing)),
    }
}
