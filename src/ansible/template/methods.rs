//! Methods of Python's text, lists and dicts.

use super::{
    call::Args,
    fault::{Fault, Outcome},
    format, meter,
    objects::Object,
    ops, text,
    value::{Dict, Key, List, Val},
    watch::Watch,
};

/// Calls a method; `None` if the type has no such method.
pub(super) fn call(base: &Val, method: &str, args: Args) -> Option<Outcome> {
    let mut args = args;
    if let Val::Str(text) = base {
        meter::text(text.len());
    }
    let result = called(base, method, &mut args)?;
    Some(result.and_then(|result| args.end().map(|()| result)))
}

fn called(base: &Val, method: &str, args: &mut Args) -> Option<Outcome> {
    match base {
        Val::Str(value) => strings(value, method, args),
        Val::List(list) => lists(list, method, args),
        Val::Tuple(items) => match method {
            "index" | "count" => lists(&List::new(items.items()), method, args),
            _ => None,
        },
        Val::Dict(dict) => dicts(dict, method, args),
        Val::Object(object) => objects(object, method, args),
        Val::Bool(value) => whole(i128::from(*value), method),
        Val::Int(number) => whole(*number, method),
        Val::Float(number) => decimal(*number, method),
        _ => None,
    }
}

fn whole(number: i128, method: &str) -> Option<Outcome> {
    let size = number.unsigned_abs();
    Some(Ok(match method {
        "bit_length" => Val::Int((u128::BITS - size.leading_zeros()).into()),
        "bit_count" => Val::Int(size.count_ones().into()),
        "conjugate" => Val::Int(number),
        "is_integer" => Val::Bool(true),
        "as_integer_ratio" => Val::tuple(vec![Val::Int(number), Val::Int(1)]),
        _ => return None,
    }))
}

fn decimal(number: f64, method: &str) -> Option<Outcome> {
    Some(Ok(match method {
        "conjugate" => Val::Float(number),
        "is_integer" => Val::Bool(number.is_finite() && number.fract() == 0.0),
        _ => return None,
    }))
}

fn objects(object: &Object, method: &str, args: &mut Args) -> Option<Outcome> {
    if let (Object::Loop(state), "cycle") = (object, method) {
        let items = std::mem::take(&mut args.positional);
        let chosen = state.index.checked_rem(items.len()).and_then(|at| items.get(at).cloned());
        return Some(chosen.ok_or_else(|| Fault::new("no items for cycling given")));
    }
    match (object, method) {
        (Object::Loop(state), "changed") => {
            return Some(state.changed(std::mem::take(&mut args.positional)));
        }
        (Object::Cycler { .. }, "next") => return object.next().map(Ok),
        (Object::Cycler { .. }, "reset") => return object.restart().map(Ok),
        (Object::Range(range), "index" | "count") => {
            return lists(&List::new(range.numbers()), method, args);
        }
        (Object::Moment(moment), _) => return moment.method(method, args),
        (Object::Span(span), "total_seconds") => return Some(Ok(span.total_seconds())),
        _ => {}
    }
    let keys = object.keys()?;
    Some(match method {
        "keys" => Ok(Val::strings(keys)),
        "get" => args.text("key").map(|key| {
            let found = keys.contains(&key).then(|| object.get(&key)).flatten();
            found.or(args.take("default")).unwrap_or(Val::None)
        }),
        "values" => Ok(Val::list(keys.iter().filter_map(|key| object.get(key)).collect())),
        "items" => Ok(Val::list(
            keys.iter()
                .filter_map(|key| Some(Val::tuple(vec![Val::str(key), object.get(key)?])))
                .collect(),
        )),
        _ => return None,
    })
}

fn dicts(dict: &Dict, method: &str, args: &mut Args) -> Option<Outcome> {
    let pair = |(key, value): (Key, Val)| Val::tuple(vec![key.value(), value]);
    Some(match method {
        "keys" => Ok(Val::list(dict.keys())),
        "values" => looked_at(dict)
            .map(|pairs| Val::list(pairs.into_iter().map(|(_, value)| value).collect())),
        "items" => looked_at(dict).map(|pairs| Val::list(pairs.into_iter().map(pair).collect())),
        "get" => args
            .required("key")
            .and_then(Key::new)
            .map(|key| (key, args.take("default")))
            .map(|(key, default)| dict.get(&key).or(default).unwrap_or(Val::None)),
        "copy" => Ok(Val::Dict(Dict::new(dict.raw()))),
        "fromkeys" => from_keys(args),
        "update" => update(dict, args),
        "pop" => pop_key(dict, args),
        "popitem" => {
            // What cannot be evaluated stays.
            let last = dict.pairs().pop().map(|(_, value)| value.used()).transpose();
            let taken = last.map(|_| dict.change(indexmap::IndexMap::pop));
            taken.and_then(|taken| {
                taken.map(pair).ok_or_else(|| Fault::new("popitem(): dictionary is empty"))
            })
        }
        "setdefault" => args.required("key").and_then(Key::new).map(|key| {
            let default = args.take("default").unwrap_or(Val::None);
            dict.change(|pairs| pairs.entry(key).or_insert(default).clone()).forced()
        }),
        "clear" => {
            dict.change(indexmap::IndexMap::clear);
            Ok(Val::None)
        }
        _ => return None,
    })
}

