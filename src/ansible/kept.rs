//! Private files that lookups complete, under the same lock as Ansible's.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    thread,
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use sha1::{Digest as _, Sha1};

use super::world::Complete;
use crate::trouble::{Result, Tell, Trouble};

/// How long Ansible waits for a lock, look after look.
pub(super) const WAITS: &[Duration] =
    &[Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// The file that stands beside `path` while somebody writes that.
fn lock_of(path: &Utf8Path) -> Utf8PathBuf {
    let digest = Sha1::digest(path.as_str().as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let name: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    path.with_file_name(format!("{name}.ansible_lockfile"))
}

/// Waits until nobody writes the file.
pub(super) fn await_settled(path: &Utf8Path, waits: &[Duration]) -> Result<()> {
    let lock = lock_of(path);
    for wait in waits {
        if !lock.exists() {
            return Ok(());
        }
        thread::sleep(*wait);
    }
    if lock.exists() { Err(locked(path, &lock)) } else { Ok(()) }
}

fn locked(path: &Utf8Path, lock: &Utf8Path) -> Trouble {
    Trouble::refused(format!("waiting for the lock of the password file {path}"))
        .because("another process has held it for 7 seconds")
        .hint(format!("if no other command runs, remove {lock} and give the command again"))
}

/// Removes the lock when it goes.
struct Lock(Utf8PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        // Somebody else has removed it, or the next who wants it will say where it is.
        drop(fs::remove_file(&self.0));
    }
}

impl Lock {
    fn take(path: &Utf8Path, waits: &[Duration]) -> Result<Self> {
        let lock = lock_of(path);
        for wait in waits.iter().map(Some).chain([None]) {
            match fs::File::options().write(true).create_new(true).open(&lock) {
                Ok(_) => return Ok(Self(lock)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).or_refused(|| format!("making the lock {lock}")),
            }
            if let Some(wait) = wait {
                thread::sleep(*wait);
            }
        }
        Err(locked(path, &lock))
    }
}

/// Gives a file the content that `complete` makes of what it has; only its owner may read it.
pub(super) fn complete(path: &Utf8Path, waits: &[Duration], complete: Complete<'_>) -> Result<()> {
    let folder = path.parent().unwrap_or(Utf8Path::new("/"));
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.or_refused(|| format!("making the directory {folder} for a password"))?;
    let _lock = Lock::take(path, waits)?;
    let doing = || format!("writing the password file {path}");
    let found = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).or_refused(|| format!("reading the password file {path}")),
    };
    let Some(content) = complete(found) else { return Ok(()) };
    // What is a link stays one.
    let target = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let beside = target.parent().unwrap_or(folder);
    let mut file = tempfile::NamedTempFile::new_in(beside).or_refused(doing)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o600)).or_refused(doing)?;
    file.write_all(&content).and_then(|()| file.as_file().sync_all()).or_refused(doing)?;
    file.persist(&target).map_err(|error| error.error).or_refused(doing)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &[Duration] = &[Duration::from_millis(1); 3];

    #[test]
    fn a_file_is_made_once_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let path = root.join("new/deep/password");
        complete(&path, SHORT, &mut |found| {
            assert_eq!(found, None);
            Some(b"one\n".to_vec())
        })
        .unwrap();
        complete(&path, SHORT, &mut |found| {
            assert_eq!(found.as_deref(), Some(&b"one\n"[..]));
            None
        })
        .unwrap();
        let mode = |path: &Utf8Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&root.join("new")), mode(&path)), (0o700, 0o600));
        let left: Vec<_> = fs::read_dir(root.join("new/deep")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_lock_that_stays_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("password");
        // The name that ansible-core 2.21.5 gives the lock of this path.
        assert_eq!(
            lock_of("/x/y".into()),
            "/x/1d639239fb80a95ba1fae3d143e47b61fd166a6c.ansible_lockfile",
        );
        fs::write(lock_of(&path), "").unwrap();
        let told = await_settled(&path, SHORT).unwrap_err().to_string();
        assert!(told.contains("waiting for the lock"), "{told}");
        let told = complete(&path, SHORT, &mut |_| Some(Vec::new())).unwrap_err().to_string();
        assert!(told.contains("held it for 7 seconds"), "{told}");
        assert!(!path.exists());
    }
}
