//! What a plain scalar means in YAML 1.1, exactly as PyYAML's safe loader has it.

use super::{Data, tags::Tag};

/// The value of an untagged plain scalar; `Err` says why it looks like a type that it cannot be.
pub(super) fn resolve(text: &str) -> Result<Data, String> {
    let first = text.as_bytes().first();
    let numeric = first.is_some_and(|byte| byte.is_ascii_digit() || b"-+.".contains(byte));
    if numeric {
        return match number_kind(text) {
            Some(tag) => tagged(text, tag),
            None => Ok(Data::Text(text.to_owned())),
        };
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Data::Null),
        "=" | "<<" => Err(format!("a lone `{text}` must be quoted")),
        _ => Ok(boolean(text).map_or_else(|| Data::Text(text.to_owned()), Data::Bool)),
    }
}

/// Whether an untagged plain scalar is text.
pub(super) fn is_text(text: &str) -> bool {
    let first = text.as_bytes().first();
    if first.is_some_and(|byte| byte.is_ascii_digit() || b"-+.".contains(byte)) {
        return number_kind(text).is_none();
    }
    matches!(resolve(text), Ok(Data::Text(_)))
}

/// Whether an untagged plain scalar is the merge key.
pub(super) fn is_merge(text: &str) -> bool {
    text == "<<"
}

