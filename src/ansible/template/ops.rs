//! Python's operators.

use std::{cmp::Ordering, sync::Arc};

use super::{
    fault::{Fault, Faulty, Outcome},
    meter, text,
    tree::{Binary, Comparison},
    value::{DEEPEST, Dict, Key, Val},
    watch,
};

#[derive(Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

#[expect(clippy::cast_precision_loss, reason = "Python converts the same way")]
impl Number {
    fn of(value: &Val) -> Option<Self> {
        match value {
            Val::Bool(value) => Some(Self::Int(i128::from(*value))),
            Val::Int(number) => Some(Self::Int(*number)),
            Val::Float(number) => Some(Self::Float(*number)),
            _ => None,
        }
    }

    fn float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (one, other) => one.float().partial_cmp(&other.float()),
        }
    }
}

/// Applies an operator.
pub(super) fn binary(op: Binary, left: &Val, right: &Val) -> Outcome {
    if op == Binary::Concat {
        return joined(&text::str_of(left)?, &text::str_of(right)?);
    }
    let left = left.clone().used()?;
    if let (Binary::Modulo, Val::Str(format)) = (op, &left) {
        // A format without fields looks at no value.
        return super::format::percent(format, &right.clone().forced());
    }
    let right = right.clone().used()?;
    if let (Some(one), Some(other)) = (Number::of(&left), Number::of(&right)) {
        return arithmetic(op, one, other);
    }
    if let Some(found) = super::moments::binary(op, &left, &right) {
        return found;
    }
    match (op, &left, &right) {
        (Binary::Add, Val::Str(one), Val::Str(other)) => joined(one, other),
        (Binary::Add, Val::List(one), Val::List(other)) => {
            meter::room_for_items(one.len() + other.len())?;
            Ok(Val::list([one.raw(), other.raw()].concat()))
        }
        (Binary::Add, Val::Tuple(one), Val::Tuple(other)) => {
            meter::room_for_items(one.len() + other.len())?;
            Ok(Val::tuple([one.items(), other.items()].concat()))
        }
        (Binary::Multiply, other, Val::Int(times)) | (Binary::Multiply, Val::Int(times), other) => {
            repeat(other, *times)
        }
        (Binary::Multiply, other, Val::Bool(once)) | (Binary::Multiply, Val::Bool(once), other) => {
            repeat(other, i128::from(*once))
        }
        _ => Err(unsupported(op, &left, &right)),
    }
}

fn joined(one: &str, other: &str) -> Outcome {
    meter::room(one.len() + other.len())?;
    Ok(Val::str(format!("{one}{other}")))
}

fn unsupported(op: Binary, left: &Val, right: &Val) -> Faulty {
    let (left, right) = (left.type_name(), right.type_name());
    if op == Binary::Add && left == "str" {
        return Fault::with_hint(
            format!("can only concatenate str (not \"{right}\") to str"),
            "`~` joins values of all types as text; `| int` makes a number of text",
        );
    }
    let sign = match op {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::FloorDivide => "//",
        Binary::Modulo => "%",
        Binary::Power => "** or pow()",
        Binary::Concat => "~",
    };
    Fault::with_hint(
        format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'"),
        "make both of one type, for example with `| int`, `| string` or `| list`",
    )
}

fn repeat(value: &Val, times: i128) -> Outcome {
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    match value {
        Val::Str(text) => meter::room(text.len().saturating_mul(times))?,
        Val::List(list) => meter::room_for_items(list.len().saturating_mul(times))?,
        Val::Tuple(items) => meter::room_for_items(items.len().saturating_mul(times))?,
        _ => return Err(unsupported(Binary::Multiply, value, &Val::Int(0))),
    }
    Ok(match value {
        Val::Str(text) => Val::str(text.repeat(times)),
        Val::List(list) => Val::list(repeated(&list.raw(), times)),
        Val::Tuple(items) => Val::tuple(repeated(items, times)),
        other => other.clone(),
    })
}

/// Nothing stays nothing, however often: its copies would need room, too.
fn repeated(items: &[Val], times: usize) -> Vec<Val> {
    if items.is_empty() { Vec::new() } else { vec![items; times].concat() }
}

