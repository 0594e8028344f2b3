//! Python's two ways of formatting text: `'%s' % value` and `'{}'.format(value)`.

mod braces;
mod numbers;
mod percent;

pub(super) use self::{braces::braces, percent::percent};
use super::{
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
    /// What stands between groups of digits.
    grouping: Option<char>,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    /// Refuses what would make too long a text.
    fn fits(&self) -> Outcome<()> {
        meter::room(self.width.saturating_mul(4))?;
        meter::room(self.precision.unwrap_or(0))
    }
}

/// A number with one more digit.
fn with_digit(number: usize, digit: char) -> usize {
    number.saturating_mul(10).saturating_add(digit as usize - '0' as usize)
}

fn append(out: &mut String, part: &str) -> Outcome<()> {
    meter::room(out.len().saturating_add(part.len()))?;
    out.push_str(part);
    Ok(())
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

/// Python's `ascii(value)`.
fn ascii(value: &Val) -> Outcome<String> {
    let escaped = |c: char| match c as u32 {
        0..0x80 => c.to_string(),
        code @ 0x80..0x100 => format!("\\x{code:02x}"),
        code @ 0x100..0x1_0000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    Ok(text::repr(value)?.chars().map(escaped).collect())
}

/// The character that a number or a text of one means.
fn character(value: &Val) -> Outcome<char> {
    let code = match value.clone().forced() {
        Val::Str(text) if text.chars().count() == 1 => text.chars().next().map(u32::from),
        Val::Int(code) => u32::try_from(code).ok(),
        Val::Bool(code) => Some(code.into()),
        _ => return Err(Fault::new("%c requires int or char")),
    };
    let found = code.and_then(char::from_u32);
    found.ok_or_else(|| Fault::new("%c arg not in range(0x110000)"))
}