/// The value of a scalar under a tag for a scalar.
pub(super) fn tagged(text: &str, tag: Tag) -> Result<Data, String> {
    let wrong = |what: &str| format!("`{text}` is not {what}");
    match tag {
        Tag::Null => Ok(Data::Null),
        Tag::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(Data::Bool(true)),
            "no" | "false" | "off" => Ok(Data::Bool(false)),
            _ => Err(wrong("a boolean")),
        },
        Tag::Int => integer(text).map(Data::Int).ok_or_else(|| wrong("an integer")),
        Tag::Float => decimal(text).map(Data::Float).ok_or_else(|| wrong("a number")),
        Tag::Timestamp => super::scalar::timestamp(text)
            .map(Data::Text)
            .ok_or_else(|| wrong("a date; quote it if it is text")),
        // As in Ansible, what looks like a number is one, even in quotation marks.
        Tag::Unsafe => match resolve(text)? {
            Data::Text(text) => Ok(Data::Unsafe(text)),
            data => Ok(data),
        },
        Tag::Vault => match resolve(text)? {
            Data::Text(text) => Ok(Data::Vault(text)),
            data => Err(format!("`!vault` wants text, not {}", data.kind())),
        },
        Tag::Plain | Tag::Unspecific | Tag::Text | Tag::Merge => Ok(Data::Text(text.to_owned())),
        Tag::List | Tag::Map | Tag::Set | Tag::Pairs => Err("the tag wants a list or map".into()),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Which of PyYAML's patterns a scalar that begins like a number matches, in PyYAML's order.
fn number_kind(text: &str) -> Option<Tag> {
    if is_float(text) {
        Some(Tag::Float)
    } else if is_integer(text) {
        Some(Tag::Int)
    } else if is_timestamp(text) {
        Some(Tag::Timestamp)
    } else {
        None
    }
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn digits(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// `:` and one or two digits below 60, at least once.
fn is_sexagesimal_tail(tail: &str) -> bool {
    let sixty = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    tail.strip_prefix(':').is_some_and(|tail| tail.split(':').all(sixty))
}

fn is_integer(text: &str) -> bool {
    let body = unsigned(text);
    if let Some(bits) = body.strip_prefix("0b") {
        return !bits.is_empty() && all(bits, |byte| b"01_".contains(&byte));
    }
    if let Some(hex) = body.strip_prefix("0x") {
        return !hex.is_empty() && all(hex, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    match body.as_bytes() {
        [b'0', rest @ ..] => rest.iter().all(|byte| b"01234567_".contains(byte)),
        [b'1'..=b'9', ..] => {
            let (head, tail) = body.split_at(body.find(':').unwrap_or(body.len()));
            all(head, digits) && (tail.is_empty() || is_sexagesimal_tail(tail))
        }
        _ => false,
    }
}

fn is_float(text: &str) -> bool {
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, rest)) = body.split_once('.') else { return false };
    if let Some(colon) = whole.find(':') {
        let head = &whole[..colon];
        return head.starts_with(|c: char| c.is_ascii_digit())
            && all(head, digits)
            && is_sexagesimal_tail(&whole[colon..])
            && all(rest, digits);
    }
    let (fraction, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let exponent_fits = exponent.is_empty()
        || exponent[1..]
            .strip_prefix(['-', '+'])
            .is_some_and(|power| !power.is_empty() && all(power, |byte| byte.is_ascii_digit()));
    let starts_with_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let whole_fits = if whole.is_empty() {
        text.starts_with('.') && starts_with_digit(fraction)
    } else {
        starts_with_digit(whole) && all(whole, digits)
    };
    whole_fits && all(fraction, digits) && exponent_fits
}

fn integer(text: &str) -> Option<i128> {
    let clean = text.replace('_', "");
    let negative = clean.starts_with('-');
    let body = unsigned(&clean);
    let magnitude = if let Some(bits) = body.strip_prefix("0b") {
        i128::from_str_radix(bits, 2).ok()?
    } else if let Some(hex) = body.strip_prefix("0x") {
        i128::from_str_radix(hex, 16).ok()?
    } else if body.len() > 1 && body.starts_with('0') {
        i128::from_str_radix(body, 8).ok()?
    } else {
        body.split(':').try_fold(0_i128, |sum, part| {
            sum.checked_mul(60)?.checked_add(part.parse::<i128>().ok()?)
        })?
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn decimal(text: &str) -> Option<f64> {
    let clean = text.replace('_', "").to_lowercase();
    let sign = if clean.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned(&clean) {
        ".inf" => Some(sign * f64::INFINITY),
        ".nan" => Some(f64::NAN),
        body => body
            .split(':')
            .try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))
            .map(|magnitude| sign * magnitude),
    }
}

fn is_timestamp(text: &str) -> bool {
    parts_of_timestamp(text).is_some()
}

/// A date or time as Python's `isoformat` writes it.
fn timestamp(text: &str) -> Option<String> {
    let parts = parts_of_timestamp(text)?;
    let [year, month, day] = parts.date;
    let narrow = |number: u32| i8::try_from(number).ok();
    let date =
        jiff::civil::Date::new(i16::try_from(year).ok()?, narrow(month)?, narrow(day)?).ok()?;
    let Some(Time { clock: [hour, minute, second], fraction, zone }) = parts.time else {
        return Some(date.to_string());
    };
    jiff::civil::Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    let micros = format!("{fraction:0<6.6}");
    let micros = if micros == "000000" { String::new() } else { format!(".{micros}") };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{micros}{}", zone.unwrap_or_default()))
}

struct Timestamp<'a> {
    date: [u32; 3],
    time: Option<Time<'a>>,
}

struct Time<'a> {
    clock: [u32; 3],
    fraction: &'a str,
    zone: Option<String>,
}

/// Takes a number of so many digits off the front.
fn take(text: &mut &str, widths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let length = text.bytes().take(*widths.end()).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(length);
    *text = rest;
    widths.contains(&length).then(|| number.parse().ok())?
}

fn skip(text: &mut &str, what: char) -> Option<()> {
    *text = text.strip_prefix(what)?;
    Some(())
}

fn parts_of_timestamp(text: &str) -> Option<Timestamp<'_>> {
    let mut rest = text;
    let year = take(&mut rest, 4..=4)?;
    skip(&mut rest, '-')?;
    let short_from = rest;
    let month = take(&mut rest, 1..=2)?;
    skip(&mut rest, '-')?;
    let day = take(&mut rest, 1..=2)?;
    let date = [year, month, day];
    if rest.is_empty() {
        // Without a time, month and day have two digits.
        return (short_from.len() == 5).then_some(Timestamp { date, time: None });
    }
    rest = match rest.strip_prefix(['T', 't']) {
        Some(time) => time,
        None => rest.strip_prefix([' ', '\t'])?.trim_start_matches([' ', '\t']),
    };
    let hour = take(&mut rest, 1..=2)?;
    skip(&mut rest, ':')?;
    let minute = take(&mut rest, 2..=2)?;
    skip(&mut rest, ':')?;
    let second = take(&mut rest, 2..=2)?;
    let fraction = rest.strip_prefix('.').unwrap_or("");
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if rest.starts_with('.') {
        rest = &rest[1 + length..];
    }
    let zone = zone(rest.trim_start_matches([' ', '\t']))?;
    let time = Time { clock: [hour, minute, second], fraction: &fraction[..length], zone };
    Some(Timestamp { date, time: Some(time) })
}

#[expect(clippy::option_option, reason = "no zone is valid, a wrong zone is not")]
fn zone(text: &str) -> Option<Option<String>> {
    match text {
        "" => return Some(None),
        "Z" => return Some(Some("+00:00".into())),
        _ => {}
    }
    let mut rest = text.strip_prefix(['+', '-'])?;
    let hours = take(&mut rest, 1..=2)?;
    let minutes = match rest.strip_prefix(':') {
        Some(after) => {
            rest = after;
            take(&mut rest, 2..=2)?
        }
        None => 0,
    };
    rest.is_empty().then(|| Some(format!("{}{hours:02}:{minutes:02}", &text[..1])))
}
