//! Python's `date`, `datetime` and `timedelta`, as YAML, `to_datetime` and `now()` give them.

use std::cmp::Ordering;

use jiff::{SignedDuration, civil::DateTime};

use super::{
    call::Args,
    fault::{Fault, Outcome},
    objects::Object,
    tree::Binary,
    value::Val,
};
pub(super) use crate::ansible::yaml::Moment;
use crate::ansible::yaml::{MomentKind as Kind, offset};

const DAY: i64 = 86_400;

const OF_DATES: &[&str] =
    &["ctime", "isoformat", "isoweekday", "replace", "strftime", "toordinal", "weekday"];
const OF_TIMES: &[&str] = &[
    "ctime",
    "date",
    "isoformat",
    "isoweekday",
    "replace",
    "strftime",
    "timestamp",
    "toordinal",
    "tzname",
    "utcoffset",
    "weekday",
];

/// The time between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(SignedDuration);

impl Moment {
    /// Without a zone.
    pub(super) fn local(at: DateTime) -> Self {
        Self { at, kind: Kind::Local }
    }

    pub(super) fn value(self) -> Val {
        Val::Object(Object::Moment(self).into())
    }

    pub(super) fn text(self) -> String {
        self.iso(" ")
    }

    pub(super) fn type_name(self) -> &'static str {
        if self.kind == Kind::Date { "date" } else { "datetime" }
    }

    pub(super) fn repr(self) -> String {
        let (date, time) = (self.at.date(), self.at.time());
        let mut parts: Vec<i128> = vec![date.year().into(), date.month().into(), date.day().into()];
        if self.kind != Kind::Date {
            parts.extend([time.hour(), time.minute(), time.second()].map(i128::from));
            parts.push((time.subsec_nanosecond() / 1000).into());
        }
        // Seconds and their parts are left out if they are zero.
        while parts.len() > 5 && parts.last() == Some(&0) {
            parts.pop();
        }
        let mut parts: Vec<String> = parts.iter().map(i128::to_string).collect();
        match self.kind {
            Kind::East(0) => parts.push("tzinfo=datetime.timezone.utc".into()),
            Kind::East(minutes) => {
                let east = Span::east(minutes).repr();
                parts.push(format!("tzinfo=datetime.timezone({east})"));
            }
            Kind::Date | Kind::Local => {}
        }
        format!("datetime.{}({})", self.type_name(), parts.join(", "))
    }

    pub(super) fn get(self, name: &str) -> Option<Val> {
        let time = self.at;
        let number = match name {
            "year" => time.year().into(),
            "month" => time.month().into(),
            "day" => time.day().into(),
            _ if self.kind == Kind::Date => return None,
            "hour" => time.hour().into(),
            "minute" => time.minute().into(),
            "second" => time.second().into(),
            "microsecond" => i128::from(time.subsec_nanosecond() / 1000),
            "fold" => 0,
            "tzinfo" if self.kind == Kind::Local => return Some(Val::None),
            _ => return None,
        };
        Some(Val::Int(number))
    }

    /// The methods that Python has for it.
    pub(super) fn methods(self) -> &'static [&'static str] {
        if self.kind == Kind::Date { OF_DATES } else { OF_TIMES }
    }

    pub(super) fn method(self, name: &str, args: &mut Args) -> Option<Outcome> {
        let day = i128::from(self.at.weekday().to_monday_zero_offset());
        if !self.methods().contains(&name) {
            return None;
        }
        Some(match name {
            "strftime" => args.text("format").and_then(|format| self.formatted(&format)),
            "isoformat" if self.kind == Kind::Date => Ok(Val::str(self.iso(""))),
            "isoformat" => args.text_or("sep", "T").and_then(|between| {
                if between.chars().count() != 1 {
                    return Err(Fault::new("isoformat() argument 1 must be one character"));
                }
                Ok(Val::str(self.iso(&between)))
            }),
            "ctime" => self.formatted("%a %b %e %H:%M:%S %Y"),
            "weekday" => Ok(Val::Int(day)),
            "isoweekday" => Ok(Val::Int(day + 1)),
            "toordinal" => Ok(Val::Int(self.ordinal())),
            "replace" => self.replaced(args),
            "date" => Ok(Self { kind: Kind::Date, at: self.at.date().at(0, 0, 0, 0) }.value()),
            "utcoffset" => Ok(match self.kind {
                Kind::East(minutes) => Span::east(minutes).value(),
                _ => Val::None,
            }),
            "tzname" => Ok(match self.kind {
                Kind::East(minutes) => Val::str(zone_name(minutes)),
                _ => Val::None,
            }),
            "timestamp" => self.since_1970(),
            _ => return None,
        })
    }

    /// Days since the first of the year 1, which is 1.
    fn ordinal(self) -> i128 {
        let first = jiff::civil::date(1, 1, 1);
        let since = self.at.date().duration_since(first).as_secs() / DAY;
        i128::from(since) + 1
    }

    fn replaced(self, args: &mut Args) -> Outcome {
        let mut part = |name: &str, now: i32| -> Outcome<i32> {
            i32::try_from(args.number(name, now.into())?)
                .map_err(|_| Fault::new(format!("{name} is out of range")))
        };
        let (date, time) = (self.at.date(), self.at.time());
        let year = part("year", date.year().into())?;
        let mut small = vec![part("month", date.month().into())?, part("day", date.day().into())?];
        let mut micros = time.subsec_nanosecond() / 1000;
        if self.kind != Kind::Date {
            let parts =
                [("hour", time.hour()), ("minute", time.minute()), ("second", time.second())];
            for (name, now) in parts {
                small.push(part(name, now.into())?);
            }
            micros = part("microsecond", micros)?;
        }
        let wrong = |name: &str| Fault::new(format!("{name} is out of range"));
        let year =
            i16::try_from(year).ok().filter(|year| *year > 0).ok_or_else(|| wrong("year"))?;
        let small: Vec<i8> =
            small.into_iter().map(|part| i8::try_from(part).unwrap_or(-1)).collect();
        let at = |place: usize| small.get(place).copied().unwrap_or(0);
        let date = jiff::civil::Date::new(year, at(0), at(1)).map_err(|_| wrong("day"))?;
        let nanos = micros.checked_mul(1000).ok_or_else(|| wrong("microsecond"))?;
        let time = jiff::civil::Time::new(at(2), at(3), at(4), nanos).map_err(|_| wrong("time"))?;
        Ok(Self { at: date.to_datetime(time), ..self }.value())
    }

    fn since_1970(self) -> Outcome {
        let zone = match self.kind {
            Kind::East(_) => jiff::tz::TimeZone::UTC,
            Kind::Date | Kind::Local => jiff::tz::TimeZone::system(),
        };
        let (_, at) = self.instant();
        let zoned = at.to_zoned(zone).map_err(|error| Fault::new(error.to_string()))?;
        Ok(Val::Float(zoned.timestamp().as_duration().as_secs_f64()))
    }

    /// In the form that a text of `%` letters asks for.
    pub(super) fn formatted(self, format: &str) -> Outcome {
        let format = self.with_its_zone(format);
        let text = jiff::fmt::strtime::format(&format, self.at);
        text.map(Val::str).map_err(|error| Fault::new(format!("strftime {format:?}: {error}")))
    }

    /// The form with the letters for the zone replaced: a moment that has none is written without.
    fn with_its_zone(self, format: &str) -> String {
        let mut out = String::new();
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            let letter = if c == '%' { rest.next() } else { None };
            match (letter, self.kind) {
                (Some('z'), Kind::East(minutes)) => out.push_str(&offset(minutes, "")),
                (Some('Z'), Kind::East(minutes)) => out.push_str(&zone_name(minutes)),
                (Some('z' | 'Z'), _) => {}
                (letter, _) => {
                    out.push(c);
                    out.extend(letter);
                }
            }
        }
        out
    }

    /// This much later.
    fn later(self, by: SignedDuration) -> Outcome {
        // A date looks at whole days only.
        let by = match self.kind {
            Kind::Date => SignedDuration::from_secs(Span(by).parts().0.saturating_mul(DAY)),
            Kind::Local | Kind::East(_) => by,
        };
        let far = |_| Fault::new("date value out of range");
        self.at.checked_add(by).map_err(far).map(|at| Self { at, ..self }.value())
    }

    /// The time since another moment, if Python can compare the two.
    fn since(self, other: Self) -> Option<Span> {
        let ((rank, at), (its, before)) = (self.instant(), other.instant());
        (rank == its).then(|| Span(at.duration_since(before)))
    }
}

