//! Keeps what was built in the cache, and publishes it: a reader sees the old image or the new one, never a part.

use std::fs::{self, File};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    manifest::{self, Manifest},
    room::Room,
};
use crate::trouble::{Result, Tell};

/// How many builds of one image the cache keeps: sites that share a cache may differ in their recipes.
const KEPT: usize = 3;

/// Where the cache keeps the build of an image with this digest.
pub(super) fn entry(cache: &Utf8Path, name: &str, digest: &str) -> Utf8PathBuf {
    cache.join("images").join(name).join(&digest[..16])
}

/// Moves a finished build into the cache, in the place of an earlier one, and drops the oldest ones.
pub(super) fn keep(built: &Utf8Path, entry: &Utf8Path, room: &Room) -> Result<()> {
    let telling = || format!("keeping the built image in {entry}");
    let all = entry.parent().unwrap_or(entry);
    fs::create_dir_all(all).or_host(telling)?;
    for file in built.read_dir_utf8().or_host(telling)? {
        let path = file.or_host(telling)?.into_path();
        File::open(&path).and_then(|file| file.sync_all()).or_host(telling)?;
    }
    if entry.exists() {
        fs::rename(entry, room.path("replaced")).or_host(telling)?;
    }
    fs::rename(built, entry).or_host(telling)?;
    sync_dir(all)?;
    drop_oldest(all)
}

fn drop_oldest(all: &Utf8Path) -> Result<()> {
    let telling = || format!("dropping old builds from {all}");
    let mut builds = Vec::new();
    for build in all.read_dir_utf8().or_host(telling)? {
        let path = build.or_host(telling)?.into_path();
        if !is_build(&path, all.file_name().unwrap_or_default()) {
            continue;
        }
        let changed = fs::metadata(&path).and_then(|data| data.modified()).or_host(telling)?;
        builds.push((changed, path));
    }
    builds.sort();
    let surplus = builds.len().saturating_sub(KEPT);
    builds.iter().take(surplus).try_for_each(|(_, path)| fs::remove_dir_all(path).or_host(telling))
}

/// Whether this is what `keep` makes. Nothing else here is ours to remove.
fn is_build(path: &Utf8Path, image: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == 16 && name.bytes().all(digit) && path.join(manifest::file_of(image)).is_file()
}

/// Publishes the image of a cache entry: each file is complete under another name before it takes its own, and the
/// manifest, which vouches for the others, comes last.
pub(super) fn publish(entry: &Utf8Path, name: &str, directory: &Utf8Path) -> Result<()> {
    let Manifest { files, .. } = manifest::read(entry, name)?;
    fs::create_dir_all(directory).or_host(|| format!("creating {directory}"))?;
    let own = manifest::file_of(name);
    let names = files.iter().map(|product| product.file.as_str()).chain([own.as_str()]);
    for file in names {
        let unfinished = directory.join(format!(".{file}.new"));
        let telling = || format!("publishing {file} in {directory}");
        fs::copy(entry.join(file), &unfinished).or_host(telling)?;
        File::open(&unfinished).and_then(|copy| copy.sync_all()).or_host(telling)?;
        fs::rename(&unfinished, directory.join(file)).or_host(telling)?;
    }
    sync_dir(directory)
}

fn sync_dir(dir: &Utf8Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).or_host(|| format!("writing {dir}"))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
