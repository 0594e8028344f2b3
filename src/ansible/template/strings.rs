//! Methods of Python's `str`.

use super::{
    call::Args,
    characters, digits,
    fault::{Fault, Faulty, Outcome},
    meter,
    value::Val,
};

/// Methods whose arguments may be given by name.
const TAKES_NAMES: &[&str] = &["encode", "expandtabs", "format", "rsplit", "split", "splitlines"];

/// Calls a method of a text; `None` if there is no such method.
pub(super) fn method(value: &str, method: &str, args: &mut Args) -> Option<Outcome> {
    if !args.named.is_empty() && !TAKES_NAMES.contains(&method) {
        return Some(Err(Fault::new(format!("str.{method}() takes no keyword arguments"))));
    }
    if let Some(answer) = question(value, method) {
        return Some(Ok(Val::Bool(answer)));
    }
    let plain = |text: String| Some(Ok(Val::str(text)));
    match method {
        "lower" => plain(value.to_lowercase()),
        "casefold" => plain(characters::folded(value)),
        "upper" => plain(value.to_uppercase()),
        "capitalize" => plain(capitalized(value)),
        "title" => plain(titled(value)),
        "swapcase" => plain(value.chars().map(swapped).collect()),
        "splitlines" => {
            Some(args.flag("keepends", false).map(|keep| characters::lines(value, keep)))
        }
        "expandtabs" => Some(args.number("tabsize", 8).and_then(|size| {
            let size = i32::try_from(size).map_err(|_| too_large("int"))?;
            characters::tabs_expanded(value, usize::try_from(size).unwrap_or(0))
        })),
        "translate" => {
            Some(args.required("table").and_then(|table| characters::translated(value, &table)))
        }
        "maketrans" => Some(characters::table(args)),
        "format_map" => Some(format_map(value, args)),
        "strip" | "lstrip" | "rstrip" => Some(strip(value, method, args)),
        "startswith" | "endswith" => Some(edge(value, method, args)),
        "split" | "rsplit" => Some(split(value, args, method == "rsplit")),
        "partition" | "rpartition" => Some(partition(value, args, method == "rpartition")),
        "removeprefix" | "removesuffix" => Some(args.only_text("affix").map(|affix| {
            let cut = match method {
                "removeprefix" => value.strip_prefix(&*affix),
                _ => value.strip_suffix(&*affix),
            };
            Val::str(cut.unwrap_or(value))
        })),
        "replace" => Some(replace(value, args)),
        "join" => Some(join(value, args)),
        "find" | "rfind" | "index" | "rindex" => Some(find(value, method, args)),
        "count" => Some(count(value, args)),
        "zfill" | "ljust" | "rjust" | "center" => Some(justify(value, method, args)),
        "encode" => plain(value.to_owned()),
        _ => None,
    }
}

/// Methods that say what a text consists of.
fn question(value: &str, method: &str) -> Option<bool> {
    let every = |test: fn(char) -> bool| !value.is_empty() && value.chars().all(test);
    let case = |own: fn(char) -> bool, other: fn(char) -> bool| {
        value.chars().any(own) && !value.chars().any(other)
    };
    Some(match method {
        "isascii" => value.is_ascii(),
        "isprintable" => value.chars().all(characters::is_printable),
        "isidentifier" => characters::is_identifier(value),
        "istitle" => characters::is_title(value),
        "isdecimal" => every(digits::is_decimal),
        "isdigit" => every(digits::is_digit),
        "isnumeric" => every(char::is_numeric),
        "isalpha" => every(char::is_alphabetic),
        "isalnum" => every(char::is_alphanumeric),
        "isspace" => every(char::is_whitespace),
        "isupper" => case(char::is_uppercase, char::is_lowercase),
        "islower" => case(char::is_lowercase, char::is_uppercase),
        _ => return None,
    })
}

fn format_map(value: &str, args: &mut Args) -> Outcome {
    let Val::Dict(mapping) = args.required("mapping")? else {
        // Only a field needs a mapping.
        let found = super::format::braces(value, &Args::default());
        return found.map_err(|_| Fault::new("format_map() needs a mapping"));
    };
    let named = mapping.pairs().into_iter();
    let named = named.filter_map(|(key, value)| Some((key.as_val().as_str()?.into(), value)));
    super::format::braces(value, &Args { positional: Vec::new(), named: named.collect() })
}

fn count(value: &str, args: &mut Args) -> Outcome {
    let part = args.only_text("sub")?;
    let Some((_, value)) = section(value, args)? else { return Ok(Val::Int(0)) };
    let count =
        if part.is_empty() { value.chars().count() + 1 } else { value.matches(&*part).count() };
    Ok(Val::Int(count as i128))
}

fn swapped(c: char) -> char {
    let other = if c.is_uppercase() { c.to_lowercase().next() } else { c.to_uppercase().next() };
    other.unwrap_or(c)
}

/// The first letter upper, the rest lower case.
pub(super) fn capitalized(value: &str) -> String {
    let mut chars = value.chars();
    let first = chars.next().map(characters::title_case).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

pub(super) fn titled(value: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for c in value.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.push_str(&characters::title_case(c));
        }
        inside = c.is_alphabetic();
    }
    out
}

