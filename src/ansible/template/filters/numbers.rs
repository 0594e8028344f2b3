//! Filters on numbers.

use std::sync::Arc;

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
        "int" => int,
        "float" => float,
        "abs" => abs,
        "round" => round,
        "log" => log,
        "pow" => pow,
        "root" => root,
        "human_readable" => human_readable,
        "human_to_bytes" => human_to_bytes,
        "filesizeformat" => filesizeformat,
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "Python's int() cuts the fraction off too")]
fn int(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let default = args.take("default").unwrap_or(Val::Int(0));
    let base = u32::try_from(args.size("base", 10)?).unwrap_or(10);
    Ok(match input {
        Val::Int(number) => Val::Int(*number),
        Val::Bool(value) => Val::Int(i128::from(*value)),
        Val::Float(number) if number.is_finite() => Val::Int(*number as i128),
        Val::Str(found) => match text::parse_int(found, base) {
            Some(number) => Val::Int(number),
            None => text::parse_float(found)
                .filter(|number| number.is_finite())
                .map_or(default, |number| Val::Int(number as i128)),
        },
        _ => default,
    })
}

#[expect(clippy::cast_precision_loss, reason = "as Python does")]
pub(super) fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(number) => Some(*number as f64),
        Val::Bool(value) => Some(f64::from(u8::from(*value))),
        Val::Float(number) => Some(*number),
        _ => None,
    }
}

fn float(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let default = args.take("default").unwrap_or(Val::Float(0.0));
    let found = number(input).or_else(|| text::parse_float(input.as_str()?));
    Ok(found.map_or(default, Val::Float))
}

fn required(input: &Val, filter: &str) -> Outcome<f64> {
    number(input).ok_or_else(|| Fault::new(format!("{filter}() can only be used on numbers")))
}

fn abs(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    match input {
        Val::Int(number) => Ok(Val::Int(number.saturating_abs())),
        Val::Bool(value) => Ok(Val::Int(i128::from(*value))),
        other => Ok(Val::Float(required(other, "abs")?.abs())),
    }
}

fn round(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let precision = args.int("precision")?.unwrap_or(0);
    let method = args.text_or("method", "common")?;
    if let (Val::Int(_) | Val::Bool(_), "common") = (input, &*method) {
        let number =
            if let Val::Int(number) = input { *number } else { i128::from(input.truth()?) };
        return Ok(Val::Int(rounded(number, precision)));
    }
    let value = required(input, "round")?;
    let scale = 10_f64.powi(i32::try_from(precision).unwrap_or(0));
    let scaled = value * scale;
    Ok(Val::Float(match &*method {
        "ceil" => scaled.ceil() / scale,
        "floor" => scaled.floor() / scale,
        _ => scaled.round_ties_even() / scale,
    }))
}

/// A whole number rounded to tens, hundreds … for a precision below zero, halves to the even one.
fn rounded(number: i128, precision: i128) -> i128 {
    let tens = u32::try_from(-precision).ok().filter(|tens| *tens > 0);
    let Some(unit) = tens.map(|tens| 10_i128.checked_pow(tens)) else { return number };
    let Some(unit) = unit else { return 0 };
    let (low, rest) = (number.div_euclid(unit), number.rem_euclid(unit));
    let up = rest * 2 > unit || (rest * 2 == unit && low % 2 != 0);
    (low + i128::from(up)) * unit
}

fn log(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = required(input, "log")?;
    let base = args.take("base").map_or(Ok(std::f64::consts::E), |base| required(&base, "log"))?;
    let exact = (base - 10.0).abs() < f64::EPSILON;
    Ok(Val::Float(if exact { value.log10() } else { value.ln() / base.ln() }))
}

fn pow(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let power = required(&args.required("y")?, "pow")?;
    Ok(Val::Float(required(input, "pow")?.powf(power)))
}

fn root(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let base = args.take("base").map_or(Ok(2.0), |base| required(&base, "root"))?;
    let value = required(input, "root")?;
    let square = (base - 2.0).abs() < f64::EPSILON;
    if value < 0.0 {
        return Err(Fault::new("root() can only be used on numbers: math domain error"));
    }
    Ok(Val::Float(if square { value.sqrt() } else { value.powf(1.0 / base) }))
}

const UNITS: [(char, f64); 8] = [
    ('Y', 1_208_925_819_614_629_174_706_176.0),
    ('Z', 1_180_591_620_717_411_303_424.0),
    ('E', 1_152_921_504_606_846_976.0),
    ('P', 1_125_899_906_842_624.0),
    ('T', 1_099_511_627_776.0),
    ('G', 1_073_741_824.0),
    ('M', 1_048_576.0),
    ('K', 1024.0),
];

fn human_readable(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let size = required(input, "human_readable")?;
    let bits = args.flag("isbits", false)?;
    let unit = args.text_or("unit", "")?.to_uppercase().chars().next();
    let base = if bits { "bits" } else { "Bytes" };
    let fits = |(letter, limit): &&(char, f64)| match unit {
        Some(unit) => unit == *letter,
        None => size >= *limit,
    };
    Ok(Val::str(match UNITS.iter().find(fits) {
        Some((letter, limit)) => {
            let suffix = if bits { "b" } else { "B" };
            format!("{:.2} {letter}{suffix}", size / limit)
        }
        None => format!("{size:.2} {base}"),
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "sizes are whole bytes")]
fn human_to_bytes(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let default = args.text_or("default_unit", "")?;
    let wrong = || Fault::new(format!("human_to_bytes() can't interpret the input {value}"));
    let digits = value.trim().find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = value.trim().split_at(digits.unwrap_or(value.trim().len()));
    let unit = if unit.trim().is_empty() { default } else { unit.trim().to_owned() };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let letter = unit.to_uppercase().chars().next().unwrap_or('B');
    let factor = UNITS.iter().find(|(known, _)| *known == letter).map(|(_, factor)| *factor);
    let factor = factor.or((letter == 'B').then_some(1.0)).ok_or_else(wrong)?;
    Ok(Val::Int((number * factor).round() as i128))
}

fn filesizeformat(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let binary = args.flag("binary", false)?;
    let size = number(input).or_else(|| text::parse_float(input.as_str()?));
    let size = size.ok_or_else(|| {
        let kind = input.type_name();
        Fault::new(format!("float() argument must be a string or a real number, not '{kind}'"))
    })?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    let names = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB"]
    };
    if size < base {
        let plural = if (size - 1.0).abs() < f64::EPSILON { "Byte" } else { "Bytes" };
        return Ok(Val::str(format!("{:.0} {plural}", size.trunc())));
    }
    let mut scaled = size / base;
    let mut at = 0;
    while scaled >= base && at + 1 < names.len() {
        scaled /= base;
        at += 1;
    }
    Ok(Val::str(format!("{scaled:.1} {}", names[at])))
}
