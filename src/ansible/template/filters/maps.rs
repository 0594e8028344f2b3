//! Filters that apply other filters or tests to every item.

use std::sync::Arc;

use super::{Filter, lists};
use crate::ansible::template::{
    call::Args,
    checks,
    env::Env,
    fault::{Fault, Outcome},
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "map" => map,
        "select" => |env, input, args| chosen(env, input, args, (true, false)),
        "reject" => |env, input, args| chosen(env, input, args, (false, false)),
        "selectattr" => |env, input, args| chosen(env, input, args, (true, true)),
        "rejectattr" => |env, input, args| chosen(env, input, args, (false, true)),
        "groupby" => groupby,
        _ => return None,
    })
}

fn map(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    if !input.truth()? {
        *args = Args::default();
        return Ok(Val::list(Vec::new()));
    }
    if let Some(path) = args.take_named("attribute") {
        let default = args.take_named("default").filter(|default| !matches!(default, Val::None));
        let part = |item: Val| lists::attribute_or(&item, &path, default.as_ref());
        args.end()?;
        return Ok(Val::list(input.iterate()?.into_iter().map(part).collect::<Outcome<_>>()?));
    }
    let name = args.take("filter").ok_or_else(|| Fault::new("map requires a filter argument"))?;
    let name = Args::of(vec![name]).only_text("filter")?;
    if !super::is_known(&name) {
        // No item's fault, so that no default stands in for it.
        return super::apply(env, &name, Val::None, Args::default()).used();
    }
    let args = std::mem::take(args);
    let mapped = |item| super::apply(env, &name, item, args.clone());
    Ok(Val::list(input.iterate()?.into_iter().map(mapped).collect()))
}

/// Keeps the items whose test gives `wanted.0`; `wanted.1` says whether an attribute is tested.
fn chosen(env: &Arc<Env>, input: &Val, args: &mut Args, wanted: (bool, bool)) -> Outcome {
    if !input.truth()? {
        return Ok(Val::list(Vec::new()));
    }
    let path = if wanted.1 { Some(args.required("attribute")?) } else { None };
    let test = args.take("test");
    let test = test.map(|test| Args::of(vec![test]).only_text("test")).transpose()?;
    let mut kept = Vec::new();
    let args = if test.is_some() { std::mem::take(args) } else { Args::default() };
    for item in input.iterate()? {
        let tested = match &path {
            Some(path) => lists::attribute(&item, path)?,
            None => item.clone(),
        };
        let answer = match &test {
            Some(test) => checks::apply(env, test, tested, args.clone()).truth()?,
            None => tested.truth()?,
        };
        if answer == wanted.0 {
            kept.push(item);
        }
    }
    Ok(Val::list(kept))
}

fn groupby(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let path = args.required("attribute")?;
    // Ansible stops at a missing attribute before it thinks of the default.
    let _default = args.take("default");
    let case_sensitive = args.flag("case_sensitive", false)?;
    let part = |item: &Val| lists::attribute(item, &path)?.used();
    let key = |item: &Val| lists::key_of(&part(item)?, None, case_sensitive);
    let mut groups: Vec<(Val, Val, Vec<Val>)> = Vec::new();
    for item in super::sorted(input.items()?, key)? {
        let found = key(&item)?;
        match groups.last_mut() {
            Some((known, _, items)) if crate::ansible::template::ops::equal(known, &found)? => {
                items.push(item);
            }
            _ => groups.push((found, part(&item)?, vec![item])),
        }
    }
    let group = |(_, name, items): (Val, Val, Vec<Val>)| Val::group(name, items);
    Ok(Val::list(groups.into_iter().map(group).collect()))
}