fn strip(value: &str, method: &str, args: &mut Args) -> Outcome {
    let chars = args.maybe_text("chars")?;
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
    let section = section(value, args)?;
    for affix in affixes {
        let Val::Str(affix) = affix.used()? else {
            return Err(Fault::new(format!("{method} first arg must be str or a tuple of str")));
        };
        let found = section.is_some_and(|(_, value)| match method {
            "startswith" => value.starts_with(&*affix),
            _ => value.ends_with(&*affix),
        });
        if found {
            return Ok(Val::Bool(true));
        }
    }
    Ok(Val::Bool(false))
}

/// The part of a text between the two places that a call may end with, and where it begins; `None` if it ends before.
fn section<'text>(value: &'text str, args: &mut Args) -> Outcome<Option<(usize, &'text str)>> {
    let count = value.chars().count();
    let place = |at: i128| {
        let at = if at < 0 { at.saturating_add(count as i128) } else { at };
        usize::try_from(at.max(0)).unwrap_or(usize::MAX)
    };
    let start = args.int("start")?.map_or(0, place);
    let end = args.int("end")?.map_or(count, place).min(count);
    let byte = |at: usize| value.char_indices().nth(at).map_or(value.len(), |(byte, _)| byte);
    Ok((start <= end).then(|| (start, &value[byte(start)..byte(end)])))
}

/// `split` and `rsplit`: without a separator at any white space, dropping empty parts.
pub(super) fn split(value: &str, args: &mut Args, from_end: bool) -> Outcome {
    let separator = args.maybe_text("sep")?;
    let most = usize::try_from(args.number("maxsplit", -1)?).ok();
    let Some(separator) = separator else {
        let Some(most) = most else { return Ok(Val::strings(value.split_whitespace())) };
        if from_end {
            // The same from the other end, with every part turned around.
            let turned = |text: &str| text.chars().rev().collect::<String>();
            let value = turned(value.trim_end());
            let mut parts: Vec<String> =
                split_spaces(&value, most).into_iter().map(turned).collect();
            parts.reverse();
            return Ok(Val::strings(parts));
        }
        return Ok(Val::strings(split_spaces(value.trim_start(), most)));
    };
    if separator.is_empty() {
        return Err(Fault::new("empty separator"));
    }
    let parts: Vec<&str> = match (most, from_end) {
        (None, _) => value.split(&*separator).collect(),
        (Some(most), false) => value.splitn(most.saturating_add(1), &*separator).collect(),
        (Some(most), true) => {
            let mut parts: Vec<&str> = value.rsplitn(most.saturating_add(1), &*separator).collect();
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
    let separator = args.only_text("sep")?;
    if separator.is_empty() {
        return Err(Fault::new("empty separator"));
    }
    let cut = if from_end { value.rsplit_once(&*separator) } else { value.split_once(&*separator) };
    let parts = match (cut, from_end) {
        (Some((before, after)), _) => [before, &*separator, after],
        (None, false) => [value, "", ""],
        (None, true) => ["", "", value],
    };
    Ok(Val::tuple(parts.map(Val::str).to_vec()))
}

fn replace(value: &str, args: &mut Args) -> Outcome {
    let (old, new) = (args.only_text("old")?, args.only_text("new")?);
    let count = usize::try_from(args.number("count", -1)?).ok();
    let found = value.matches(&*old).count().min(count.unwrap_or(usize::MAX));
    meter::room(found.saturating_mul(new.len()).saturating_add(value.len()))?;
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
    glued(&parts, value)
}

/// The parts with the separator between them.
pub(super) fn glued(parts: &[String], separator: &str) -> Outcome {
    let own: usize = parts.iter().map(String::len).sum();
    meter::room(own.saturating_add(parts.len().saturating_mul(separator.len())))?;
    Ok(Val::str(parts.join(separator)))
}

fn find(value: &str, method: &str, args: &mut Args) -> Outcome {
    let part = args.only_text("sub")?;
    let found = section(value, args)?.and_then(|(start, value)| {
        let at = if method.starts_with('r') { value.rfind(&*part) } else { value.find(&*part) };
        at.map(|at| start + value[..at].chars().count())
    });
    match found {
        Some(at) => Ok(Val::Int(at as i128)),
        None if method.ends_with("find") => Ok(Val::Int(-1)),
        None => Err(Fault::new("substring not found")),
    }
}

/// Python refuses a number that its own code does not take.
fn too_large(kind: &str) -> Faulty {
    Fault::new(format!("Python int too large to convert to C {kind}"))
}

fn justify(value: &str, method: &str, args: &mut Args) -> Outcome {
    let width =
        args.required("width").and_then(|width| Args::of(vec![width]).number("width", 0))?;
    let width = isize::try_from(width).map_err(|_| too_large("ssize_t"))?;
    let width = usize::try_from(width).unwrap_or(0);
    let fill = match args.take("fillchar") {
        Some(_) if method == "zfill" => return Err(Fault::new("too many positional arguments")),
        Some(Val::Str(fill)) if fill.chars().count() == 1 => fill.to_string(),
        Some(_) => return Err(Fault::new("The fill character must be exactly one character long")),
        None if method == "zfill" => "0".to_owned(),
        None => " ".to_owned(),
    };
    let missing = width.saturating_sub(value.chars().count());
    meter::room(missing.saturating_mul(fill.len()).saturating_add(value.len()))?;
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
