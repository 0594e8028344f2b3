//! Dates and times as PyYAML reads them and as Python's `isoformat` writes them.

/// Whether a plain scalar is one.
pub(super) fn is_plain(text: &str) -> bool {
    // Without a time, month and day have two digits.
    parts(text).is_some_and(|parts| parts.time.is_some() || text.len() == "2001-01-01".len())
}

/// A date or time as text; `None` if the calendar has none such.
pub(super) fn text(text: &str) -> Option<String> {
    let Timestamp { date: [year, month, day], time } = parts(text)?;
    let narrow = |number: u32| i8::try_from(number).ok();
    // Python's calendar begins with the year 1.
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    let date = jiff::civil::Date::new(year, narrow(month)?, narrow(day)?).ok()?;
    let Some(Time { clock: [hour, minute, second], fraction, zone }) = time else {
        return Some(date.to_string());
    };
    jiff::civil::Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    let micros = format!("{fraction:0<6.6}");
    let micros = if micros == "000000" { String::new() } else { format!(".{micros}") };
    let zone = zone.map_or(Some(String::new()), offset)?;
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{micros}{zone}"))
}

/// Minutes east of Greenwich as Python writes them; it knows less than a day.
fn offset(minutes: i32) -> Option<String> {
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.abs();
    (size < 24 * 60).then(|| format!("{sign}{:02}:{:02}", size / 60, size % 60))
}

struct Timestamp<'a> {
    date: [u32; 3],
    time: Option<Time<'a>>,
}

struct Time<'a> {
    clock: [u32; 3],
    fraction: &'a str,
    /// Minutes east of Greenwich.
    zone: Option<i32>,
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

fn parts(text: &str) -> Option<Timestamp<'_>> {
    let mut rest = text;
    let year = take(&mut rest, 4..=4)?;
    skip(&mut rest, '-')?;
    let month = take(&mut rest, 1..=2)?;
    skip(&mut rest, '-')?;
    let day = take(&mut rest, 1..=2)?;
    let date = [year, month, day];
    if rest.is_empty() {
        return Some(Timestamp { date, time: None });
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
fn zone(text: &str) -> Option<Option<i32>> {
    match text {
        "" => return Some(None),
        "Z" => return Some(Some(0)),
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
    let size = i32::try_from(hours * 60 + minutes).ok().filter(|_| rest.is_empty())?;
    Some(Some(if text.starts_with('-') { -size } else { size }))
}
