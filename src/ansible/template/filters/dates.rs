//! Filters and functions on time.

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "strftime" => strftime,
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

fn strftime(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let format = text::str_of(input)?;
    let time = match args.take("second") {
        None | Some(Val::None) => Timestamp::now(),
        Some(second) => {
            let wrong = || Fault::new("Invalid value for epoch value");
            let seconds = super::numbers::number(&second);
            let seconds =
                seconds.or_else(|| text::parse_float(second.as_str()?)).ok_or_else(wrong)?;
            Timestamp::from_second(0)
                .and_then(|start| start.checked_add(jiff::SignedDuration::from_secs_f64(seconds)))
                .map_err(|_| wrong())?
        }
    };
    let utc = args.flag("utc", false)?;
    formatted(&time.to_zoned(zone(utc)), &format)
}

/// The function `now()`.
pub(in crate::ansible::template) fn now(args: &mut Args) -> Outcome {
    let utc = args.flag("utc", false)?;
    let format = args.text_or("fmt", "%Y-%m-%d %H:%M:%S.%6f")?;
    formatted(&Timestamp::now().to_zoned(zone(utc)), &format)
}
