//! Methods of Python's `str`.

use super::{
    call::Args,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

/// Calls a method of a text; `None` if there is no such method.
pub(super) fn method(value: &str, method: &str, args: &mut Args) -> Option<Outcome> {
    let plain = |text: String| Some(Ok(Val::str(text)));
    match method {
        "lower" | "casefold" => plain(value.to_lowercase()),
        "upper" => plain(value.to_uppercase()),
        "capitalize" => plain(capitalized(value)),
        "title" => plain(titled(value)),
        "swapcase" => plain(value.chars().map(swapped).collect()),
        "splitlines" => Some(Ok(Val::strings(value.lines()))),
        "strip" | "lstrip" | "rstrip" => Some(strip(value, method, args)),
        "startswith" | "endswith" => Some(edge(value, method, args)),
        "split" | "rsplit" => Some(split(value, args, method == "rsplit")),
        "partition" | "rpartition" => Some(partition(value, args, method == "rpartition")),
        "removeprefix" | "removesuffix" => Some(args.text("affix").map(|affix| {
            let cut = match method {
                "removeprefix" => value.strip_prefix(&*affix),
                _ => value.strip_suffix(&*affix),
            };
            Val::str(cut.unwrap_or(value))
        })),
        "replace" => Some(replace(value, args)),
        "join" => Some(join(value, args)),
        "find" | "rfind" | "index" | "rindex" => Some(find(value, method, args)),
        "count" => {
            Some(args.text("sub").map(|part| Val::Int(value.matches(&*part).count() as i128)))
        }
        "zfill" | "ljust" | "rjust" | "center" => Some(justify(value, method, args)),
        "isdigit" | "isdecimal" | "isnumeric" => Some(Ok(every(value, char::is_numeric))),
        "isalpha" => Some(Ok(every(value, char::is_alphabetic))),
        "isalnum" => Some(Ok(every(value, char::is_alphanumeric))),
        "isspace" => Some(Ok(every(value, char::is_whitespace))),
        "isupper" => Some(Ok(case(value, char::is_uppercase, char::is_lowercase))),
        "islower" => Some(Ok(case(value, char::is_lowercase, char::is_uppercase))),
        "encode" => plain(value.to_owned()),
        _ => None,
    }
}

fn every(value: &str, test: impl Fn(char) -> bool) -> Val {
    Val::Bool(!value.is_empty() && value.chars().all(test))
}

fn case(value: &str, own: fn(char) -> bool, other: fn(char) -> bool) -> Val {
    Val::Bool(value.chars().any(own) && !value.chars().any(other))
}

fn swapped(c: char) -> char {
    let other = if c.is_uppercase() { c.to_lowercase().next() } else { c.to_uppercase().next() };
    other.unwrap_or(c)
}

/// The first letter upper, the rest lower case.
pub(super) fn capitalized(value: &str) -> String {
    let mut chars = value.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

fn titled(value: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for c in value.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

fn strip(value: &str, method: &str, args: &mut Args) -> Outcome {
    let chars = match args.take("chars") {
        Some(Val::None) | None => None,
        Some(chars) => Some(text::str_of(&chars)?),
    };
    let cut = |c: char| chars.as_ref().map_or_else(|| c.is_whitespace(), |chars| chars.contains(c));
    Ok(Val::str(match method {
        "strip" => value.trim_matches(cut),
        "lstrip" => value.trim_start_matches(cut),
        _ => value.trim_end_matches(cut),
    }))
}

fn edge(value: &str, method: &str, args: &mut Args) -> Outcome {
    let affixes = match args.required("affix")? {
        Val::Tuple(items) => items.to_vec(),
        other => vec![other],
    };
    for affix in affixes {
        let Val::Str(affix) = affix.used()? else {
            return Err(Fault::new(format!("{method} first arg must be str or a tuple of str")));
        };
        let found = if method == "startswith" {
            value.starts_with(&*affix)
        } else {
            value.ends_with(&*affix)
        };
        if found {
            return Ok(Val::Bool(true));
        }
    }
    Ok(Val::Bool(false))
}

/// `split` and `rsplit`: without a separator at any white space, dropping empty parts.
pub(super) fn split(value: &str, args: &mut Args, from_end: bool) -> Outcome {
    let separator = args.text_or("sep", "")?;
    let most = args.int("maxsplit")?.and_then(|most| usize::try_from(most).ok());
    if separator.is_empty() {
        let Some(most) = most else { return Ok(Val::strings(value.split_whitespace())) };
        return Ok(Val::strings(split_spaces(value.trim(), most)));
    }
    let parts: Vec<&str> = match (most, from_end) {
        (None, _) => value.split(&*separator).collect(),
        (Some(most), false) => value.splitn(most + 1, &*separator).collect(),
        (Some(most), true) => {
            let mut parts: Vec<&str> = value.rsplitn(most + 1, &*separator).collect();
            parts.reverse();
            parts
        }
    };
    Ok(Val::strings(parts))
}

fn split_spaces(value: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = value;
    while parts.len() < most {
        let Some((part, after)) = rest.split_once(char::is_whitespace) else { break };
        parts.push(part);
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn partition(value: &str, args: &mut Args, from_end: bool) -> Outcome {
    let separator = args.text("sep")?;
    let cut = if from_end { value.rsplit_once(&*separator) } else { value.split_once(&*separator) };
    let parts = match (cut, from_end) {
        (Some((before, after)), _) => [before, &*separator, after],
        (None, false) => [value, "", ""],
        (None, true) => ["", "", value],
    };
    Ok(Val::tuple(parts.map(Val::str).to_vec()))
}

fn replace(value: &str, args: &mut Args) -> Outcome {
    let (old, new) = (args.text("old")?, args.text("new")?);
    let count = args.int("count")?.and_then(|count| usize::try_from(count).ok());
    Ok(Val::str(match count {
        Some(count) => value.replacen(&*old, &new, count),
        None => value.replace(&*old, &new),
    }))
}

fn join(value: &str, args: &mut Args) -> Outcome {
    let items = args.required("iterable")?.items()?;
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Val::Str(part) = item else {
            let kind = item.type_name();
            return Err(Fault::new(format!(
                "sequence item {index}: expected str instance, {kind} found"
            )));
        };
        parts.push(part.to_string());
    }
    Ok(Val::str(parts.join(value)))
}

fn find(value: &str, method: &str, args: &mut Args) -> Outcome {
    let part = args.text("sub")?;
    let found = if method.starts_with('r') { value.rfind(&*part) } else { value.find(&*part) };
    match found {
        Some(at) => Ok(Val::Int(value[..at].chars().count() as i128)),
        None if method.ends_with("find") => Ok(Val::Int(-1)),
        None => Err(Fault::new("substring not found")),
    }
}

fn justify(value: &str, method: &str, args: &mut Args) -> Outcome {
    let width = args.size("width", 0)?.min(100_000);
    let default = if method == "zfill" { "0" } else { " " };
    let fill = args.text_or("fillchar", default)?;
    let missing = width.saturating_sub(value.chars().count());
    Ok(Val::str(match method {
        "ljust" => format!("{value}{}", fill.repeat(missing)),
        "center" => {
            let left = missing / 2 + (missing & width & 1);
            format!("{}{value}{}", fill.repeat(left), fill.repeat(missing - left))
        }
        "zfill" if value.starts_with(['+', '-']) => {
            format!("{}{}{}", &value[..1], fill.repeat(missing), &value[1..])
        }
        _ => format!("{}{value}", fill.repeat(missing)),
    }))
}
