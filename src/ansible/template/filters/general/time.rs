//! Spans of time in words, such as `30min 1s`, as numbers of a unit.

use std::sync::Arc;

use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters::Filter,
    ops, text,
    tree::Binary,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "to_time_unit" => |_: &Arc<Env>, input, args| {
            let unit = args.text_or("unit", "ms")?;
            converted(input, &unit, args)
        },
        "to_milliseconds" => |_: &Arc<Env>, input, args| converted(input, "ms", args),
        "to_seconds" => |_: &Arc<Env>, input, args| converted(input, "s", args),
        "to_minutes" => |_: &Arc<Env>, input, args| converted(input, "m", args),
        "to_hours" => |_: &Arc<Env>, input, args| converted(input, "h", args),
        "to_days" => |_: &Arc<Env>, input, args| converted(input, "d", args),
        "to_weeks" => |_: &Arc<Env>, input, args| converted(input, "w", args),
        "to_months" => |_: &Arc<Env>, input, args| converted(input, "mo", args),
        "to_years" => |_: &Arc<Env>, input, args| converted(input, "y", args),
        _ => return None,
    })
}

/// How many days months and years have.
struct Days {
    month: Val,
    year: Val,
}

/// The short name of a unit, which may stand there in the plural.
fn short(unit: &str) -> &str {
    match unit.trim_end_matches('s') {
        "millisecond" | "msec" | "msecond" => "ms",
        "sec" | "second" => "s",
        "hour" => "h",
        "min" | "minute" => "m",
        "day" => "d",
        "week" => "w",
        "month" => "mo",
        "year" => "y",
        _ => unit,
    }
}

/// A unit's length in milliseconds.
fn length(unit: &str, days: &Days) -> Outcome<Option<Val>> {
    const DAY: i128 = 86_400_000;
    let of_days = |days: &Val| ops::binary(Binary::Multiply, &Val::Int(DAY), days);
    Ok(Some(match unit {
        "ms" => Val::Int(1),
        "s" => Val::Int(1_000),
        "m" => Val::Int(60_000),
        "h" => Val::Int(3_600_000),
        "d" => Val::Int(DAY),
        "w" => Val::Int(7 * DAY),
        "mo" => of_days(&days.month)?,
        "y" => of_days(&days.year)?,
        _ => return Ok(None),
    }))
}

fn uninterpretable(given: &str) -> Faulty {
    Fault::with_hint(
        format!("to_time_unit() can not interpret following string: {given}"),
        "write numbers with units: `1h 30min`",
    )
}

fn converted(input: &Val, unit: &str, args: &mut Args) -> Outcome {
    let given = text::str_of(input)?;
    if input.as_str() == Some("0") {
        return Ok(Val::Int(0));
    }
    let days = Days {
        month: args.take_named("month").unwrap_or(Val::Int(30)),
        year: args.take_named("year").unwrap_or(Val::Int(365)),
    };
    let unit_length = length(short(unit), &days)?.ok_or_else(|| {
        Fault::with_hint(
            format!("to_time_unit() can not convert to the following unit: {unit}"),
            "the units are ms, s, m, h, d, w, mo and y",
        )
    })?;
    let mut sum = Val::Int(0);
    for part in given.split_whitespace() {
        let digits = part.strip_prefix('-').unwrap_or(part);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number_end = part.len() - digits.len() + end;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let name = &part[number_end..];
        let name = &name[..name.find(|c| !word(c)).unwrap_or(name.len())];
        let number: i128 = part[..number_end].parse().map_err(|_| uninterpretable(&given))?;
        let length = length(short(name), &days)?.ok_or_else(|| uninterpretable(&given))?;
        let time = ops::binary(Binary::Multiply, &Val::Int(number), &length)?;
        sum = ops::binary(Binary::Add, &sum, &time)?;
    }
    match ops::binary(Binary::Divide, &sum, &unit_length)? {
        Val::Float(number) => Ok(Val::Float(rounded(number))),
        other => Ok(other),
    }
}

/// To twelve digits behind the point, as Python rounds.
fn rounded(number: f64) -> f64 {
    format!("{number:.12}").parse().unwrap_or(number)
}
