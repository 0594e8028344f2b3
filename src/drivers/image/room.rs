//! Where builds happen: a directory per build, gone when the build ends, however it ends.
//!
//! A build that is killed cannot clean up, so every room holds a lock that the kernel frees: a room without a living
//! owner is removed by the next build.

use std::{
    fs::{self, File, TryLockError},
    sync::atomic::{AtomicU32, Ordering},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    model::image::Mebibytes,
    trouble::{Result, Tell, Trouble},
};

/// A directory that only this build uses.
#[derive(Debug)]
pub(super) struct Room {
    dir: Utf8PathBuf,
    _lock: File,
}

impl Room {
    /// Removes what killed builds left under `cache`, then makes a new room there.
    pub(super) fn new(cache: &Utf8Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let all = cache.join("building");
        fs::create_dir_all(&all).or_host(|| format!("creating {all}"))?;
        // Between making a room and locking it nobody may take it for a leftover.
        let _door = locked(&all.join("door"))?;
        sweep(&all)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = all.join(format!("{}-{number}", std::process::id()));
        fs::create_dir(&dir).or_host(|| format!("creating {dir}"))?;
        let lock = locked(&dir.join("lock"))?;
        Ok(Self { dir, _lock: lock })
    }

    pub(super) fn path(&self, name: &str) -> Utf8PathBuf {
        self.dir.join(name)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next build's sweep, which tells why it fails.
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// What a build takes while it is at work, in bytes: the archive of the base, the unpacked system, the raw disk with as
/// much in it, and the compressed image.
const NEEDED: u64 = 3 << 30;

/// The bytes that are free for a build in this directory.
pub(super) fn free(dir: &Utf8Path) -> Result<u64> {
    let found = rustix::fs::statvfs(dir.as_std_path());
    let found = found.or_host(|| format!("looking how much is free in {dir}"))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Refuses to begin what would fill the disk, and end half-way.
pub(super) fn check_free(image: &str, dir: &Utf8Path, free: u64) -> Result<()> {
    if free >= NEEDED {
        return Ok(());
    }
    let mebibytes = |bytes: u64| Mebibytes(bytes >> 20);
    let (free, needed) = (mebibytes(free), mebibytes(NEEDED));
    Err(Trouble::refused(format!("building the image {image}"))
        .because(format!("a build needs about {needed} in {dir}, and {free} are free"))
        .hint("make room there, or let YMIR_CACHE_DIR name a directory on another file system"))
}

/// Opens the file and waits until nobody else holds its lock.
pub(super) fn locked(path: &Utf8Path) -> Result<File> {
    let file = lock_file(path)?;
    file.lock().or_host(|| format!("taking the lock {path}"))?;
    Ok(file)
}

/// The same without waiting; `None` if somebody else holds the lock.
pub(super) fn locked_at_once(path: &Utf8Path) -> Result<Option<File>> {
    let file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).or_host(|| format!("taking the lock {path}")),
    }
}

fn lock_file(path: &Utf8Path) -> Result<File> {
    let telling = || format!("opening the lock {path}");
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).or_host(telling)?;
    }
    File::create(path).or_host(telling)
}

fn sweep(all: &Utf8Path) -> Result<()> {
    for entry in all.read_dir_utf8().or_host(|| format!("reading {all}"))? {
        let dir = entry.or_host(|| format!("reading {all}"))?.into_path();
        if dir.is_dir() && is_room(&dir) && !has_owner(&dir) {
            fs::remove_dir_all(&dir)
                .or_host(|| format!("removing {dir}, which a killed build left"))?;
        }
    }
    Ok(())
}

/// Whether the name is one that `Room::new` gives: a process and a number. Nothing else here is ours to remove.
fn is_room(dir: &Utf8Path) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = dir.file_name().and_then(|name| name.split_once('-'));
    parts.is_some_and(|(process, number)| digits(process) && digits(number))
}

fn has_owner(room: &Utf8Path) -> bool {
    let Ok(lock) = File::open(room.join("lock")) else { return false };
    matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_living_rooms_stay() {
        let cache = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(cache.path()).unwrap();
        let living = Room::new(cache).unwrap();
        let dead = cache.join("building/1-0");
        fs::create_dir_all(dead.join("root/etc")).unwrap();
        fs::write(dead.join("lock"), "").unwrap();
        let unlocked = cache.join("building/2-0");
        fs::create_dir(&unlocked).unwrap();
        let next = Room::new(cache).unwrap();
        assert!(!dead.exists() && !unlocked.exists());
        assert!(living.dir.exists() && next.dir.exists() && living.dir != next.dir);
        let gone = living.dir.clone();
        drop(living);
        assert!(!gone.exists());
    }
}
