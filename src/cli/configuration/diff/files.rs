//! The merged files of Kolla that two configurations make, side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::{Side, compare::fault, compare::shown_text};
use crate::{
    cli::configuration::merged::differing, resolve::merged::MergedFiles, trouble::Trouble,
};

/// Stands for all files where it cannot be said which there are.
const ALL: &str = "(all files)";

/// A merged file that differs.
#[derive(Debug)]
pub(super) struct FileChange {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// The lines that differ, secrets masked; empty if there are none to show.
    pub(super) lines: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Added,
    Removed,
    Changed,
    /// What differs is secret.
    ChangedSecretly,
    /// It cannot be made: why on either side, if so.
    Faulty([Option<String>; 2]),
}

/// A file of one side.
#[derive(Debug, PartialEq, Eq)]
enum Made {
    File {
        bytes: Vec<u8>,
        /// With stars in place of secrets; nothing of what is no text.
        masked: Option<String>,
    },
    Fault {
        message: String,
        /// What the layers say.
        written: Vec<Vec<u8>>,
    },
}

/// What differs, in the order of the paths.
pub(super) fn changes(before: &Side, after: &Side) -> Vec<FileChange> {
    let (before, after) = (made(before), made(after));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |path: &String| change(path, before.get(path), after.get(path));
    paths.into_iter().filter_map(change).collect()
}

fn made(side: &Side) -> BTreeMap<String, Made> {
    let fault = |trouble: &Trouble, written| Made::Fault { message: fault(trouble, side), written };
    let merged = match MergedFiles::find(&side.variables) {
        Ok(merged) => merged,
        Err(trouble) => return BTreeMap::from([(ALL.to_owned(), fault(&trouble, Vec::new()))]),
    };
    let made = merged.files.iter().map(|file| {
        let made = match merged.content(file) {
            Ok(content) => {
                let masked = merged.masked(&content).map(|text| shown_text(text, side));
                let bytes = match content.text() {
                    Some(text) => shown_text(text.to_owned(), side).into_bytes(),
                    None => content.bytes.clone(),
                };
                Made::File { bytes, masked }
            }
            Err(trouble) => fault(&trouble, merged.written(file)),
        };
        (file.path.clone(), made)
    });
    made.collect()
}

fn change(path: &str, before: Option<&Made>, after: Option<&Made>) -> Option<FileChange> {
    if before == after {
        return None;
    }
    let (kind, lines) = match (before, after) {
        (Some(Made::File { masked: old, .. }), Some(Made::File { masked: new, .. })) => {
            match (old, new) {
                (Some(old), Some(new)) if old == new => (Kind::ChangedSecretly, String::new()),
                (Some(old), Some(new)) => (Kind::Changed, differing(old, new)),
                _ => (Kind::Changed, String::new()),
            }
        }
        (Some(Made::File { .. }), None) => (Kind::Removed, String::new()),
        (None, Some(Made::File { .. })) => (Kind::Added, String::new()),
        _ => (Kind::Faulty([before, after].map(why)), String::new()),
    };
    Some(FileChange { path: path.to_owned(), kind, lines })
}

fn why(made: Option<&Made>) -> Option<String> {
    match made {
        Some(Made::Fault { message, .. }) => Some(message.clone()),
        _ => None,
    }
}
