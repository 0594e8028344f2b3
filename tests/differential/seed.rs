//! Where a run's random cases come from.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

/// Another number each time.
pub(crate) fn fresh() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A digest of the names and contents of all files below `src/`.
pub(crate) fn of_the_code() -> u64 {
    let root = Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let mut digest = Sha256::new();
    for path in files {
        for part in
            [path.strip_prefix(root).unwrap().as_str().as_bytes(), &fs::read(&path).unwrap()]
        {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    let digest = digest.finalize();
    u64::from_le_bytes(digest[..8].try_into().unwrap())
}

/// All files but those that Python leaves beside its own.
fn collect(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        match entry.file_type().unwrap().is_dir() {
            true if path.file_name() == Some("__pycache__") => {}
            true => collect(path, files),
            false => files.push(path.to_owned()),
        }
    }
}
