//! What a plain scalar means in YAML 1.1, exactly as PyYAML's safe loader has it.

use super::{Data, tags::Tag, timestamp};

/// The value of an untagged plain scalar; `Err` says why it looks like a type that it cannot be.
pub(super) fn resolve(text: &str) -> Result<Data, String> {
    // Python's patterns do not see a last line break.
    let line = text.strip_suffix('\n').unwrap_or(text);
    if begins_like_number(line) {
        return match number_kind(line) {
            Some(tag) => tagged(text, tag),
            None => Ok(Data::Text(text.to_owned())),
        };
    }
    match line {
        "" if !text.is_empty() => Ok(Data::Text(text.to_owned())),
        "" | "~" | "null" | "Null" | "NULL" => Ok(Data::Null),
        "=" | "<<" => Err(format!("a lone `{line}` must be quoted")),
        _ if is_boolean(line) => tagged(text, Tag::Bool),
        _ => Ok(Data::Text(text.to_owned())),
    }
}

fn begins_like_number(text: &str) -> bool {
    text.as_bytes().first().is_some_and(|byte| byte.is_ascii_digit() || b"-+.".contains(byte))
}

/// Whether an untagged plain scalar is text.
pub(super) fn is_text(text: &str) -> bool {
    if begins_like_number(text) {
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
        Tag::Int => integer(text)
            .map(Data::Int)
            .ok_or_else(|| wrong("an integer of at most 128 bits; quote it if it is text")),
        Tag::Float => decimal(text).map(Data::Float).ok_or_else(|| wrong("a number")),
        Tag::Timestamp => timestamp::moment(text.strip_suffix('\n').unwrap_or(text))
            .map(Data::Moment)
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
        Tag::Plain | Tag::Unspecific | Tag::Text => Ok(Data::Text(text.to_owned())),
        Tag::Merge => Err("only a key merges".into()),
        Tag::List | Tag::Map | Tag::Set | Tag::Pairs => Err("the tag wants a list or map".into()),
    }
}

fn is_boolean(text: &str) -> bool {
    matches!(
        text,
        "yes"
            | "Yes"
            | "YES"
            | "true"
            | "True"
            | "TRUE"
            | "on"
            | "On"
            | "ON"
            | "no"
            | "No"
            | "NO"
            | "false"
            | "False"
            | "FALSE"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// Which of PyYAML's patterns a scalar that begins like a number matches, in PyYAML's order.
fn number_kind(text: &str) -> Option<Tag> {
    if is_float(text) {
        Some(Tag::Float)
    } else if is_integer(text) {
        Some(Tag::Int)
    } else if timestamp::is_plain(text) {
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
    let (negative, body) = (clean.starts_with('-'), unsigned(&clean));
    let magnitude = if body == "0" {
        0
    } else if let Some(bits) = body.strip_prefix("0b") {
        python_integer(bits, 2, "0b")?
    } else if let Some(hex) = body.strip_prefix("0x") {
        python_integer(hex, 16, "0x")?
    } else if body.starts_with('0') {
        python_integer(body, 8, "0o")?
    } else {
        body.split(':').try_fold(0_i128, |sum, part| {
            sum.checked_mul(60)?.checked_add(python_integer(part, 10, "")?)
        })?
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// A number as Python's `int` reads it: white space around it, a sign and the prefix of its base may be there.
fn python_integer(text: &str, base: u32, prefix: &str) -> Option<i128> {
    let text = text.trim();
    let body = unsigned(text);
    let digits = body.get(..2).filter(|start| start.eq_ignore_ascii_case(prefix));
    let digits = digits.map_or(body, |_| &body[2..]);
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, base).ok()?;
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

fn decimal(text: &str) -> Option<f64> {
    let clean = text.replace('_', "").to_lowercase();
    let sign = if clean.starts_with('-') { -1.0 } else { 1.0 };
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let magnitude = match unsigned(&clean) {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        // In PyYAML's order, on which the last digit depends.
        body if body.contains(':') => {
            let mut base = 1.0;
            let mut sum = 0.0;
            for part in body.rsplit(':') {
                sum += number(part)? * base;
                base *= 60.0;
            }
            sum
        }
        body => number(body)?,
    };
    Some(sign * magnitude)
}
