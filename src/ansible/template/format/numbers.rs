//! Digits of numbers as Python's formats write them.

use super::Spec;
use crate::ansible::template::text;

/// More digits than any float has; all behind them are zeros.
const EXACT: usize = 1100;

/// A number without its sign, ready to be laid out.
pub(super) struct Number {
    pub(super) negative: bool,
    /// `0x` and the like.
    pub(super) prefix: &'static str,
    pub(super) digits: String,
}

/// The digits of a float in the form that a letter names; `precision` is what the format says.
pub(super) fn float(
    number: f64,
    kind: Option<char>,
    precision: Option<usize>,
    alternate: bool,
) -> Number {
    let size = number.abs();
    let decimals = precision.unwrap_or(6);
    let digits = match kind.map(|kind| kind.to_ascii_lowercase()) {
        _ if !size.is_finite() => text::float(size),
        Some('e') => exponent(size, decimals),
        Some('f') => fixed(size, decimals),
        Some('%') => fixed(size * 100.0, decimals),
        Some(_) => general(size, decimals.max(1), false, alternate),
        None => match precision {
            Some(precision) => general(size, precision.max(1), true, alternate),
            None => text::float(size),
        },
    };
    let digits = if alternate && size.is_finite() && !digits.contains('.') {
        let at = digits.find('e').unwrap_or(digits.len());
        format!("{}.{}", &digits[..at], &digits[at..])
    } else {
        digits
    };
    let digits = if kind == Some('%') { digits + "%" } else { digits };
    let upper = kind.is_some_and(|kind| kind.is_ascii_uppercase());
    let digits = if upper { digits.to_uppercase() } else { digits };
    Number { negative: number.is_sign_negative() && !number.is_nan(), prefix: "", digits }
}

fn fixed(number: f64, decimals: usize) -> String {
    let exact = decimals.min(EXACT);
    format!("{number:.exact$}") + &"0".repeat(decimals - exact)
}

/// A float as digits and the power of ten of the first.
fn scientific(number: f64, decimals: usize) -> (String, i32) {
    let exact = decimals.min(EXACT);
    let text = format!("{number:.exact$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    (format!("{digits}{}", "0".repeat(decimals - exact)), power.parse().unwrap_or(0))
}

fn with_power(digits: &str, power: i32) -> String {
    format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

fn exponent(number: f64, decimals: usize) -> String {
    let (digits, power) = scientific(number, decimals);
    with_power(&digits, power)
}

/// So many digits, with a power of ten only where it is needed; `dotted` never gives what looks like a whole number.
fn general(number: f64, precision: usize, dotted: bool, keeps_zeros: bool) -> String {
    let (digits, power) = scientific(number, precision - 1);
    let most = i32::try_from(precision).unwrap_or(i32::MAX);
    let trimmed = |text: &str| {
        let text = if text.contains('.') && !keeps_zeros {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            text
        };
        text.to_owned()
    };
    if power < -4 || power >= most - i32::from(dotted) {
        return with_power(&trimmed(&digits), power);
    }
    let decimals = usize::try_from(most - 1 - power).unwrap_or(0);
    let text = trimmed(&fixed(number, decimals));
    if dotted && !text.contains('.') { text + ".0" } else { text }
}

/// The digits of a whole number in the base that a letter names.
pub(super) fn whole(number: i128, kind: char, alternate: bool) -> Number {
    let size = number.unsigned_abs();
    let (prefix, digits) = match kind {
        'x' => ("0x", format!("{size:x}")),
        'X' => ("0X", format!("{size:X}")),
        'o' => ("0o", format!("{size:o}")),
        'b' => ("0b", format!("{size:b}")),
        _ => ("", size.to_string()),
    };
    Number { negative: number < 0, prefix: if alternate { prefix } else { "" }, digits }
}

/// The number with its sign, as wide as is wanted.
pub(super) fn laid_out(number: &Number, spec: &Spec) -> String {
    let plus = spec.sign.filter(|sign| *sign != '-').map(String::from).unwrap_or_default();
    let sign = if number.negative { "-".to_owned() } else { plus };
    let head = format!("{sign}{}", number.prefix);
    let zeros = spec.align == Some('=') && spec.fill == Some('0');
    let width = spec.width.saturating_sub(head.chars().count());
    let every = if matches!(spec.kind, Some('b' | 'o' | 'x' | 'X')) { 4 } else { 3 };
    let digits = match spec.grouping {
        Some(sign) => grouped(&number.digits, sign, every, if zeros { width } else { 0 }),
        None => number.digits.clone(),
    };
    if spec.align == Some('=') {
        let missing = width.saturating_sub(digits.chars().count());
        let fill: String = std::iter::repeat_n(spec.fill.unwrap_or(' '), missing).collect();
        return format!("{head}{fill}{digits}");
    }
    super::padded(&format!("{head}{digits}"), spec, '>')
}

/// The digits in groups, with zeros before them until they are as wide.
fn grouped(digits: &str, sign: char, every: usize, width: usize) -> String {
    let end = digits.find(['.', 'e', '%']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let mut out: Vec<char> = Vec::new();
    let mut reversed = whole.chars().rev();
    let mut count = 0;
    loop {
        let next = reversed.next().or_else(|| (out.len() + rest.len() < width).then_some('0'));
        let Some(digit) = next else { break };
        if count > 0 && count % every == 0 {
            out.push(sign);
        }
        out.push(digit);
        count += 1;
    }
    out.iter().rev().collect::<String>() + rest
}
