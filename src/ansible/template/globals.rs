//! Functions and values that every template sees.

use std::sync::{Arc, atomic::AtomicUsize};

use super::{
    call::Args,
    env::Env,
    fault::{self, Fault, Outcome},
    lookups,
    objects::{Object, Range},
    value::{Dict, Key, Val},
};

/// More than any list in a configuration holds.
const LONGEST_RANGE: i128 = 1_000_000;

const FUNCTIONS: &[&str] = &[
    "lookup",
    "query",
    "q",
    "range",
    "dict",
    "namespace",
    "undef",
    "now",
    "cycler",
    "joiner",
    "lipsum",
];

/// A global's value.
pub(super) fn find(name: &str) -> Option<Val> {
    if name == "omit" {
        return Some(Val::Omit);
    }
    let function = FUNCTIONS.iter().find(|known| **known == name)?;
    Some(object(Object::Function(function)))
}

/// Calls a global function.
pub(super) fn call(env: &Arc<Env>, name: &str, args: Args) -> Val {
    let mut args = args;
    let result = match name {
        "lookup" => return lookups::call(env, args, false),
        "query" | "q" => return lookups::call(env, args, true),
        "undef" => undef(&mut args),
        _ if args.first_missing().is_some() => return args.first_missing().unwrap_or(Val::None),
        "range" => range(&mut args),
        "dict" => dict(args),
        "namespace" => dict(args).map(|made| match made {
            Val::Dict(dict) => object(Object::Namespace(dict)),
            other => other,
        }),
        "now" => super::filters::dates::now(&mut args),
        "lipsum" => Err(Fault::with_hint(
            "`lipsum()` makes up words, which Ymir does not",
            "write the text itself",
        )),
        "cycler" if args.positional.is_empty() => {
            Err(Fault::new("at least one item has to be provided"))
        }
        "cycler" => Ok(object(Object::Cycler { items: args.positional, at: AtomicUsize::new(0) })),
        "joiner" => {
            let separator = args.take("sep").unwrap_or_else(|| Val::str(", "));
            Ok(object(Object::Joiner { separator, calls: AtomicUsize::new(0) }))
        }
        other => Err(Fault::new(format!("the function `{other}` is not supported"))),
    };
    result.unwrap_or_else(Val::Missing)
}

fn object(object: Object) -> Val {
    Val::Object(Arc::new(object))
}

fn undef(args: &mut Args) -> Outcome {
    let given = args.take("hint").unwrap_or(Val::None);
    args.end()?;
    if let Val::Missing(fault) = &given {
        return Err(fault.raised("The 'hint' argument must be of type 'str' or 'NoneType'"));
    }
    let hint = Args::of(vec![given]).maybe_text("hint")?.filter(|hint| !hint.is_empty());
    let hint = hint.as_deref().unwrap_or(fault::UNNAMED);
    Ok(Val::Missing(Fault::absent(hint)))
}

fn range(args: &mut Args) -> Outcome {
    let first = bound(args, "start")?;
    let first = first.ok_or_else(|| Fault::new("range expected at least 1 argument, got 0"))?;
    let (start, stop) = match bound(args, "stop")? {
        Some(stop) => (first, stop),
        None => (0, first),
    };
    let step = bound(args, "step")?.unwrap_or(1);
    if step == 0 {
        return Err(Fault::new("range() arg 3 must not be zero"));
    }
    let count = (stop.saturating_sub(start) / step).max(0);
    if count > LONGEST_RANGE {
        return Err(Fault::new(format!("a range of {count} numbers is too long")));
    }
    Ok(object(Object::Range(Range { start, stop, step })))
}

/// A number of `range`, which is there or not: `none` is no number.
fn bound(args: &mut Args, name: &str) -> Outcome<Option<i128>> {
    match args.take(name).map(Val::used).transpose()? {
        None => Ok(None),
        Some(Val::Int(number)) => Ok(Some(number)),
        Some(Val::Bool(value)) => Ok(Some(i128::from(value))),
        Some(other) => {
            let kind = other.type_name();
            Err(Fault::new(format!("'{kind}' object cannot be interpreted as an integer")))
        }
    }
}

fn dict(args: Args) -> Outcome {
    let mut args = args;
    let mut pairs = indexmap::IndexMap::new();
    match args.take("mapping") {
        Some(given @ Val::Dict(_)) => {
            given.seen()?;
            pairs.extend(match given {
                Val::Dict(dict) => dict.raw(),
                _ => indexmap::IndexMap::new(),
            });
        }
        Some(other) => {
            for pair in other.items()? {
                let (key, value) = super::methods::pair(&pair)?;
                pairs.insert(key, value);
            }
        }
        None => {}
    }
    if !args.positional.is_empty() {
        return Err(Fault::new("dict expected at most 1 argument"));
    }
    pairs.extend(args.named.into_iter().map(|(name, value)| (Key::text(&name), value)));
    Ok(Val::Dict(Dict::new(pairs)))
}
