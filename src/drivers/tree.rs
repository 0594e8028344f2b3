//! A directory of files that Ymir makes: writes what differs, deletes what is stale, and leaves everything else alone.

use std::{
    collections::BTreeSet,
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::trouble::{Result, Tell, Trouble};

/// Names the environment whose files a directory holds.
const MARK: &str = ".environment";
const FILE_MODE: u32 = 0o640;
const DIRECTORY_MODE: u32 = 0o750;

/// A file that is to be there.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Below the directory.
    pub path: Utf8PathBuf,
    pub bytes: Vec<u8>,
    pub mode: u32,
    /// Nobody is to see the content.
    pub secret: bool,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Created,
    Changed,
    /// Only who may read it.
    Mode,
    Deleted,
}

/// A file that differs.
#[derive(Debug)]
pub struct Change {
    pub kind: Kind,
    pub before: Vec<u8>,
    /// The file as it is to be; without content if it is to go.
    pub after: Wanted,
}

/// Refuses a directory that holds the files of another environment.
pub fn guard(root: &Utf8Path, environment: Option<&str>) -> Result<()> {
    let Some(found) = content(&root.join(MARK))? else { return Ok(()) };
    let found = String::from_utf8_lossy(&found).trim().to_owned();
    if environment == Some(found.as_str()) {
        return Ok(());
    }
    let wanted = environment.map_or("no environment".into(), |name| format!("`{name}`"));
    Err(Trouble::refused(format!("writing the files of {wanted} to {root}"))
        .because(format!("it holds the files of the environment `{found}`"))
        .hint(format!("choose another directory, or delete this one with its {MARK}")))
}

/// The file that [`guard`] reads.
pub fn mark(environment: &str) -> Wanted {
    let bytes = format!("{environment}\n").into_bytes();
    Wanted { path: MARK.into(), bytes, mode: FILE_MODE, secret: false }
}

/// What differs between a directory and the files that are wanted in it. `is_stale` tells which others are to go.
pub fn changes(
    root: &Utf8Path,
    wanted: Vec<Wanted>,
    is_stale: impl Fn(&Utf8Path) -> bool,
) -> Result<Vec<Change>> {
    let paths: BTreeSet<Utf8PathBuf> = wanted.iter().map(|file| file.path.clone()).collect();
    let mut changes = Vec::new();
    for after in wanted {
        changes.extend(change(root, after)?);
    }
    let mut found = Vec::new();
    collect(root, Utf8Path::new(""), &mut found)?;
    for path in found.into_iter().filter(|path| !paths.contains(path) && is_stale(path)) {
        let after = Wanted { path, bytes: Vec::new(), mode: 0, secret: true };
        changes.push(Change { kind: Kind::Deleted, before: Vec::new(), after });
    }
    changes.sort_by(|one, other| one.after.path.cmp(&other.after.path));
    Ok(changes)
}

fn change(root: &Utf8Path, after: Wanted) -> Result<Option<Change>> {
    let path = root.join(&after.path);
    let Some(before) = content(&path)? else {
        return Ok(Some(Change { kind: Kind::Created, before: Vec::new(), after }));
    };
    let metadata = fs::metadata(&path).or_host(|| format!("reading {path}"))?;
    let kind = match (before == after.bytes, metadata.permissions().mode() & 0o7777 == after.mode) {
        (true, true) => return Ok(None),
        (true, false) => Kind::Mode,
        (false, _) => Kind::Changed,
    };
    Ok(Some(Change { kind, before, after }))
}

/// Brings the changes about, each whole or not at all.
pub fn apply(root: &Utf8Path, changes: &[Change]) -> Result<()> {
    changes.iter().try_for_each(|change| {
        let path = root.join(&change.after.path);
        if change.kind == Kind::Deleted {
            return fs::remove_file(&path).or_host(|| format!("deleting {path}"));
        }
        write(&path, &change.after)
    })
}

fn write(path: &Utf8Path, wanted: &Wanted) -> Result<()> {
    put(path, &wanted.bytes, wanted.mode)
}

/// Writes a file, whole or not at all.
pub fn put(path: &Utf8Path, bytes: &[u8], mode: u32) -> Result<()> {
    let told = || format!("writing {path}");
    let dir = path.parent().unwrap_or(Utf8Path::new("."));
    let mut directories = fs::DirBuilder::new();
    directories.recursive(true).mode(DIRECTORY_MODE).create(dir).or_host(told)?;
    let mut file = tempfile::Builder::new().prefix(".ymir.").tempfile_in(dir).or_host(told)?;
    file.write_all(bytes).or_host(told)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode)).or_host(told)?;
    file.as_file().sync_all().or_host(told)?;
    file.persist(path).or_host(told)?;
    Ok(())
}

fn content(path: &Utf8Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_host(|| format!("reading {path}")),
    }
}

/// All files below a directory, without those in linked directories.
fn collect(root: &Utf8Path, below: &Utf8Path, found: &mut Vec<Utf8PathBuf>) -> Result<()> {
    let dir = root.join(below);
    let entries = match dir.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).or_host(|| format!("reading the directory {dir}")),
    };
    for entry in entries {
        let told = || format!("reading the directory {dir}");
        let entry = entry.or_host(told)?;
        let path = below.join(entry.file_name());
        if entry.file_type().or_host(told)?.is_dir() {
            collect(root, &path, found)?;
        } else if !entry.path().is_dir() {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(path: &str, text: &str) -> Wanted {
        Wanted { path: path.into(), bytes: text.into(), mode: FILE_MODE, secret: false }
    }

    fn told(changes: &[Change]) -> Vec<(Kind, &str)> {
        changes.iter().map(|change| (change.kind, change.after.path.as_str())).collect()
    }

    #[test]
    fn only_what_differs_is_written_and_only_what_is_stale_goes() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(dir.path().join("new")).unwrap();
        let all = vec![wanted("a.yml", "1"), wanted("config/x/b.conf", "2")];
        let first = changes(&root, all.clone(), |_| true).unwrap();
        assert_eq!(told(&first), [(Kind::Created, "a.yml"), (Kind::Created, "config/x/b.conf")]);
        apply(&root, &first).unwrap();
        assert!(changes(&root, all.clone(), |_| true).unwrap().is_empty());
        for (path, mode) in [("a.yml", 0o640), ("config/x", 0o750)] {
            let found = fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found & !mode, 0, "{path}");
        }
        fs::write(root.join("config/old.conf"), "").unwrap();
        fs::write(root.join("config/other"), "").unwrap();
        fs::write(root.join("a.yml"), "0").unwrap();
        fs::set_permissions(root.join("config/x/b.conf"), fs::Permissions::from_mode(0o644))
            .unwrap();
        let again = changes(&root, all.clone(), |path| path.as_str() == "config/old.conf").unwrap();
        assert_eq!(
            told(&again),
            [
                (Kind::Changed, "a.yml"),
                (Kind::Deleted, "config/old.conf"),
                (Kind::Mode, "config/x/b.conf")
            ]
        );
        apply(&root, &again).unwrap();
        assert!(changes(&root, all, |path| path.as_str() != "config/other").unwrap().is_empty());
        assert!(root.join("config/other").exists());
    }

    #[test]
    fn a_directory_belongs_to_one_environment() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        assert!(guard(root, None).is_ok());
        let made = changes(root, vec![mark("lab")], |_| false).unwrap();
        apply(root, &made).unwrap();
        assert!(guard(root, Some("lab")).is_ok());
        for other in [None, Some("production")] {
            let trouble = guard(root, other).unwrap_err();
            assert!(trouble.to_string().contains("of the environment `lab`"), "{trouble}");
        }
    }
}
