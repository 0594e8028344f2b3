//! Filters and functions on time.

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    moments::Moment,
    sameness, text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "strftime" => strftime,
        "to_datetime" => to_datetime,
        _ => return None,
    })
}

fn formatted(time: &Zoned, format: &str) -> Outcome {
    let text = jiff::fmt::strtime::format(format, time);
    text.map(Val::str).map_err(|error| Fault::new(format!("strftime {format:?}: {error}")))
}

fn zone(utc: bool) -> TimeZone {
    if utc { TimeZone::UTC } else { TimeZone::system() }
}

fn present() -> Timestamp {
    sameness::lost();
    Timestamp::now()
}

fn strftime(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Val::Str(format) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("strftime() argument 1 must be str, not {kind}")));
    };
    let time = match args.take("second") {
        None | Some(Val::None) => present(),
        Some(second) => {
            let wrong = || Fault::new("Invalid value for epoch value");
            let seconds = super::numbers::number(&second);
            let seconds =
                seconds.or_else(|| text::parse_float(second.as_str()?)).ok_or_else(wrong)?;
            jiff::SignedDuration::try_from_secs_f64(seconds)
                .and_then(|since| Timestamp::from_second(0)?.checked_add(since))
                .map_err(|_| wrong())?
        }
    };
    let utc = args.flag("utc", false)?;
    formatted(&time.to_zoned(zone(utc)), format)
}

/// Reads a date as Python's `strptime` does.
fn to_datetime(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Val::Str(value) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("strptime() argument 1 must be str, not {kind}")));
    };
    let format = args.text_or("format", "%Y-%m-%d %H:%M:%S")?;
    let wrong = |error: jiff::Error| {
        Fault::new(format!("time data '{value}' does not match format '{format}': {error}"))
    };
    let parts = jiff::fmt::strtime::parse(&format, &**value).map_err(wrong)?;
    let date = match (parts.year(), parts.month(), parts.day()) {
        // Python begins in 1900 where the format has no date.
        (None, None, None) => jiff::civil::date(1900, 1, 1),
        (Some(year), None, None) => jiff::civil::date(year, 1, 1),
        (Some(year), Some(month), None) => jiff::civil::Date::new(year, month, 1).map_err(wrong)?,
        _ => parts.to_date().map_err(wrong)?,
    };
    let time = parts.to_time().unwrap_or_else(|_| jiff::civil::Time::midnight());
    Ok(Moment::local(date.to_datetime(time)).value())
}

/// The function `now()`.
pub(in crate::ansible::template) fn now(args: &mut Args) -> Outcome {
    let utc = args.flag("utc", false)?;
    let format = args.text_or("fmt", "")?;
    let now = present().to_zoned(zone(utc));
    if format.is_empty() {
        Ok(Moment::local(now.datetime()).value())
    } else {
        formatted(&now, &format)
    }
}
