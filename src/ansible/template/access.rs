//! Attributes, items and slices of values.

use std::sync::Arc;

use super::{
    fault::{Fault, Faulty, Outcome},
    method_names,
    objects::Object,
    ops, text,
    value::{Key, Val},
};

/// `base.name`: what is missing is a value, so that `default` and `is defined` can answer.
pub(super) fn attribute(base: &Val, name: &str) -> Val {
    match base {
        Val::Lazy(thunk) => attribute(&thunk.force(), name),
        Val::Missing(_) => base.clone(),
        Val::Blank => Val::Missing(blank()),
        Val::Object(object) => {
            let found = object.get(name).or_else(|| own(base, name));
            found.unwrap_or_else(|| match object.as_ref() {
                Object::HostVars(_) => no_host(name),
                _ => no_attribute(base, name),
            })
        }
        Val::Dict(dict) => own(base, name)
            .or_else(|| dict.get_str(name))
            .unwrap_or_else(|| no_attribute(base, name)),
        _ => own(base, name).unwrap_or_else(|| no_attribute(base, name)),
    }
}

/// What a value of this type has whatever it holds: its methods and the parts with names. Keys of a dict do not count.
pub(super) fn own(base: &Val, name: &str) -> Option<Val> {
    let part = match (base, name) {
        (Val::Tuple(items), "grouper") if items.is_group => Some(items[0].clone()),
        (Val::Tuple(items), "list") if items.is_group => Some(items[1].clone()),
        (Val::Bool(_) | Val::Int(_), "real" | "numerator") => ops::positive(base).ok(),
        (Val::Bool(_) | Val::Int(_), "imag") => Some(Val::Int(0)),
        (Val::Bool(_) | Val::Int(_), "denominator") => Some(Val::Int(1)),
        (Val::Float(_), "real") => Some(base.clone()),
        (Val::Float(_), "imag") => Some(Val::Float(0.0)),
        _ => None,
    };
    part.map(Val::forced).or_else(|| {
        let name = method_names::known(base, name)?;
        Some(Val::Object(Arc::new(Object::Method { base: base.clone(), name })))
    })
}

/// `attr(name)`: what is no key.
pub(super) fn own_or_missing(base: &Val, name: &str) -> Val {
    match base {
        Val::Object(_) | Val::Blank => attribute(base, name),
        _ => own(base, name).unwrap_or_else(|| no_attribute(base, name)),
    }
}

/// The fault of looking into what an `if` without `else` gave.
pub(super) fn blank() -> Faulty {
    Fault::new("the inline if-expression evaluated to false and no else section was defined.")
}

fn no_host(name: &str) -> Val {
    Val::Missing(Fault::absent(format!("hostvars['{name}'] is undefined")))
}

fn no_attribute(base: &Val, name: &str) -> Val {
    let kind = base.type_name();
    Val::Missing(Fault::absent(format!(
        "object of type '{kind}' has no attribute {}",
        text::quoted(name)
    )))
}

/// `base[key]`.
pub(super) fn item(base: &Val, key: &Val) -> Outcome {
    let base = base.clone().forced();
    if matches!(base, Val::Missing(_)) {
        return Ok(base);
    }
    if matches!(base, Val::Blank) {
        return Err(blank());
    }
    let given = key.clone().used()?;
    let key = match given.clone() {
        // Python counts with truth values too.
        Val::Bool(value) if !matches!(base, Val::Dict(_)) => Val::Int(i128::from(value)),
        key => key,
    };
    let found = match (&base, &key) {
        // What can be no key is missing as well.
        (Val::Dict(dict), _) => Key::new(key.clone()).ok().and_then(|key| dict.get(&key)),
        (Val::Object(_), Val::Str(name)) => return Ok(attribute(&base, name)),
        (Val::Object(object), Val::Int(index)) => {
            let items = object.items().unwrap_or_default();
            place(*index, items.len()).and_then(|at| items.get(at).cloned())
        }
        (Val::List(list), Val::Int(index)) => place(*index, list.len()).and_then(|at| list.get(at)),
        (Val::Tuple(items), Val::Int(index)) => {
            place(*index, items.len()).and_then(|at| items.get(at).cloned()).map(Val::forced)
        }
        (Val::Str(text), Val::Int(index)) => {
            let count = text.chars().count();
            let found = place(*index, count).and_then(|at| text.chars().nth(at));
            found.map(|c| Val::str(c.to_string()))
        }
        _ => None,
    };
    let found = found.or_else(|| own(&base, key.as_str()?));
    found.map_or_else(|| no_item(&base, &given), Ok)
}

