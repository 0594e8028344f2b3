//! Directories of the cache that count only when they are whole: a manifest with a digest is written last and compared
//! each time.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::{places, text};
use crate::trouble::{Result, Tell};

/// The manifest's name in its directory.
const MANIFEST: &str = "ymir.json";

/// A directory with a manifest.
#[derive(Debug)]
pub(super) struct Kept {
    pub dir: Utf8PathBuf,
    /// The Python that it was made with and for.
    pub python: String,
}

/// How a directory was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Whole,
    /// There is none, or it was never finished.
    Nothing,
    /// A file is not as it was.
    Damaged,
    OtherPython,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    python: String,
    /// Over every file of the directory that does not change by itself.
    digest: String,
}

impl Kept {
    /// Looks whether the directory can be used.
    pub(super) async fn look(&self) -> Result<Found> {
        let known = fs::read_to_string(self.dir.join(MANIFEST)).ok();
        let known = known.and_then(|text| serde_json::from_str::<Manifest>(&text).ok());
        Ok(match known {
            None => Found::Nothing,
            Some(known) if known.python != self.python => Found::OtherPython,
            Some(known) if known.digest != digest_of(&self.dir).await? => Found::Damaged,
            Some(_) => Found::Whole,
        })
    }

    /// Makes the directory anew, empty.
    pub(super) fn begin(&self) -> Result<()> {
        if self.dir.exists() {
            // The manifest goes first, so that a half-removed directory does not count.
            places::forget(&self.dir.join(MANIFEST))?;
            fs::remove_dir_all(&self.dir).or_host(|| format!("removing {}", self.dir))?;
        }
        places::make_dir(&self.dir)
    }

    /// Declares the directory whole.
    pub(super) async fn finish(&self) -> Result<()> {
        let manifest =
            Manifest { python: self.python.clone(), digest: digest_of(&self.dir).await? };
        let text = serde_json::to_string(&manifest);
        places::write(
            &self.dir.join(MANIFEST),
            &text.or_internal(|| format!("describing {}", self.dir))?,
        )
    }
}

async fn digest_of(dir: &Utf8Path) -> Result<String> {
    let dir = dir.to_owned();
    let work = tokio::task::spawn_blocking(move || tree_digest(&dir));
    work.await.or_internal(|| "computing a digest".into())?
}

/// A digest over names, kinds and contents; byte code is left out, because running a program may write it.
fn tree_digest(dir: &Utf8Path) -> Result<String> {
    let mut parts = Vec::new();
    collect(dir, &mut parts)?;
    let flat = parts.iter().flat_map(|(path, content)| [path.as_str(), content.as_str()]);
    Ok(text::digest(flat.map(str::as_bytes)))
}

fn collect(dir: &Utf8Path, parts: &mut Vec<(Utf8PathBuf, String)>) -> Result<()> {
    let what = || format!("reading {dir}");
    let mut entries: Vec<_> =
        dir.read_dir_utf8().or_host(what)?.collect::<Result<_, _>>().or_host(what)?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    for entry in
        entries.iter().filter(|entry| !matches!(entry.file_name(), "__pycache__" | MANIFEST))
    {
        let (path, kind) = (entry.path(), entry.file_type().or_host(what)?);
        if kind.is_dir() {
            collect(path, parts)?;
        } else if kind.is_symlink() {
            parts.push((path.to_owned(), path.read_link_utf8().or_host(what)?.into_string()));
        } else {
            let bytes = fs::read(path).or_host(|| format!("reading {path}"))?;
            parts.push((path.to_owned(), text::digest([bytes.as_slice()])));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_file_changes_the_digest_and_byte_code_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        places::write(&dir.join("lib/a.py"), "a = 1").unwrap();
        places::write(&dir.join("lib/b.py"), "b = 1").unwrap();
        let whole = tree_digest(dir).unwrap();
        places::write(&dir.join("lib/__pycache__/a.pyc"), "x").unwrap();
        assert_eq!(tree_digest(dir).unwrap(), whole);
        places::write(&dir.join("lib/a.py"), "a = 2").unwrap();
        assert_ne!(tree_digest(dir).unwrap(), whole);
        places::write(&dir.join("lib/a.py"), "a = 1").unwrap();
        assert_eq!(tree_digest(dir).unwrap(), whole);
        places::forget(&dir.join("lib/b.py")).unwrap();
        assert_ne!(tree_digest(dir).unwrap(), whole);
    }
}
