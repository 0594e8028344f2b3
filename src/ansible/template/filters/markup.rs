//! Filters that write HTML's attributes and links, and values as Python shows them.

use std::sync::Arc;

use super::{Filter, strings::escaped};
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

fn urlize(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let limit = args.int("trim_url_limit")?.and_then(|limit| usize::try_from(limit).ok());
    let nofollow = args.flag("nofollow", false)?;
    let target = args.text_or("target", "")?;
    let mut rel: Vec<String> =
        args.text_or("rel", "")?.split_whitespace().map(str::to_owned).collect();
    rel.push("noopener".into());
    if nofollow {
        rel.push("nofollow".into());
    }
    rel.sort();
    rel.dedup();
    let target = match &*target {
        "" => String::new(),
        target => format!(" target=\"{}\"", escaped(target)),
    };
    let rel = format!(" rel=\"{}\"", rel.join(" "));
    let value = escaped(&text::str_of(input)?);
    let mut out = String::new();
    for piece in value.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let (head, middle, tail) = trimmed(word);
        let shown = match limit.filter(|limit| middle.chars().count() > *limit) {
            Some(limit) => middle.chars().take(limit).collect::<String>() + "...",
            None => middle.to_owned(),
        };
        let link =
            |address: &str| format!("{head}<a href=\"{address}\"{rel}{target}>{shown}</a>{tail}");
        if is_address(middle) {
            out.push_str(&link(middle));
        } else if middle.starts_with("www.") {
            out.push_str(&link(&format!("https://{middle}")));
        } else {
            out.push_str(word);
        }
        out.push_str(&piece[word.len()..]);
    }
    Ok(Val::str(out))
}

/// Whether a word is an address with a scheme and a name that has a top level.
fn is_address(word: &str) -> bool {
    let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    host.and_then(|host| host.rsplit_once('.'))
        .is_some_and(|(_, top)| top.split(':').next().is_some_and(|top| top.chars().count() >= 2))
}

/// A word without the brackets and stops around it.
fn trimmed(word: &str) -> (&str, &str, &str) {
    let start = word.len() - word.trim_start_matches("&lt;").trim_start_matches(['(', '<']).len();
    let rest = &word[start..];
    let middle = rest.trim_end_matches("&gt;").trim_end_matches([')', '>', '.', ',', '\n']);
    (&word[..start], middle, &rest[middle.len()..])
}

/// Ansible's lists and dicts are such that Python's pretty printer leaves them on one line.
fn pprint(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    text::repr(input).map(Val::str)
}