fn arithmetic(op: Binary, left: Number, right: Number) -> Outcome {
    let divides = matches!(op, Binary::Divide | Binary::FloorDivide | Binary::Modulo);
    if divides && right.float() == 0.0 {
        return Err(Fault::new("division by zero"));
    }
    if let (Number::Int(one), Number::Int(other)) = (left, right) {
        let floor = || {
            one.checked_div_euclid(other).map(|found| {
                // Python rounds towards minus infinity, Euclid keeps the remainder positive.
                found - i128::from(other < 0 && one.rem_euclid(other) != 0)
            })
        };
        let result = match op {
            Binary::Add => one.checked_add(other),
            Binary::Subtract => one.checked_sub(other),
            Binary::Multiply => one.checked_mul(other),
            Binary::FloorDivide => floor(),
            Binary::Modulo => floor().and_then(|found| one.checked_sub(found.checked_mul(other)?)),
            Binary::Power if other >= 0 => {
                u32::try_from(other).ok().and_then(|other| one.checked_pow(other))
            }
            Binary::Power => return power(left.float(), right.float()),
            Binary::Divide => return Ok(Val::Float(left.float() / right.float())),
            Binary::Concat => None,
        };
        return result.map(Val::Int).ok_or_else(|| Fault::new("the number is too large"));
    }
    let (one, other) = (left.float(), right.float());
    if op == Binary::Power {
        return power(one, other);
    }
    Ok(Val::Float(match op {
        Binary::Add => one + other,
        Binary::Subtract => one - other,
        Binary::Multiply => one * other,
        Binary::Divide | Binary::Concat => one / other,
        Binary::FloorDivide => divided(one, other).0,
        Binary::Modulo => divided(one, other).1,
        Binary::Power => one.powf(other),
    }))
}

/// The whole quotient towards minus infinity, and what is left, with the sign of the divisor.
fn divided(one: f64, other: f64) -> (f64, f64) {
    let mut rest = one % other;
    let mut quotient = (one - rest) / other;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(other);
    } else if (other < 0.0) != (rest < 0.0) {
        rest += other;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(one / other), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn power(one: f64, other: f64) -> Outcome {
    if one < 0.0 && other.is_finite() && other.fract() != 0.0 {
        return Err(Fault::new("complex numbers are not supported"));
    }
    let found = one.powf(other);
    if one.is_finite() && other.is_finite() && !found.is_finite() {
        return Err(Fault::new("Numerical result out of range"));
    }
    Ok(Val::Float(found))
}

/// `-value`.
pub(super) fn negative(value: &Val) -> Outcome {
    let value = value.clone().used()?;
    match Number::of(&value) {
        Some(Number::Int(number)) => Ok(Val::Int(number.saturating_neg())),
        Some(Number::Float(number)) => Ok(Val::Float(-number)),
        None => Err(Fault::new(format!("bad operand type for unary -: '{}'", value.type_name()))),
    }
}

/// `+value`.
pub(super) fn positive(value: &Val) -> Outcome {
    negative(&negative(value)?)
}

/// Applies a comparison.
pub(super) fn compare(op: Comparison, left: &Val, right: &Val) -> Outcome<bool> {
    Ok(match op {
        Comparison::Equal => equal(left, right)?,
        Comparison::NotEqual => !equal(left, right)?,
        Comparison::In => contains(right, left)?,
        Comparison::NotIn => !contains(right, left)?,
        Comparison::Less => order(left, right)? == Some(Ordering::Less),
        Comparison::Greater => order(left, right)? == Some(Ordering::Greater),
        Comparison::LessOrEqual => {
            order(left, right)?.is_some_and(|order| order != Ordering::Greater)
        }
        Comparison::GreaterOrEqual => {
            order(left, right)?.is_some_and(|order| order != Ordering::Less)
        }
    })
}

/// Both values; where a filter compares them, what is directly inside must be there.
fn both(left: &Val, right: &Val) -> Outcome<(Val, Val)> {
    let (left, right) = (left.clone().used()?, right.clone().used()?);
    if watch::is_strict() {
        left.seen()?;
        right.seen()?;
    }
    Ok((left, right))
}

/// Python's `==`.
pub(super) fn equal(left: &Val, right: &Val) -> Outcome<bool> {
    equal_at(left, right, DEEPEST)
}

fn equal_at(left: &Val, right: &Val, depth: usize) -> Outcome<bool> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::new("maximum recursion depth exceeded in comparison"));
    };
    meter::steps(1);
    meter::checked()?;
    let (left, right) = both(left, right)?;
    if let (Some(one), Some(other)) = (Number::of(&left), Number::of(&right)) {
        return Ok(one.compare(other) == Some(Ordering::Equal));
    }
    Ok(match (&left, &right) {
        (Val::None, Val::None) | (Val::Omit, Val::Omit) | (Val::Blank, Val::Blank) => true,
        (Val::Str(one), Val::Str(other)) => {
            meter::text(one.len().min(other.len()));
            one == other
        }
        (Val::List(one), Val::List(other)) => {
            one.same(other) || equal_items(&one.items(), &other.items(), depth)?
        }
        (Val::Tuple(one), Val::Tuple(other)) => equal_items(one, other, depth)?,
        (Val::Dict(one), Val::Dict(other)) => one.same(other) || equal_dicts(one, other, depth)?,
        (Val::Object(one), Val::Object(other)) => {
            Arc::ptr_eq(one, other) || super::moments::order(one, other) == Some(Ordering::Equal)
        }
        _ => false,
    })
}

