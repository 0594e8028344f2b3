//! Lookups of files.

use std::sync::Arc;

use super::{
    Found, Lookup,
    options::Options,
    search::{self, candidates, existing, path_of, told},
};
use crate::ansible::{
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Outcome},
        filters, text,
        value::{Dict, Val},
    },
    world::Kind,
};

pub(super) fn find(name: &str) -> Option<Lookup> {
    Some(match name {
        "file" => file,
        "unvault" => unvault,
        "fileglob" => fileglob,
        "first_found" => first_found,
        _ => return None,
    })
}

fn content(env: &Arc<Env>, term: &Val) -> Outcome<String> {
    let bytes = search::content(env, &path_of(term)?)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn file(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut options = Options::of("file", args);
    let (left, right) = (options.flag("lstrip", false)?, options.flag("rstrip", true)?);
    let mut found = Vec::new();
    for term in terms {
        let content = content(env, &term)?;
        let content = if left { content.trim_start() } else { &content };
        found.push(Val::str(if right { content.trim_end() } else { content }));
    }
    Ok(found)
}

fn unvault(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    terms.iter().map(|term| content(env, term).map(Val::str)).collect()
}

/// Files whose names match a pattern; a path's folders are no patterns.
fn fileglob(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in terms {
        let term = path_of(&term)?;
        let folders = match term.rsplit_once('/') {
            Some((folder, name)) => {
                let folder = if folder.is_empty() { "/" } else { folder };
                let folder = existing(env, candidates(env, folder, "files"))?;
                folder
                    .into_iter()
                    .map(|folder| filters::joined(&[filters::normal(&folder), name.to_owned()]))
                    .collect()
            }
            None => candidates(env, &term, "files"),
        };
        for pattern in folders {
            let files = matching_files(env, &pattern)?;
            let any = !files.is_empty();
            found.extend(files.into_iter().map(Val::str));
            if any {
                break;
            }
        }
    }
    Ok(found)
}

/// The files that a pattern finds, without directories.
pub(in crate::ansible::template) fn matching_files(
    env: &Arc<Env>,
    pattern: &str,
) -> Outcome<Vec<String>> {
    let world = env.scope().world();
    let mut found = Vec::new();
    for path in world.glob(pattern).map_err(|trouble| told(&trouble))? {
        let kind = world.kind(&path).map_err(|trouble| told(&trouble))?.kind;
        if kind == Some(Kind::File) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The items of a list, each split where it has one of the separators.
fn split_items(value: Option<Val>, separators: &[char]) -> Outcome<Vec<String>> {
    let items = match value {
        None | Some(Val::None) => Vec::new(),
        Some(list @ (Val::List(_) | Val::Tuple(_))) => list.items()?,
        Some(other) => vec![other.used()?],
    };
    let texts = items.iter().map(text::str_of).collect::<Outcome<Vec<_>>>()?;
    Ok(texts.iter().flat_map(|text| text.split(separators)).map(str::to_owned).collect())
}

/// The paths that `first_found` is to try.
struct Tries {
    paths: Vec<String>,
    /// The folders that plain names are joined with; those of a term that is a dict hold for the terms after it.
    folders: Vec<String>,
    /// Whether nothing found is no fault.
    skip: bool,
}

impl Tries {
    fn add(&mut self, term: &Val) -> Outcome<()> {
        match term.clone().used()? {
            list @ (Val::List(_) | Val::Tuple(_)) => {
                list.items()?.iter().try_for_each(|term| self.add(term))
            }
            Val::Dict(dict) => {
                self.take(&dict)?;
                let names = split_items(dict.get_str("files"), &[',', ';'])?;
                self.add_names(names);
                Ok(())
            }
            Val::Str(name) => {
                let names = name.split([',', ';']).map(str::to_owned).collect();
                self.add_names(names);
                Ok(())
            }
            other => Err(Fault::new(format!(
                "Invalid term supplied. A string, dict or list is required, not '{}').",
                other.type_name()
            ))),
        }
    }

    fn take(&mut self, options: &Dict) -> Outcome<()> {
        self.folders = split_items(options.get_str("paths"), &[',', ';', ':'])?;
        self.skip =
            options.get_str("skip").map_or(Ok(false), |skip| filters::logic::to_bool(&skip))?;
        Ok(())
    }

    fn add_names(&mut self, names: Vec<String>) {
        if self.folders.is_empty() {
            self.paths.extend(names);
            return;
        }
        for folder in &self.folders {
            let join = |name: &String| filters::joined(&[folder.clone(), name.clone()]);
            self.paths.extend(names.iter().map(join));
        }
    }
}

fn first_found(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let options = Val::dict(args.named.drain(..).collect::<Vec<_>>());
    let mut tries = Tries { paths: Vec::new(), folders: Vec::new(), skip: false };
    if let Val::Dict(options) = &options {
        tries.take(options)?;
        let terms =
            if terms.is_empty() { options.get_str("files").into_iter().collect() } else { terms };
        terms.iter().try_for_each(|term| tries.add(term))?;
    }
    for path in &tries.paths {
        let candidates = candidates(env, path, "files");
        let candidates = candidates.iter().map(|path| filters::normal(path)).collect();
        if let Some(found) = existing(env, candidates)? {
            return Ok(vec![Val::str(found)]);
        }
    }
    if tries.skip {
        return Ok(Vec::new());
    }
    Err(Fault::with_hint(
        "No file was found when using first_found.",
        format!("create one of these files: {}", tries.paths.join(", ")),
    ))
}