/// Python's own `base[key]`, which raises what `default` does not answer.
pub(super) fn subscript(base: &Val, key: &Val) -> Outcome {
    let found = match (base, key) {
        (Val::Dict(_), Val::List(_) | Val::Dict(_)) => None,
        (Val::Dict(dict), key) => dict.get(&Key::new(key.clone())?),
        (_, Val::Int(index)) if has_place(base, *index) => Some(item(base, key)?),
        (_, Val::Bool(index)) if has_place(base, i128::from(*index)) => Some(item(base, key)?),
        _ => None,
    };
    let kind = base.type_name();
    let key = || text::repr(key).unwrap_or_default();
    found.map_or_else(|| Err(Fault::new(format!("'{kind}' has nothing at {}", key()))), Val::used)
}

/// Whether something stands there, if only the fault of what was put there.
fn has_place(base: &Val, index: i128) -> bool {
    let length = match base {
        Val::List(list) => list.len(),
        Val::Tuple(items) => items.len(),
        Val::Str(text) => text.chars().count(),
        Val::Object(object) => match object.as_ref() {
            Object::Range(range) => range.len(),
            _ => 0,
        },
        _ => 0,
    };
    place(index, length).is_some()
}

fn no_item(base: &Val, key: &Val) -> Outcome {
    let kind = base.type_name();
    let key = match key {
        Val::Int(0) => {
            return Ok(Val::Missing(Fault::absent(format!("{kind} object has no element 0"))));
        }
        key => text::repr(key)?,
    };
    Ok(Val::Missing(Fault::absent(format!("object of type '{kind}' has no attribute {key}"))))
}

/// The place that a Python index means, negative ones counted from the end.
fn place(index: i128, length: usize) -> Option<usize> {
    let length = i128::try_from(length).ok()?;
    let at = if index < 0 { index + length } else { index };
    (0..length).contains(&at).then(|| usize::try_from(at).ok()).flatten()
}

/// `base[start:stop:step]`.
pub(super) fn slice(base: &Val, parts: &[Val; 3]) -> Outcome {
    if let Val::Object(object) = base
        && let Object::Range(range) = object.as_ref()
    {
        let places = indices(parts, range.len())?;
        return Ok(Val::Object(Arc::new(Object::Range(range.sliced(&places)))));
    }
    let items = match base {
        Val::List(list) => list.raw(),
        Val::Tuple(items) => items.items(),
        Val::Str(_) => base.iterate()?,
        Val::Object(object) if object.keys().is_none() && object.items().is_some() => {
            base.iterate()?
        }
        other => {
            let kind = other.type_name();
            return Err(Fault::new(format!("'{kind}' object cannot be sliced")));
        }
    };
    let chosen: Vec<Val> = indices(parts, items.len())?.map(|at| items[at].clone()).collect();
    Ok(match base {
        Val::Str(_) => Val::str(chosen.iter().filter_map(Val::as_str).collect::<String>()),
        Val::Tuple(_) => Val::tuple(chosen),
        _ => Val::list(chosen),
    })
}

/// The places that a slice means: from, to and how far from one to the next.
#[derive(Clone)]
pub(super) struct Places {
    pub(super) start: i128,
    pub(super) stop: i128,
    pub(super) step: i128,
}

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let inside = if self.step > 0 { self.start < self.stop } else { self.start > self.stop };
        let now = self.start;
        self.start = self.start.saturating_add(self.step);
        inside.then(|| usize::try_from(now).ok()).flatten()
    }
}

fn indices(parts: &[Val; 3], length: usize) -> Outcome<Places> {
    let number = |value: &Val| match value {
        Val::None => Ok(None),
        Val::Int(number) => Ok(Some(*number)),
        Val::Bool(value) => Ok(Some(i128::from(*value))),
        _ => Err(Fault::new("slice indices must be integers or None")),
    };
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let step = number(&parts[2])?.unwrap_or(1);
    if step == 0 {
        return Err(Fault::new("slice step cannot be zero"));
    }
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |part: Option<i128>, default| {
        part.map_or(default, |at| if at < 0 { at + length } else { at }.clamp(lowest, highest))
    };
    let start = bound(number(&parts[0])?, if step > 0 { lowest } else { highest });
    let stop = bound(number(&parts[1])?, if step > 0 { highest } else { lowest });
    Ok(Places { start, stop, step })
}
