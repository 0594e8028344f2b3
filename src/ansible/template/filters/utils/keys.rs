//! Filters that take keys out of nested lists and dicts.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ansible::template::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::{self, Filter},
    text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "remove_keys" => |_, input, args| Targets::of(args)?.removed(input),
        "replace_keys" => replace_keys,
        "keep_keys" => |_: &Arc<Env>, input, args| Targets::of(args)?.kept(input),
        _ => return None,
    })
}

/// Puts other keys in the place of some, in the order of the pairs `before` and `after`.
fn replace_keys(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let pairs = args.required("target")?.items()?;
    let how = args.text_or("matching_parameter", "equality")?;
    let mut replacements = Vec::new();
    for pair in &pairs {
        let part = |name| text::str_of(&access::item(pair, &Val::str(name))?);
        replacements.push((
            Targets { names: vec![part("before")?], how: how.clone() },
            Key::text(&part("after")?),
        ));
    }
    if !matches!(input, Val::List(_) | Val::Dict(_)) {
        return Err(Fault::new(
            "Error when using plugin 'replace_keys': Input is not valid for replace operation",
        ));
    }
    replaced(input, &replacements)
}

fn replaced(value: &Val, replacements: &[(Targets, Key)]) -> Outcome {
    Ok(match value.clone().used()? {
        Val::List(list) => Val::list(
            list.items().iter().map(|item| replaced(item, replacements)).collect::<Outcome<_>>()?,
        ),
        Val::Dict(dict) => {
            let mut pairs = dict.raw();
            for (target, after) in replacements {
                rename(&mut pairs, target, after)?;
            }
            for value in pairs.values_mut() {
                *value = replaced(value, replacements)?;
            }
            Val::Dict(Dict::new(pairs))
        }
        other => other,
    })
}

/// Puts a key in the place of all that are meant.
fn rename(pairs: &mut IndexMap<Key, Val>, target: &Targets, after: &Key) -> Outcome<()> {
    let keys: Vec<Key> = pairs.keys().cloned().collect();
    for key in keys {
        if !target.hits(key.as_val())? {
            continue;
        }
        if let Some(value) = pairs.shift_remove(&key) {
            pairs.insert(after.clone(), value);
        }
    }
    Ok(())
}

/// Which keys are meant.
struct Targets {
    names: Vec<String>,
    how: String,
}

impl Targets {
    fn of(args: &mut Args) -> Outcome<Self> {
        let names = match args.required("target")? {
            Val::Str(name) => vec![name.to_string()],
            other => other.items()?.iter().map(text::str_of).collect::<Outcome<_>>()?,
        };
        Ok(Self { names, how: args.text_or("matching_parameter", "equality")? })
    }

    fn names_exactly(&self, key: &Val) -> bool {
        key.as_str().is_some_and(|key| self.names.iter().any(|name| name == key))
    }

    fn hits(&self, key: &Val) -> Outcome<bool> {
        let key = text::str_of(key)?;
        for name in &self.names {
            let hit = match &*self.how {
                "starts_with" => key.starts_with(name),
                "ends_with" => key.ends_with(name),
                "regex" => {
                    let pattern = format!(r"\A(?:{name})");
                    filters::regex::compiled(&pattern, false, false)?
                        .is_match(&key)
                        .unwrap_or(false)
                }
                _ => key == *name,
            };
            if hit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The value without the keys. What is empty or zero drops out of lists, as the collection has it.
    fn removed(&self, value: &Val) -> Outcome {
        Ok(match value.clone().used()? {
            Val::Dict(dict) => Val::Dict(Dict::new(self.pairs_without(&dict)?)),
            Val::List(list) => {
                let items = list.items();
                let items = items.iter().map(|item| self.removed(item));
                let mut items = items.collect::<Outcome<Vec<_>>>()?;
                items.retain(|item| item.truth().unwrap_or(true));
                Val::list(items)
            }
            other => other,
        })
    }

    fn pairs_without(&self, dict: &Dict) -> Outcome<IndexMap<Key, Val>> {
        let mut made = IndexMap::new();
        for (key, value) in dict.pairs() {
            if !self.hits(key.as_val())? {
                made.insert(key, self.removed(&value)?);
            }
        }
        Ok(made)
    }

    /// The value with nothing but the keys and what leads to them.
    fn kept(&self, value: &Val) -> Outcome {
        match value.clone().used()? {
            Val::Dict(dict) => {
                let mut made = IndexMap::new();
                for (key, value) in dict.pairs() {
                    made.extend(self.kept_under(key.as_val(), value)?.map(|value| (key, value)));
                }
                Ok(Val::Dict(Dict::new(made)))
            }
            Val::List(list) => {
                let items = list.items();
                items.iter().map(|item| self.kept(item)).collect::<Outcome<_>>().map(Val::list)
            }
            other => Ok(other),
        }
    }

    fn kept_under(&self, key: &Val, value: Val) -> Outcome<Option<Val>> {
        let nested = matches!(value.clone().forced(), Val::List(_) | Val::Dict(_));
        if self.names_exactly(key) || (!nested && self.hits(key)?) {
            return Ok(Some(value));
        }
        if !nested {
            return Ok(None);
        }
        let inner = match self.kept(&value)? {
            Val::List(list) => {
                let mut items = list.items();
                items.retain(|item| match item {
                    Val::List(list) => list.len() > 0,
                    Val::Dict(dict) => dict.len() > 0,
                    _ => true,
                });
                Val::list(items)
            }
            other => other,
        };
        Ok(inner.truth()?.then_some(inner))
    }
}
