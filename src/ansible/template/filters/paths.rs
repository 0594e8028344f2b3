//! Filters on paths, with the meaning of Python's `os.path`.

use std::sync::Arc;

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    lookups, text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "basename" => basename,
        "dirname" => dirname,
        "splitext" => splitext,
        "path_join" => path_join,
        "normpath" => normpath,
        "realpath" => realpath,
        "relpath" => relpath,
        "commonpath" => commonpath,
        "expanduser" => expanduser,
        "expandvars" => expandvars,
        "fileglob" => fileglob,
        "win_basename" => win_basename,
        "win_dirname" => win_dirname,
        "win_splitdrive" => win_splitdrive,
        _ => return None,
    })
}

fn basename(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    Ok(Val::str(path.rsplit('/').next().unwrap_or("")))
}

/// Python's `os.path.dirname`.
pub(in crate::ansible::template) fn directory(path: &str) -> &str {
    let head = path.rfind('/').map_or("", |at| &path[..=at]);
    let trimmed = head.trim_end_matches('/');
    if trimmed.is_empty() { head } else { trimmed }
}

fn dirname(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::str(directory(&text::path_of(input)?)))
}

fn splitext(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let stem = path[name..].trim_start_matches('.');
    let start = path.len() - stem.len();
    let cut = stem.rfind('.').map_or(path.len(), |at| start + at);
    Ok(Val::tuple(vec![Val::str(&path[..cut]), Val::str(&path[cut..])]))
}

/// Python's `os.path.join`.
pub(in crate::ansible::template) fn joined(parts: &[String]) -> String {
    parts.iter().fold(String::new(), |path, part| {
        if part.starts_with('/') {
            part.clone()
        } else if path.is_empty() || path.ends_with('/') {
            path + part
        } else {
            path + "/" + part
        }
    })
}

/// The paths of a list.
fn parts_of(value: &Val, wanted: &str) -> Outcome<Vec<String>> {
    match value {
        Val::List(_) | Val::Tuple(_) => value.items()?.iter().map(text::path_of).collect(),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("|{wanted}, got <class '{kind}'> instead.")))
        }
    }
}

fn path_join(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let parts = match input {
        Val::Str(path) => vec![path.to_string()],
        other => parts_of(other, "path_join expects string or sequence")?,
    };
    if parts.is_empty() {
        return Err(Fault::new("join() missing 1 required positional argument: 'a'"));
    }
    Ok(Val::str(joined(&parts)))
}

/// Python's `os.path.normpath`.
pub(in crate::ansible::template) fn normal(path: &str) -> String {
    let root = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if root => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (root, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn normpath(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::str(normal(&text::path_of(input)?)))
}

fn working_directory(env: &Arc<Env>) -> String {
    env.scope().world().env("PWD").unwrap_or_else(|| "/".into())
}

fn absolute(env: &Arc<Env>, path: &str) -> String {
    normal(&joined(&[working_directory(env), path.to_owned()]))
}

/// Follows the links in a path, each before the `..` behind it, as far as the path is there.
fn realpath(env: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = joined(&[working_directory(env), text::path_of(input)?]);
    let mut real = "/".to_owned();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        real = match part {
            ".." => directory(&real).to_owned(),
            part => env.scope().world().real_path(&joined(&[real, part.to_owned()])),
        };
    }
    Ok(Val::str(real))
}

fn relpath(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    if path.is_empty() {
        return Err(Fault::new("no path specified"));
    }
    let path = absolute(env, &path);
    let start = absolute(env, &args.text_or("start", ".")?);
    let parts = |path: &str| {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (path, start) = (parts(&path), parts(&start));
    let same = path.iter().zip(&start).take_while(|(one, other)| one == other).count();
    let up = vec!["..".to_owned(); start.len() - same];
    let found = [&up[..], &path[same..]].concat().join("/");
    Ok(Val::str(if found.is_empty() { ".".into() } else { found }))
}

fn commonpath(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let paths = parts_of(input, "commonpath expects sequence")?;
    let Some(first) = paths.first() else {
        return Err(Fault::new("commonpath() arg is an empty sequence"));
    };
    let split = |path: &str| {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut common = split(first);
    for path in &paths[1..] {
        let parts = split(path);
        let same = common.iter().zip(&parts).take_while(|(one, other)| one == other).count();
        common.truncate(same);
    }
    let absolute = first.starts_with('/');
    if paths.iter().any(|path| path.starts_with('/') != absolute) {
        return Err(Fault::new("Can't mix absolute and relative paths"));
    }
    let root = if absolute { "/" } else { "" };
    Ok(Val::str(format!("{root}{}", common.join("/"))))
}

fn expanduser(env: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    let home = || env.scope().world().env("HOME");
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    Ok(Val::str(match rest.and_then(|rest| Some(home()? + rest)) {
        Some(expanded) => expanded,
        None => path,
    }))
}

fn expandvars(env: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    let pattern = super::regex::compiled(r"\$(?:\{(\w+)\}|(\w+))", false, false)?;
    let replaced = pattern.replace_all(&path, |found: &fancy_regex::Captures<'_>| {
        let name = found.get(1).or_else(|| found.get(2)).map_or("", |name| name.as_str());
        env.scope().world().env(name).unwrap_or_else(|| found[0].to_owned())
    });
    Ok(Val::str(replaced))
}

fn fileglob(env: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::strings(lookups::matching_files(env, &text::path_of(input)?)?))
}

/// A Windows path as its drive and the rest.
fn drive(path: &str) -> (&str, &str) {
    let slash = |c: char| matches!(c, '/' | '\\');
    let mut chars = path.chars();
    if let (Some(first), Some(second)) = (chars.next(), chars.next()) {
        if slash(first) && slash(second) && !chars.next().is_some_and(slash) {
            // A share's drive is its server with its name.
            let Some(server) = path[2..].find(slash) else { return (path, "") };
            let name = path[server + 3..].find(slash);
            return name.map_or((path, ""), |name| path.split_at(server + 3 + name));
        }
        if second == ':' {
            return path.split_at(first.len_utf8() + 1);
        }
    }
    ("", path)
}

fn win_basename(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    Ok(Val::str(drive(&path).1.rsplit(['/', '\\']).next().unwrap_or("")))
}

fn win_dirname(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    let (drive, rest) = drive(&path);
    let head = rest.rfind(['/', '\\']).map_or("", |at| &rest[..=at]);
    let trimmed = head.trim_end_matches(['/', '\\']);
    Ok(Val::str(format!("{drive}{}", if trimmed.is_empty() { head } else { trimmed })))
}

fn win_splitdrive(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let path = text::path_of(input)?;
    let (drive, rest) = drive(&path);
    Ok(Val::tuple(vec![Val::str(drive), Val::str(rest)]))
}
