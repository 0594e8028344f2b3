//! Where lookups find files: in the layers, the highest first, and in each the folder of their kind before the layer.

use std::sync::Arc;

use crate::{
    ansible::template::{
        env::Env,
        fault::{Fault, Faulty, Outcome},
        filters, text,
        value::Val,
    },
    trouble::Trouble,
};

pub(super) fn told(trouble: &Trouble) -> Faulty {
    Fault::from_trouble(trouble)
}

/// A path with the home directory in place of `~`.
pub(super) fn expanded(env: &Arc<Env>, path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => {
            let home = env.scope().world().env("HOME").unwrap_or_default();
            format!("{home}/{rest}")
        }
        None => path.to_owned(),
    }
}

/// A term that names a file.
pub(super) fn path_of(term: &Val) -> Outcome<String> {
    match term {
        Val::Str(path) => Ok(path.to_string()),
        Val::Missing(_) => text::str_of(term),
        other => Err(Fault::new(format!("a path is text, not '{}'", other.type_name()))),
    }
}

/// The paths that a written path may mean.
pub(super) fn candidates(env: &Arc<Env>, path: &str, kind: &str) -> Vec<String> {
    let path = expanded(env, path);
    if path.starts_with('/') {
        return vec![path];
    }
    let layers = env.scope().search_paths().into_iter().rev();
    layers.flat_map(|layer| [format!("{layer}/{kind}/{path}"), format!("{layer}/{path}")]).collect()
}

/// The first path of several that exists.
pub(super) fn existing(env: &Arc<Env>, candidates: Vec<String>) -> Outcome<Option<String>> {
    for path in candidates {
        let found = env.scope().world().kind(&path).map_err(|trouble| told(&trouble))?;
        if found.kind.is_some() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// A file's path and bytes, out of the vault if need be.
pub(super) fn read(env: &Arc<Env>, path: &str, kind: &str) -> Outcome<Option<(String, Vec<u8>)>> {
    for candidate in candidates(env, path, kind) {
        let candidate = filters::normal(&candidate);
        let found = env.scope().file(&candidate).map_err(|trouble| told(&trouble))?;
        if let Some(bytes) = found {
            return Ok(Some((candidate, bytes)));
        }
    }
    Ok(None)
}

/// The bytes of a file that must be there.
pub(super) fn content(env: &Arc<Env>, path: &str) -> Outcome<Vec<u8>> {
    let found = read(env, path, "files")?;
    let (_, bytes) = found.ok_or_else(|| not_found(env, path, "files"))?;
    Ok(bytes)
}

pub(super) fn not_found(env: &Arc<Env>, path: &str, kind: &str) -> Faulty {
    let tried = candidates(env, path, kind).join(", ");
    Fault::with_hint(
        format!("Unable to access the file '{path}': File not found"),
        format!("create one of these files: {tried}"),
    )
}
