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

fn int(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let default = args.take("default").unwrap_or(Val::Int(0));
    // A base that Python does not know leaves text that may still be a decimal number.
    let base = match args.take("base") {
        None => Some(10),
        Some(Val::Int(base)) => u32::try_from(base).ok().filter(|base| matches!(base, 0 | 2..=36)),
        Some(Val::Bool(false)) => Some(0),
        Some(_) => None,
    };
    Ok(match input {
        Val::Int(number) => Val::Int(*number),
        Val::Bool(value) => Val::Int(i128::from(*value)),
        Val::Float(number) if number.is_finite() => whole(*number)?,
        Val::Float(number) if number.is_infinite() => {
            return Err(Fault::new("cannot convert float infinity to integer"));
        }
        Val::Str(found) => match base.map_or(Ok(None), |base| text::parse_whole(found, base))? {
            Some(number) => Val::Int(number),
            None => match text::parse_float(found).filter(|number| number.is_finite()) {
                Some(number) => whole(number)?,
                None => default,
            },
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
    let precision = args.take("precision").unwrap_or(Val::Int(0));
    let method = args.text_or("method", "common")?;
    if !["common", "ceil", "floor"].contains(&&*method) {
        return Err(Fault::new("method must be common, ceil or floor"));
    }
    let to_whole = matches!(precision, Val::None) && method == "common";
    let precision = if to_whole { 0 } else { Args::of(vec![precision]).number("precision", 0)? };
    if let (Val::Int(_) | Val::Bool(_), "common") = (input, &*method) {
        let number =
            if let Val::Int(number) = input { *number } else { i128::from(input.truth()?) };
        return Ok(Val::Int(rounded(number, precision)));
    }
    let value = required(input, "round")?;
    if method == "common" {
        let found = nearest(value, precision);
        return if to_whole { whole(found) } else { Ok(Val::Float(found)) };
    }
    let power = i32::try_from(precision).ok().filter(|power| *power <= 308);
    let power = power.ok_or_else(|| Fault::new("int too large to convert to float"))?;
    let scale = format!("1e{power}").parse().unwrap_or(1.0);
    let scaled: f64 = value * scale;
    if !scaled.is_finite() {
        return Err(Fault::new("cannot convert float infinity to integer"));
    }
    let cut = if method == "ceil" { scaled.ceil() } else { scaled.floor() };
    // Python's floor is an integer, so it has no minus zero, and it divides by an exact power of ten.
    let exact = || format!("{:.0}e-{power}", cut + 0.0).parse().ok();
    let found = if power > 0 { exact() } else { None };
    Ok(Val::Float(found.unwrap_or((cut + 0.0) / scale)))
}

/// Python's `round`: the decimal number that is nearest to the exact value, halves to the even one.
fn nearest(value: f64, precision: i128) -> f64 {
    if !value.is_finite() || precision > 323 {
        return value;
    }
    if let Ok(decimals) = usize::try_from(precision) {
        return format!("{value:.decimals$}").parse().unwrap_or(value);
    }
    let Some(power) = i32::try_from(-precision).ok().filter(|power| *power <= 308) else {
        return 0.0_f64.copysign(value);
    };
    let scale: f64 = format!("1e{power}").parse().unwrap_or(1.0);
    (value / scale).round_ties_even() * scale
}

/// Python's `int` of a float.
#[expect(clippy::cast_possible_truncation, reason = "checked")]
fn whole(value: f64) -> Outcome {
    if value.abs() < 1.7e38 {
        return Ok(Val::Int(value as i128));
    }
    Err(Fault::new("the number is too large"))
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
    if value <= 0.0 || base <= 0.0 {
        return Err(Fault::new("math domain error"));
    }
    if base.ln() == 0.0 {
        return Err(Fault::new("division by zero"));
    }
    Ok(Val::Float(if exact { value.log10() } else { value.ln() / base.ln() }))
}

fn pow(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let power = required(&args.required("y")?, "pow")?;
    let base = required(input, "pow")?;
    let found = base.powf(power);
    if base.is_finite() && power.is_finite() && !found.is_finite() {
        let kind = if found.is_nan() || base == 0.0 { "domain" } else { "range" };
        return Err(Fault::new(format!("math {kind} error")));
    }
    Ok(Val::Float(found))
}

fn root(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let base = args.take("base").map_or(Ok(2.0), |base| required(&base, "root"))?;
    let value = required(input, "root")?;
    let square = (base - 2.0).abs() < f64::EPSILON;
    if value < 0.0 {
        return Err(Fault::new("root() can only be used on numbers: math domain error"));
    }
    if base == 0.0 {
        return Err(Fault::new("float division by zero"));
    }
    if value == 0.0 && base < 0.0 {
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
    let unit = args.maybe_text("unit")?.map(|unit| unit.to_uppercase());
    let base = if bits { "bits" } else { "Bytes" };
    let fits = |(letter, limit): &&(char, f64)| match &unit {
        Some(unit) => *unit == letter.to_string(),
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

fn human_to_bytes(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)
        .map_err(|fault| fault.raised("human_to_bytes() can't interpret the input"))?;
    let default = args.maybe_text("default_unit")?;
    let bits = args.flag("isbits", false)?;
    let wrong = || Fault::new(format!("human_to_bytes() can't interpret the input {value}"));
    let pattern =
        super::regex::compiled(r"^([0-9]*\.?[0-9]+)(?:\s*([A-Za-z]+))?\s*$", false, false)?;
    let found = pattern.captures(&value).ok().flatten().ok_or_else(wrong)?;
    let number: f64 = found.get(1).and_then(|part| part.as_str().parse().ok()).ok_or_else(wrong)?;
    let unit = found.get(2).map(|part| part.as_str()).or(default.as_deref());
    let Some(unit) = unit else { return whole(number.round_ties_even()) };
    let factor = unit_factor(unit, bits).ok_or_else(wrong)?;
    whole((number * factor).round_ties_even())
}

/// How many bytes or bits a unit means; `None` if there is no such unit.
fn unit_factor(unit: &str, bits: bool) -> Option<f64> {
    let letter = unit.chars().next()?.to_ascii_uppercase();
    let base = if bits { "bit" } else { "byte" };
    let (name, short) = if letter == 'B' {
        (base.to_owned(), if bits { "b" } else { "B" }.to_owned())
    } else {
        let prefix =
            PREFIXES.iter().find(|prefix| prefix.starts_with(letter.to_ascii_lowercase()))?;
        (format!("{prefix}{base}"), format!("{letter}{}", if bits { 'b' } else { 'B' }))
    };
    let fits = unit.len() == 1 || unit.to_lowercase() == name || unit == short;
    let factor =
        UNITS.iter().find(|(known, _)| *known == letter).map_or(1.0, |(_, factor)| *factor);
    fits.then_some(factor)
}

const PREFIXES: [&str; 8] = ["kilo", "mega", "giga", "tera", "peta", "exa", "zeta", "yotta"];

fn filesizeformat(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let binary = args.flag("binary", false)?;
    let size = number(input).or_else(|| text::parse_float(input.as_str()?));
    let size = size.ok_or_else(|| {
        let kind = input.type_name();
        Fault::new(format!("float() argument must be a string or a real number, not '{kind}'"))
    })?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    let names = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    if (size - 1.0).abs() < f64::EPSILON {
        return Ok(Val::str("1 Byte"));
    }
    if size < base {
        return Ok(Val::str(format!("{:.0} Bytes", size.trunc() + 0.0)));
    }
    let mut unit = base;
    for (at, name) in names.iter().enumerate() {
        unit *= base;
        if size < unit || at + 1 == names.len() {
            return Ok(Val::str(format!("{:.1} {name}", base * size / unit)));
        }
    }
    Ok(Val::None)
}