fn from_keys(args: &mut Args) -> Outcome {
    let keys = args.required("iterable")?.items()?;
    let value = args.take("value").unwrap_or(Val::None);
    let pairs = keys.into_iter().map(|key| Ok((Key::new(key)?, value.clone())));
    Ok(Val::Dict(Dict::new(pairs.collect::<Outcome<_>>()?)))
}

/// All pairs. Templates among the values are evaluated; what is missing without one stays till somebody uses it.
fn looked_at(dict: &Dict) -> Outcome<Vec<(Key, Val)>> {
    let value = |value: Val| if let Val::Lazy(_) = value { value.used() } else { Ok(value) };
    dict.raw().into_iter().map(|(key, found)| Ok((key, value(found)?))).collect()
}

fn update(dict: &Dict, args: &mut Args) -> Outcome {
    let put = |(key, value)| {
        dict.change(|pairs| pairs.insert(key, value));
    };
    // Each is there before the next is looked at, and stays if that is missing.
    match args.take("other") {
        Some(Val::Dict(other)) => {
            for (key, value) in other.pairs() {
                put((key, value.used()?));
            }
        }
        Some(other) => other.items()?.iter().try_for_each(|item| pair(item).map(put))?,
        None => {}
    }
    args.named.drain(..).for_each(|(name, value)| put((Key::text(&name), value)));
    Ok(Val::None)
}

/// A key and its value from a list or text of two.
pub(super) fn pair(of: &Val) -> Outcome<(Key, Val)> {
    let items = of.items()?;
    let [key, value] = &items[..] else {
        return Err(Fault::new(format!(
            "dictionary update sequence element has length {}; 2 is required",
            items.len()
        )));
    };
    Ok((Key::new(key.clone())?, value.clone()))
}

fn pop_key(dict: &Dict, args: &mut Args) -> Outcome {
    let key = Key::new(args.required("key")?)?;
    let default = args.take("default");
    let found = dict.change(|pairs| pairs.shift_remove(&key)).or(default);
    match found {
        Some(found) => Ok(found.forced()),
        None => Err(Fault::new(format!("KeyError: {}", text::repr(key.as_val())?))),
    }
}

fn lists(list: &List, method: &str, args: &mut Args) -> Option<Outcome> {
    Some(match method {
        "append" => args.required("object").map(|item| {
            list.change(|items| items.push(item));
            Val::None
        }),
        "extend" => args.required("iterable").and_then(|more| more.iterate()).map(|more| {
            list.change(|items| items.extend(more));
            Val::None
        }),
        "insert" => insert(list, args),
        "pop" => pop(list, args),
        "remove" => args.required("value").and_then(|value| {
            let at = position(list, &value)?;
            list.change(|items| items.remove(at));
            Ok(Val::None)
        }),
        "index" => args
            .required("value")
            .and_then(|value| position(list, &value).map(|at| Val::Int(at as i128))),
        "count" => args.required("value").and_then(|value| {
            let mut count = 0;
            // Python compares here without looking into what is not of the same type.
            let _watch = Watch::begin(false);
            for item in list.items() {
                // What is missing is like nothing.
                let is_there = !matches!(item, Val::Missing(_));
                count += i128::from(is_there && ops::equal(&item, &value)?);
            }
            Ok(Val::Int(count))
        }),
        "copy" => Ok(Val::list(list.raw())),
        "clear" => {
            list.change(Vec::clear);
            Ok(Val::None)
        }
        "reverse" => {
            list.change(|items| items.reverse());
            Ok(Val::None)
        }
        "sort" => sort(list, args),
        _ => return None,
    })
}

fn sort(list: &List, args: &mut Args) -> Outcome {
    let reverse = args.take_named("reverse").map_or(Ok(false), |flag| flag.truth())?;
    args.end()?;
    let mut items = list.items();
    // Python keeps equal items in their order when it sorts in reverse.
    if reverse {
        items.reverse();
    }
    let mut sorted = super::filters::sorted(items, |item| Ok(item.clone()))?;
    if reverse {
        sorted.reverse();
    }
    list.change(|items| *items = sorted);
    Ok(Val::None)
}

fn position(list: &List, value: &Val) -> Outcome<usize> {
    for (at, item) in list.items().iter().enumerate() {
        if ops::equal(item, value)? {
            return Ok(at);
        }
    }
    Err(Fault::new(format!("{} is not in list", text::repr(value)?)))
}

fn place(list: &List, index: i128) -> usize {
    let length = i128::try_from(list.len()).unwrap_or(0);
    let at = if index < 0 { index + length } else { index };
    usize::try_from(at.clamp(0, length)).unwrap_or(0)
}

fn insert(list: &List, args: &mut Args) -> Outcome {
    let at = place(list, args.int("index")?.unwrap_or(0));
    let item = args.required("object")?;
    list.change(|items| items.insert(at, item));
    Ok(Val::None)
}

fn pop(list: &List, args: &mut Args) -> Outcome {
    let at = place(list, args.int("index")?.unwrap_or(-1));
    let found = list.change(|items| (at < items.len()).then(|| items.remove(at)));
    found.map(Val::forced).ok_or_else(|| Fault::new("pop index out of range"))
}

fn strings(value: &str, method: &str, args: &mut Args) -> Option<Outcome> {
    super::strings::method(value, method, args)
        .or_else(|| (method == "format").then(|| format::braces(value, &std::mem::take(args))))
}