fn zone_name(minutes: i32) -> String {
    if minutes == 0 { "UTC".into() } else { format!("UTC{}", offset(minutes, ":")) }
}

impl Span {
    fn east(minutes: i32) -> Self {
        Self(SignedDuration::from_mins(minutes.into()))
    }

    fn value(self) -> Val {
        Val::Object(Object::Span(self).into())
    }

    pub(super) fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whole days towards the past, and what is left of the last one in nanoseconds.
    fn parts(self) -> (i64, i128) {
        let nanos = self.0.as_nanos();
        let day = i128::from(DAY) * 1_000_000_000;
        let days = i64::try_from(nanos.div_euclid(day)).unwrap_or(i64::MAX);
        (days, nanos.rem_euclid(day))
    }

    pub(super) fn get(self, name: &str) -> Option<Val> {
        let (days, rest) = self.parts();
        Some(Val::Int(match name {
            "days" => days.into(),
            "seconds" => rest / 1_000_000_000,
            "microseconds" => rest % 1_000_000_000 / 1000,
            _ => return None,
        }))
    }

    pub(super) fn repr(self) -> String {
        let (days, rest) = self.parts();
        let (seconds, micros) = (rest / 1_000_000_000, rest % 1_000_000_000 / 1000);
        let parts = [("days", days.into()), ("seconds", seconds), ("microseconds", micros)];
        let parts = parts.iter().filter(|(_, number)| *number != 0);
        let parts: Vec<String> = parts.map(|(name, number)| format!("{name}={number}")).collect();
        let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
        format!("datetime.timedelta({parts})")
    }

