//! Looks in Ymir's state directory, one file each. The newest ones say when things began, so older ones may go.

use std::fs;

use camino::Utf8PathBuf;

use super::look::Look;
use crate::{
    run::store::Store,
    trouble::{Result, Tell},
};

/// So many looks are kept.
const KEPT: usize = 500;

fn directory(store: &Store) -> Utf8PathBuf {
    store.dir().join("drift")
}

/// The kept looks, the oldest first.
pub(super) fn looks(store: &Store) -> Result<Vec<Look>> {
    let mut found = Vec::new();
    for path in files(store)? {
        let told = || format!("reading the earlier look {path}");
        let text = fs::read(&path).or_refused(told)?;
        let look = serde_json::from_slice(&text).or_refused(told);
        found.push(look.map_err(|trouble| {
            trouble.hint("it only tells since when hosts differ: the file may be deleted")
        })?);
    }
    Ok(found)
}

fn files(store: &Store) -> Result<Vec<Utf8PathBuf>> {
    let directory = directory(store);
    let entries = match directory.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).or_refused(|| format!("reading {directory}")),
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path().to_owned()).collect();
    files.retain(|path| path.extension() == Some("json"));
    files.sort();
    Ok(files)
}

/// Keeps a look, and lets the oldest go if there are too many.
pub(super) fn keep(store: &Store, look: &Look) -> Result<()> {
    let name = look.at.strftime("%Y%m%dT%H%M%S%.6fZ.json").to_string();
    store.keep(
        "drift",
        &name,
        &serde_json::to_vec(look).or_internal(|| "writing a look".into())?,
    )?;
    let files = files(store)?;
    for old in &files[..files.len().saturating_sub(KEPT)] {
        fs::remove_file(old).or_internal(|| format!("removing the old look {old}"))?;
    }
    Ok(())
}
