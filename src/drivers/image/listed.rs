//! Which images are published, by their manifests.

use camino::Utf8Path;
use jiff::Timestamp;

use super::{
    manifest::{self, Manifest},
    signature,
};
use crate::trouble::{Result, Tell};

/// A published image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub name: String,
    /// Of its recipe and builder, when it was built.
    pub digest: String,
    pub built_at: Timestamp,
    pub kernel: String,
    pub signed: bool,
    pub files: Vec<PublishedFile>,
}

/// One of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFile {
    pub file: String,
    pub size: u64,
    pub sha256: String,
    pub there: bool,
}

/// The images in a directory, sorted by name. The files themselves are not read; whoever deploys one does that.
pub fn published(dir: &Utf8Path) -> Result<Vec<Published>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let telling = || format!("reading the images in {dir}");
    let mut found = Vec::new();
    for entry in dir.read_dir_utf8().or_host(telling)? {
        let entry = entry.or_host(telling)?;
        let Some(name) = entry.file_name().strip_suffix(".manifest.json") else { continue };
        if !name.starts_with('.') {
            found.push(of(dir, manifest::read(dir, name)?));
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn of(dir: &Utf8Path, manifest: Manifest) -> Published {
    let files = manifest.files.into_iter().map(|product| PublishedFile {
        there: dir.join(&product.file).metadata().is_ok_and(|about| about.len() == product.size),
        file: product.file,
        size: product.size,
        sha256: product.sha256,
    });
    Published {
        signed: dir.join(signature::file_of(&manifest.name)).is_file(),
        name: manifest.name,
        digest: manifest.digest,
        built_at: manifest.built_at,
        kernel: manifest.kernel,
        files: files.collect(),
    }
}