    pub(super) fn total_seconds(self) -> Val {
        Val::Float(self.0.as_secs_f64())
    }

    pub(super) fn text(self) -> String {
        let (days, rest) = self.parts();
        let (seconds, micros) = (rest / 1_000_000_000, rest % 1_000_000_000 / 1000);
        let days = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            days => format!("{days} days, "),
        };
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
        format!("{days}{hours}:{minutes:02}:{seconds:02}{fraction}")
    }
}

/// Sums and differences; `None` if the operator is not for these objects.
pub(super) fn binary(op: Binary, left: &Val, right: &Val) -> Option<Outcome> {
    let (Val::Object(left), Val::Object(right)) = (left, right) else { return None };
    Some(match (op, left.as_ref(), right.as_ref()) {
        (Binary::Subtract, Object::Moment(one), Object::Moment(other)) => {
            Ok(one.since(*other)?.value())
        }
        (Binary::Subtract, Object::Moment(one), Object::Span(span)) => {
            // A date takes off the whole days of the span, which are fewer than those of its opposite.
            match one.kind {
                Kind::Date => {
                    one.later(-SignedDuration::from_secs(span.parts().0.saturating_mul(DAY)))
                }
                Kind::Local | Kind::East(_) => one.later(-span.0),
            }
        }
        (Binary::Add, Object::Moment(one), Object::Span(span))
        | (Binary::Add, Object::Span(span), Object::Moment(one)) => one.later(span.0),
        (Binary::Add, Object::Span(one), Object::Span(other)) => {
            Ok(Span(one.0.saturating_add(other.0)).value())
        }
        (Binary::Subtract, Object::Span(one), Object::Span(other)) => {
            Ok(Span(one.0.saturating_sub(other.0)).value())
        }
        _ => return None,
    })
}

/// Whether two objects are one key of a dict.
pub(super) fn are_one(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::Moment(one), Object::Moment(other)) => one.instant() == other.instant(),
        _ => order(one, other) == Some(Ordering::Equal),
    }
}

/// How two objects compare, if they do.
pub(super) fn order(one: &Object, other: &Object) -> Option<Ordering> {
    match (one, other) {
        (Object::Moment(one), Object::Moment(other)) => {
            // Python takes a moment for a date, too, where a date is asked about it; not the other way round.
            if one.kind == Kind::Date {
                return Some(one.at.date().cmp(&other.at.date()));
            }
            let ((rank, at), (its, other)) = (one.instant(), other.instant());
            (rank == its).then(|| at.cmp(&other))
        }
        (Object::Span(one), Object::Span(other)) => Some(one.0.cmp(&other.0)),
        _ => None,
    }
}
