//! Lookups of files and commands.

use std::sync::Arc;

use super::{Found, Lookup};
use crate::{
    ansible::template::{
        call::Args,
        env::Env,
        fault::{Fault, Outcome},
        filters, parse, text,
        value::{Key, Val},
    },
    trouble::Trouble,
};

pub(super) fn find(name: &str) -> Option<Lookup> {
    Some(match name {
        "file" | "unvault" => file,
        "template" => template,
        "fileglob" => fileglob,
        "first_found" => first_found,
        "pipe" => pipe,
        "lines" => lines,
        "password" => password,
        _ => return None,
    })
}

fn told(trouble: &Trouble) -> super::super::fault::Faulty {
    Fault::from_trouble(trouble)
}

fn expanded(env: &Arc<Env>, path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => {
            let home = env.scope().world().env("HOME").unwrap_or_default();
            format!("{home}/{rest}")
        }
        None => path.to_owned(),
    }
}

/// Where a relative path may lie: the layers, the highest first, and in each the folder of its kind.
fn candidates(env: &Arc<Env>, path: &str, kind: &str) -> Vec<String> {
    let path = expanded(env, path);
    if path.starts_with('/') {
        return vec![path];
    }
    let layers = env.scope().search_paths().into_iter().rev();
    layers.flat_map(|layer| [format!("{layer}/{kind}/{path}"), format!("{layer}/{path}")]).collect()
}

fn read(env: &Arc<Env>, path: &str, kind: &str) -> Outcome<Option<(String, Vec<u8>)>> {
    for candidate in candidates(env, path, kind) {
        let found = env.scope().world().read(&candidate).map_err(|trouble| told(&trouble))?;
        if let Some(bytes) = found {
            return Ok(Some((candidate, bytes)));
        }
    }
    Ok(None)
}

fn not_found(env: &Arc<Env>, path: &str, kind: &str) -> super::super::fault::Faulty {
    let tried = candidates(env, path, kind).join(", ");
    Fault::with_hint(
        format!("could not locate file in lookup: {path}"),
        format!("create one of these files: {tried}"),
    )
}

/// A template's text, found as the `template` lookup finds it.
pub(in crate::ansible::template) fn read_template(
    env: &Arc<Env>,
    path: &str,
) -> Outcome<Option<String>> {
    let found = read(env, path, "templates")?;
    Ok(found.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()))
}

fn file(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let left = args.take_named("lstrip").map_or(Ok(false), |flag| flag.truth())?;
    let right = args.take_named("rstrip").map_or(Ok(true), |flag| flag.truth())?;
    let mut found = Vec::new();
    for term in terms {
        let path = text::str_of(&term)?;
        let (_, bytes) =
            read(env, &path, "files")?.ok_or_else(|| not_found(env, &path, "files"))?;
        let content = String::from_utf8_lossy(&bytes);
        let content = if left { content.trim_start() } else { &content };
        found.push(Val::str(if right { content.trim_end() } else { content }));
    }
    Ok(found)
}

fn template(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let convert = args.take_named("convert_data").map_or(Ok(true), |flag| flag.truth())?;
    let locals = match args.take_named("template_vars") {
        Some(Val::Dict(dict)) => dict
            .pairs()
            .into_iter()
            .filter_map(|(key, value)| Some((key.as_val().as_str()?.to_owned(), value)))
            .collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for term in terms {
        let path = text::str_of(&term)?;
        let source =
            read_template(env, &path)?.ok_or_else(|| not_found(env, &path, "templates"))?;
        let rendered = env.render_with(&source, parse::Origin::File, locals.clone())?;
        found.push(match rendered.used()? {
            Val::None => Val::str(""),
            value if convert => value,
            value => Val::str(text::str_of(&value)?),
        });
    }
    Ok(found)
}

fn fileglob(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in terms {
        for pattern in candidates(env, &text::str_of(&term)?, "files") {
            let paths = env.scope().world().glob(&pattern).map_err(|trouble| told(&trouble))?;
            let any = !paths.is_empty();
            found.extend(paths.into_iter().map(Val::str));
            if any {
                break;
            }
        }
    }
    Ok(found)
}

fn texts(value: &Val) -> Outcome<Vec<String>> {
    match value {
        Val::Str(text) => Ok(text.split([',', ';']).map(|part| part.trim().to_owned()).collect()),
        other => other.items()?.iter().map(text::str_of).collect(),
    }
}

/// The paths that `first_found` is to try, from terms that are paths or dicts of `files`, `paths` and `skip`.
#[derive(Default)]
struct Tries {
    paths: Vec<String>,
    skip: bool,
}

impl Tries {
    fn add(&mut self, term: &Val) -> Outcome<()> {
        match term {
            Val::Missing(_) => {}
            Val::List(list) => list.items().iter().try_for_each(|term| self.add(term))?,
            Val::Dict(dict) => {
                let part = |key| dict.get_str(key).map_or(Ok(Vec::new()), |value| texts(&value));
                let (names, paths) = (part("files")?, part("paths")?);
                if let Some(flag) = dict.get(&Key::text("skip")) {
                    self.skip |= flag.truth()?;
                }
                let join =
                    |path: &String, name: &String| filters::joined(&[path.clone(), name.clone()]);
                match (names.is_empty(), paths.is_empty()) {
                    (_, true) => self.paths.extend(names),
                    (true, false) => self.paths.extend(paths),
                    (false, false) => {
                        let pairs = paths
                            .iter()
                            .flat_map(|path| names.iter().map(move |name| (path, name)));
                        self.paths.extend(pairs.map(|(path, name)| join(path, name)));
                    }
                }
            }
            other => self.paths.push(text::str_of(other)?),
        }
        Ok(())
    }
}

fn first_found(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut tries = Tries::default();
    terms.iter().try_for_each(|term| tries.add(term))?;
    tries.add(&Val::dict(args.named.drain(..).collect::<Vec<_>>()))?;
    for path in &tries.paths {
        if let Some((found, _)) = read(env, path, "files")? {
            return Ok(vec![Val::str(found)]);
        }
    }
    if tries.skip {
        return Ok(Vec::new());
    }
    let tried = tries.paths.join(", ");
    Err(Fault::new(format!("No file was found when using first_found. Tried: {tried}")))
}

fn shell(env: &Arc<Env>, command: &str) -> Outcome<String> {
    let ran = env.scope().world().shell(command).map_err(|trouble| told(&trouble))?;
    match ran {
        (0, output, _) => Ok(output),
        (code, _, errors) => {
            let errors = errors.trim();
            Err(Fault::new(format!("lookup_plugin.pipe({command}) returned {code}: {errors}")))
        }
    }
}

fn pipe(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let run = |term: &Val| Ok(Val::str(shell(env, &text::str_of(term)?)?.trim_end()));
    terms.iter().map(run).collect()
}

fn lines(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in &terms {
        found.extend(shell(env, &text::str_of(term)?)?.lines().map(Val::str));
    }
    Ok(found)
}

/// Reads a password file. Unlike Ansible's it never makes one up: looking at a configuration must not change files.
fn password(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in terms {
        let term = text::str_of(&term)?;
        let path = term.split_whitespace().next().unwrap_or_default().to_owned();
        let (_, bytes) = read(env, &path, "files")?.ok_or_else(|| {
            Fault::with_hint(
                format!("the password file {path} does not exist"),
                format!("create it, for example: openssl rand -hex 16 > {path}"),
            )
        })?;
        let content = String::from_utf8_lossy(&bytes);
        found.push(Val::str(content.split(" salt=").next().unwrap_or("").trim_end()));
    }
    Ok(found)
}
