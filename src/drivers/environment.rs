//! Makes the directory of a new environment, empty or as a copy: whole, or not at all.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::trouble::{Result, Tell, Trouble};

/// What a copied configuration leaves behind: an environment holds no environments.
const LEFT_OUT: &str = "environments";

/// Something to copy.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// Below the source and below the new environment.
    pub path: Utf8PathBuf,
    pub kind: Kind,
}

/// What kind of thing it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
    /// A link, with what it is to say in the new place.
    Link(Utf8PathBuf),
}

/// Everything in `source` that belongs into the environment at `place`, directories before what they hold.
pub fn items(source: &Utf8Path, place: &Utf8Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    collect(source, Utf8Path::new(""), place, &mut items)?;
    Ok(items)
}

fn collect(
    source: &Utf8Path,
    below: &Utf8Path,
    place: &Utf8Path,
    items: &mut Vec<Item>,
) -> Result<()> {
    let dir = source.join(below);
    let telling = || format!("reading {dir}, which is to be copied");
    let entries = dir.read_dir_utf8().or_refused(telling)?;
    let mut names = entries
        .map(|entry| Ok(entry.or_refused(telling)?.file_name().to_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    for name in names.into_iter().filter(|name| !below.as_str().is_empty() || name != LEFT_OUT) {
        let path = below.join(name);
        let kind = kind(source, &path, place)?;
        let directory = kind == Kind::Directory;
        items.push(Item { path: path.clone(), kind });
        if directory {
            collect(source, &path, place, items)?;
        }
    }
    Ok(())
}

fn kind(source: &Utf8Path, path: &Utf8Path, place: &Utf8Path) -> Result<Kind> {
    let full = source.join(path);
    let what = || format!("reading {full}, which is to be copied");
    let file_type = fs::symlink_metadata(&full).or_refused(what)?.file_type();
    if file_type.is_symlink() {
        let target = full.read_link_utf8().or_refused(what)?;
        return Ok(Kind::Link(led(&target, source, path, place)));
    }
    if file_type.is_dir() {
        return Ok(Kind::Directory);
    }
    if file_type.is_file() {
        return Ok(Kind::File);
    }
    Err(Trouble::refused(what()).because("it is neither a file nor a directory nor a link"))
}

/// What a copied link must say: within the copy it leads to the copy, out of it to where it led before.
fn led(target: &Utf8Path, source: &Utf8Path, path: &Utf8Path, place: &Utf8Path) -> Utf8PathBuf {
    let from = |root: &Utf8Path| root.join(path).parent().unwrap_or(root).to_owned();
    let leads_to = plain(&from(source).join(target));
    if target.is_absolute() || leads_to.starts_with(plain(source)) {
        return target.to_owned();
    }
    between(&plain(&from(place)), &leads_to)
}

/// A path without `.` and `..`.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut plain = Utf8PathBuf::new();
    for part in path.components() {
        match part.as_str() {
            "." => {}
            ".." => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// The relative path that leads from a directory to a target; both are absolute.
fn between(dir: &Utf8Path, target: &Utf8Path) -> Utf8PathBuf {
    let shared = dir.components().zip(target.components()).take_while(|(a, b)| a == b).count();
    let up = dir.components().skip(shared).map(|_| "..");
    up.chain(target.components().skip(shared).map(|part| part.as_str())).collect()
}

/// Makes the environment at `place` out of the items of `source`. Until everything is there, nothing is.
pub fn create(place: &Utf8Path, source: Option<&Utf8Path>, items: &[Item]) -> Result<()> {
    let what = || format!("making the environment {place}");
    let environments =
        place.parent().ok_or_else(|| Trouble::internal(what()).because("it has no parent"))?;
    fs::create_dir_all(environments).or_host(what)?;
    let aside =
        tempfile::Builder::new().prefix(".making-").tempdir_in(environments).or_host(what)?;
    // A temporary directory is closed to others; what is in it gets the usual permissions.
    let made = aside.path().join("environment");
    let made = Utf8PathBuf::from_path_buf(made).map_err(|path| {
        Trouble::internal(what()).because(format!("{} is not UTF-8", path.display()))
    })?;
    fs::create_dir(&made).or_host(what)?;
    if let Some(source) = source {
        items.iter().try_for_each(|item| copy(item, source, &made))?;
    }
    renameat_with(CWD, made.as_std_path(), CWD, place.as_std_path(), RenameFlags::NOREPLACE)
        .or_host(what)
}

fn copy(item: &Item, source: &Utf8Path, made: &Utf8Path) -> Result<()> {
    let (from, to) = (source.join(&item.path), made.join(&item.path));
    let done = match &item.kind {
        Kind::Directory => fs::create_dir(&to),
        Kind::File => fs::copy(&from, &to).map(drop),
        Kind::Link(target) => std::os::unix::fs::symlink(target, &to),
    };
    done.or_host(|| format!("copying {from}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_they_led_or_into_the_copy() {
        let (source, place) = (Utf8Path::new("/site/mixin"), Utf8Path::new("/site/environments/a"));
        let table = [
            ("hooks/x.yml", "../ansible/x.yml", "../ansible/x.yml"),
            ("hooks/x.yml", "../../ansible/x.yml", "../../../ansible/x.yml"),
            ("x.yml", "../globals.yml", "../../globals.yml"),
            ("x.yml", "/etc/hosts", "/etc/hosts"),
        ];
        for (path, target, expected) in table {
            let found = led(Utf8Path::new(target), source, Utf8Path::new(path), place);
            assert_eq!(found, expected, "{path} → {target}");
        }
    }
}
