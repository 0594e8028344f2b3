//! Dates and times as PyYAML reads them and as Python's `isoformat` writes them.

use std::fmt;

use jiff::{SignedDuration, civil::DateTime};

/// Whether a plain scalar is one.
pub(super) fn is_plain(text: &str) -> bool {
    // Without a time, month and day have two digits.
    parts(text).is_some_and(|parts| parts.time.is_some() || text.len() == "2001-01-01".len())
}

/// A date, or a date with a time, as Python's `datetime` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub(in crate::ansible) at: DateTime,
    pub(in crate::ansible) kind: Kind,
}

/// What Python knows of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ansible) enum Kind {
    /// Only the day.
    Date,
    /// Day and time, wherever that is.
    Local,
    /// Day and time, so many minutes east of Greenwich.
    East(i32),
}

impl Moment {
    /// What two moments have in common if they are equal, and by which those of the same rank are ordered.
    pub(in crate::ansible) fn instant(self) -> (u8, DateTime) {
        match self.kind {
            Kind::Date => (0, self.at),
            Kind::Local => (1, self.at),
            Kind::East(minutes) => {
                (2, self.at.saturating_sub(SignedDuration::from_mins(minutes.into())))
            }
        }
    }

    /// The ISO form with this between date and time.
    pub(in crate::ansible) fn iso(self, between: &str) -> String {
        let date = self.at.date();
        if self.kind == Kind::Date {
            return date.to_string();
        }
        let form = if self.at.subsec_nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S.%6f" };
        let zone = match self.kind {
            Kind::East(minutes) => offset(minutes, ":"),
            _ => String::new(),
        };
        format!("{date}{between}{}{zone}", self.at.strftime(form))
    }
}

/// As JSON has it.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso("T"))
    }
}

/// The date or time that a scalar is; `None` if the calendar has none such.
pub(in crate::ansible) fn moment(text: &str) -> Option<Moment> {
    let Timestamp { date: [year, month, day], time } = parts(text)?;
    let narrow = |number: u32| i8::try_from(number).ok();
    // Python's calendar begins with the year 1.
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    let date = jiff::civil::Date::new(year, narrow(month)?, narrow(day)?).ok()?;
    let Some(Time { clock: [hour, minute, second], fraction, zone }) = time else {
        return Some(Moment { at: date.at(0, 0, 0, 0), kind: Kind::Date });
    };
    let micros: i32 = format!("{fraction:0<6.6}").parse().ok()?;
    let (hour, minute, second) = (narrow(hour)?, narrow(minute)?, narrow(second)?);
    let time = jiff::civil::Time::new(hour, minute, second, micros * 1000).ok()?;
    let kind = match zone {
        None => Kind::Local,
        // Python knows less than a day.
        Some(minutes) if minutes.abs() < 24 * 60 => Kind::East(minutes),
        Some(_) => return None,
    };
    Some(Moment { at: date.to_datetime(time), kind })
}

/// Minutes east of Greenwich as Python writes them.
pub(in crate::ansible) fn offset(minutes: i32, between: &str) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.abs();
    format!("{sign}{:02}{between}{:02}", size / 60, size % 60)
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
