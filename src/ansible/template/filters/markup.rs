//! Filters that write HTML's attributes and links, and values as Python shows them.

use std::sync::Arc;

use super::{Filter, links::urlize, strings::escaped};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "xmlattr" => xmlattr,
        "urlize" => urlize,
        "pprint" => pprint,
        _ => return None,
    })
}

fn xmlattr(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let autospace = args.flag("autospace", true)?;
    let Val::Dict(dict) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("'{kind}' object has no attribute 'items'")));
    };
    let mut written = Vec::new();
    for (key, value) in dict.pairs() {
        let value = value.used()?;
        if matches!(value, Val::None) {
            continue;
        }
        let name = text::only_text(key.as_val(), "search")?;
        if name.contains(|c: char| c.is_whitespace() || "/>=".contains(c)) {
            return Err(Fault::new(format!("Invalid character in attribute name: {name:?}")));
        }
        written.push(format!("{}=\"{}\"", escaped(&name), escaped(&text::str_of(&value)?)));
    }
    let text = written.join(" ");
    Ok(Val::str(if autospace && !text.is_empty() { format!(" {text}") } else { text }))
}

/// Ansible's lists and dicts are such that Python's pretty printer leaves them on one line.
fn pprint(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    text::repr(input).map(Val::str)
}
