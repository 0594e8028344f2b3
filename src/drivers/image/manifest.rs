//! What an image is made of and how its files look: the record beside every image, which says whether it is up to date.

use std::fs;

use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checksum;
use crate::trouble::{Result, Tell};

/// `<name>.manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) name: String,
    /// Digest of the recipe and the builder's version.
    pub(super) digest: String,
    pub(super) built_at: Timestamp,
    /// Version of the kernel package.
    pub(super) kernel: String,
    /// Size of the disk that the image holds, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) virtual_size: Option<u64>,
    pub(super) files: Vec<Product>,
    pub(super) packages: Vec<Package>,
}

/// A file that a build made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Product {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

/// What makes an image up to date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) digest: &'a str,
    pub(super) built_after: Option<Timestamp>,
}

/// The file name of an image's manifest.
pub(super) fn file_of(name: &str) -> String {
    format!("{name}.manifest.json")
}

impl Product {
    /// Describes a finished file.
    pub(super) fn of(dir: &Utf8Path, file: &str) -> Result<Self> {
        let path = dir.join(file);
        let size = fs::metadata(&path).or_host(|| format!("reading {path}"))?.len();
        Ok(Self { file: file.into(), size, sha256: checksum::sha256(&path)? })
    }
}

impl Manifest {
    pub(super) fn json(&self) -> Result<Vec<u8>> {
        let mut json =
            serde_json::to_vec_pretty(self).or_internal(|| "writing a manifest".into())?;
        json.push(b'\n');
        Ok(json)
    }
}

/// Why the image in a directory is not up to date; nothing if it is.
pub(super) fn faults(dir: &Utf8Path, wanted: Wanted<'_>) -> Result<Vec<String>> {
    let path = dir.join(file_of(wanted.name));
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(vec!["it is not built yet".into()]);
        }
        Err(error) => return Err(error).or_host(|| format!("reading {path}")),
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else {
        return Ok(vec![format!("{path} cannot be read")]);
    };
    let mut faults = Vec::new();
    if manifest.digest != wanted.digest {
        faults.push("its recipe changed since it was built, or how Ymir builds it".into());
    }
    if wanted.built_after.is_some_and(|time| manifest.built_at < time) {
        faults.push("a rebuild is asked for".into());
    }
    for product in &manifest.files {
        faults.extend(product_fault(dir, product)?);
    }
    Ok(faults)
}

/// Reads the manifest of an image that is there.
pub(super) fn read(dir: &Utf8Path, name: &str) -> Result<Manifest> {
    let path = dir.join(file_of(name));
    let text = fs::read(&path).or_host(|| format!("reading {path}"))?;
    serde_json::from_slice(&text).or_host(|| format!("reading {path}"))
}

fn product_fault(dir: &Utf8Path, product: &Product) -> Result<Option<String>> {
    let path = dir.join(&product.file);
    if !path.is_file() {
        return Ok(Some(format!("{} is missing", product.file)));
    }
    // A size that differs spares reading the file.
    let size = fs::metadata(&path).or_host(|| format!("reading {path}"))?.len();
    let same = size == product.size && checksum::sha256(&path)? == product.sha256;
    Ok((!same).then(|| format!("{} was changed since it was built", product.file)))
}
