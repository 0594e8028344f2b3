//! Filters about truth, presence and types.

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
        "default" | "d" => default,
        "mandatory" => mandatory,
        "bool" => boolean,
        "ternary" => ternary,
        "type_debug" => type_debug,
        "string" => string,
        _ => return None,
    })
}

fn default(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let instead = args.take("default_value").unwrap_or_else(|| Val::str(""));
    let falsy_too = match args.take("boolean") {
        None => false,
        Some(Val::Bool(flag)) => flag,
        Some(Val::Missing(fault)) => {
            return Err(fault.raised("The 'boolean' argument must be of type 'bool'"));
        }
        Some(other) => {
            let kind = other.type_name();
            return Err(Fault::new(format!(
                "The 'boolean' argument must be of type 'bool', not '{kind}'."
            )));
        }
    };
    args.end()?;
    match input {
        Val::Missing(fault) if fault.undefined => Ok(instead),
        Val::Missing(_) => Ok(input.clone()),
        _ if falsy_too && !input.truth()? => Ok(instead),
        _ => Ok(input.clone()),
    }
}

fn mandatory(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let words = args.take("msg").filter(|words| !matches!(words, Val::None));
    match (input, words) {
        (Val::Missing(fault), None) if fault.undefined => {
            let name = fault.message.strip_suffix(" is undefined").unwrap_or_default();
            let name = if name.is_empty() { String::new() } else { format!("{name} ") };
            Err(Fault::new(format!("Mandatory variable {name}not defined.")))
        }
        (Val::Missing(fault), Some(words)) if fault.undefined => {
            Err(Fault::new(text::str_of(&words)?))
        }
        _ => Ok(input.clone()),
    }
}

fn boolean(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    if matches!(input, Val::List(_) | Val::Tuple(_) | Val::Dict(_)) {
        // Ansible warns of what is no truth value, with all that is in it.
        text::repr(input)?;
    }
    Ok(Val::Bool(to_bool(input)?))
}

/// Ansible's reading of a truth value; what it does not know is false.
pub(in crate::ansible::template) fn to_bool(input: &Val) -> Outcome<bool> {
    Ok(match input {
        Val::Bool(value) => *value,
        Val::Str(text) => matches!(&*text.to_lowercase(), "yes" | "on" | "true" | "1"),
        Val::Int(number) => *number == 1,
        Val::Float(number) => (*number - 1.0).abs() < f64::EPSILON,
        Val::Missing(fault) => return Err(fault.clone()),
        _ => false,
    })
}

fn ternary(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (yes, no) = (args.required("true_val")?, args.required("false_val")?);
    let none = args.take("none_val").unwrap_or(Val::None);
    if matches!(input, Val::None) && !matches!(none, Val::None) {
        return Ok(none);
    }
    Ok(if input.truth()? { yes } else { no })
}

fn type_debug(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::str(match input {
        Val::Missing(fault) if fault.undefined => "UndefinedMarker",
        Val::Missing(_) => "CapturedExceptionMarker",
        Val::Omit => "_OmitType",
        other => other.type_name(),
    }))
}

fn string(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    // Text stays what it is, also a constant that is a template.
    if matches!(input, Val::Str(_)) { Ok(input.clone()) } else { text::str_of(input).map(Val::str) }
}
