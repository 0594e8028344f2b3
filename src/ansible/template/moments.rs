//! Python's `datetime` without a zone and `timedelta`, as `to_datetime` and `now()` give them.

use std::cmp::Ordering;

use jiff::{SignedDuration, civil::DateTime};

use super::{
    call::Args,
    fault::{Fault, Outcome},
    objects::Object,
    tree::Binary,
    value::Val,
};

const DAY: i64 = 86_400;

/// A date with a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) DateTime);

/// The time between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(SignedDuration);

impl Moment {
    pub(super) fn value(self) -> Val {
        Val::Object(Object::Moment(self).into())
    }

    /// The ISO form with this between date and time.
    pub(super) fn iso(self, between: &str) -> String {
        let form = if self.0.subsec_nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S.%6f" };
        self.0.strftime(&format!("%Y-%m-%d{between}{form}")).to_string()
    }

    pub(super) fn text(self) -> String {
        self.iso(" ")
    }

    pub(super) fn repr(self) -> String {
        let (date, time) = (self.0.date(), self.0.time());
        let mut parts: Vec<i128> = vec![
            date.year().into(),
            date.month().into(),
            date.day().into(),
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            (time.subsec_nanosecond() / 1000).into(),
        ];
        // Seconds and their parts are left out if they are zero.
        while parts.len() > 5 && parts.last() == Some(&0) {
            parts.pop();
        }
        let parts: Vec<String> = parts.iter().map(i128::to_string).collect();
        format!("datetime.datetime({})", parts.join(", "))
    }

    pub(super) fn get(self, name: &str) -> Option<Val> {
        let time = self.0;
        let number = match name {
            "year" => time.year().into(),
            "month" => time.month().into(),
            "day" => time.day().into(),
            "hour" => time.hour().into(),
            "minute" => time.minute().into(),
            "second" => time.second().into(),
            "microsecond" => i128::from(time.subsec_nanosecond() / 1000),
            _ => return None,
        };
        Some(Val::Int(number))
    }

    pub(super) fn method(self, name: &str, args: &mut Args) -> Option<Outcome> {
        let day = i128::from(self.0.weekday().to_monday_zero_offset());
        Some(match name {
            "strftime" => args.text("format").and_then(|format| formatted(self.0, &format)),
            "isoformat" => args.text_or("sep", "T").map(|between| Val::str(self.iso(&between))),
            "weekday" => Ok(Val::Int(day)),
            "isoweekday" => Ok(Val::Int(day + 1)),
            "timestamp" => {
                let zoned = self.0.to_zoned(jiff::tz::TimeZone::system());
                zoned
                    .map_err(|error| Fault::new(error.to_string()))
                    .map(|zoned| Val::Float(zoned.timestamp().as_duration().as_secs_f64()))
            }
            _ => return None,
        })
    }
}

/// A time in the form that a text of `%` letters asks for.
pub(super) fn formatted(time: DateTime, format: &str) -> Outcome {
    let text = jiff::fmt::strtime::format(format, time);
    text.map(Val::str).map_err(|error| Fault::new(format!("strftime {format:?}: {error}")))
}

impl Span {
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
    let far = |_| Fault::new("date value out of range");
    Some(match (op, left.as_ref(), right.as_ref()) {
        (Binary::Subtract, Object::Moment(one), Object::Moment(other)) => {
            Ok(Span(one.0.duration_since(other.0)).value())
        }
        (Binary::Subtract, Object::Moment(one), Object::Span(span)) => {
            one.0.checked_sub(span.0).map_err(far).map(|found| Moment(found).value())
        }
        (Binary::Add, Object::Moment(one), Object::Span(span))
        | (Binary::Add, Object::Span(span), Object::Moment(one)) => {
            one.0.checked_add(span.0).map_err(far).map(|found| Moment(found).value())
        }
        (Binary::Add, Object::Span(one), Object::Span(other)) => {
            Ok(Span(one.0.saturating_add(other.0)).value())
        }
        (Binary::Subtract, Object::Span(one), Object::Span(other)) => {
            Ok(Span(one.0.saturating_sub(other.0)).value())
        }
        _ => return None,
    })
}

/// How two objects compare, if they do.
pub(super) fn order(one: &Object, other: &Object) -> Option<Ordering> {
    match (one, other) {
        (Object::Moment(one), Object::Moment(other)) => Some(one.0.cmp(&other.0)),
        (Object::Span(one), Object::Span(other)) => Some(one.0.cmp(&other.0)),
        _ => None,
    }
}