/// Whether both are the very same fault. Python's containers compare what they hold only if it is not one object.
fn is_one_fault(one: &Val, other: &Val) -> bool {
    matches!((one, other), (Val::Missing(one), Val::Missing(other)) if Arc::ptr_eq(one, other))
}

fn equal_items(one: &[Val], other: &[Val], depth: usize) -> Outcome<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for (one, other) in one.iter().zip(other) {
        if !is_one_fault(one, other) && !equal_at(one, other, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_dicts(one: &Dict, other: &Dict, depth: usize) -> Outcome<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for (key, value) in one.pairs() {
        let Some(found) = other.get(&key) else { return Ok(false) };
        if !is_one_fault(&value, &found) && !equal_at(&value, &found, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Python's order; `None` for numbers that have none (`nan`).
pub(super) fn order(left: &Val, right: &Val) -> Outcome<Option<Ordering>> {
    order_at(left, right, DEEPEST)
}

fn order_at(left: &Val, right: &Val, depth: usize) -> Outcome<Option<Ordering>> {
    let depth = depth.checked_sub(1);
    let depth =
        depth.ok_or_else(|| Fault::new("maximum recursion depth exceeded in comparison"))?;
    meter::steps(1);
    meter::checked()?;
    let (left, right) = (left.clone().used()?, right.clone().used()?);
    // A dict has no order, so nobody looks into it.
    for list in [&left, &right].into_iter().filter(|value| matches!(value, Val::List(_))) {
        if watch::is_strict() {
            list.seen()?;
        }
    }
    if let (Some(one), Some(other)) = (Number::of(&left), Number::of(&right)) {
        return Ok(one.compare(other));
    }
    let items = |value: &Val| match value {
        Val::List(list) => Some(list.items()),
        Val::Tuple(items) => Some(items.items()),
        _ => None,
    };
    match (&left, &right) {
        (Val::Str(one), Val::Str(other)) => {
            meter::text(one.len().min(other.len()));
            Ok(Some(one.chars().cmp(other.chars())))
        }
        (Val::List(_), Val::List(_)) | (Val::Tuple(_), Val::Tuple(_)) => {
            let (one, other) =
                (items(&left).unwrap_or_default(), items(&right).unwrap_or_default());
            for (one, other) in one.iter().zip(&other) {
                if !equal(one, other)? {
                    return order_at(one, other, depth);
                }
            }
            Ok(Some(one.len().cmp(&other.len())))
        }
        (Val::Object(one), Val::Object(other)) if super::moments::order(one, other).is_some() => {
            Ok(super::moments::order(one, other))
        }
        _ => {
            let (left, right) = (left.type_name(), right.type_name());
            Err(Fault::new(format!(
                "'<' not supported between instances of '{left}' and '{right}'"
            )))
        }
    }
}

/// Python's `item in container`. Only a container that looks at the item finds that it is missing.
pub(super) fn contains(container: &Val, item: &Val) -> Outcome<bool> {
    let (container, item) = (container.clone().used()?, item.clone().forced());
    match &container {
        Val::Str(text) => text_contains(text, &item),
        Val::Dict(dict) => Ok(dict.has(&Key::new(item.used()?)?)),
        Val::Object(object) if object.keys().is_none() && object.items().is_some() => {
            contains(&Val::list(object.items().unwrap_or_default()), &item)
        }
        Val::Object(object) => {
            let item = item.used()?;
            let found = item.as_str().and_then(|key| Some(object.keys()?.iter().any(|k| k == key)));
            found.ok_or_else(|| Fault::new("cannot look for an item in this object"))
        }
        Val::Blank => Ok(false),
        Val::List(_) | Val::Tuple(_) => {
            if watch::is_strict() {
                container.seen()?;
            }
            for found in container.iterate()? {
                if is_one_fault(&found, &item) || equal(&found, &item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        other => {
            Err(Fault::new(format!("argument of type '{}' is not iterable", other.type_name())))
        }
    }
}

fn text_contains(text: &str, item: &Val) -> Outcome<bool> {
    const WORDS: &str = "'in <string>' requires string as left operand";
    match item {
        Val::Str(part) => {
            meter::text(text.len());
            Ok(text.contains(&**part))
        }
        Val::Missing(fault) => Err(fault.raised(WORDS)),
        other => Err(Fault::new(format!("{WORDS}, not {}", other.type_name()))),
    }
}
