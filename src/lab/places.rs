//! Where the lab keeps what: everything below its own directory, except what is cached.

use std::{
    fs::Permissions,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::trouble::{Result, Tell, Trouble};

/// Says that a directory belongs to a lab and may be removed as a whole.
const MARK: &str = "this-is-a-ymir-lab";

/// The lab's directories and files.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub root: Utf8PathBuf,
    pub cache: Utf8PathBuf,
}

impl Places {
    pub(super) fn new(root: &Utf8Path, cache: &Utf8Path) -> Self {
        Self { root: root.to_owned(), cache: cache.join("lab") }
    }

    /// What a service writes.
    pub(super) fn log(&self, service: &str) -> Utf8PathBuf {
        self.root.join("log").join(format!("{service}.log"))
    }

    /// What was said while something was installed or built for the cache; it outlives the lab.
    pub(super) fn build_log(&self, what: &str) -> Utf8PathBuf {
        self.cache.join("log").join(format!("{what}.log"))
    }

    /// A node's serial console.
    pub(super) fn console(&self, node: &str) -> Utf8PathBuf {
        self.root.join("log").join(format!("{node}.console.log"))
    }

    /// Who runs a service: see [`super::daemon`].
    pub(super) fn record(&self, service: &str) -> Utf8PathBuf {
        self.root.join("run").join(format!("{service}.process"))
    }

    /// Digest of the configuration that a service was started with.
    pub(super) fn digest(&self, service: &str) -> Utf8PathBuf {
        self.root.join("run").join(format!("{service}.digest"))
    }

    /// A service's own directory.
    pub(super) fn state(&self, service: &str) -> Utf8PathBuf {
        self.root.join(service)
    }

    /// Disks of nodes and virtual media.
    pub(super) fn pool(&self) -> Utf8PathBuf {
        self.root.join("pool")
    }

    pub(super) fn disk(&self, node: &str) -> Utf8PathBuf {
        self.pool().join(format!("{node}.disk"))
    }

    /// A disk beside the one that systems are written onto.
    pub(super) fn other_disk(&self, node: &str, serial: &str) -> Utf8PathBuf {
        self.pool().join(format!("{node}.{serial}.disk"))
    }

    /// The URI of the lab's own libvirt.
    pub(super) fn libvirt_uri(&self) -> String {
        format!("qemu:///system?socket={}", self.root.join("libvirtd/run/libvirt-sock"))
    }

    /// Makes the directory; one that holds something else is refused, because `down` removes it.
    pub(super) fn prepare(&self) -> Result<()> {
        let mark = self.root.join(MARK);
        if !mark.exists() && is_used(&self.root) {
            return Err(Trouble::refused(format!("using {} for the lab", self.root))
                .because("it holds something else, and `ymir lab down` would remove that")
                .hint("set `ymir_lab_path` to a directory that does not exist yet"));
        }
        // The mark comes first: killed after it, this is a lab's directory all the same.
        make_dir(&self.root)?;
        std::fs::File::create(&mark).or_host(|| format!("creating {mark}"))?;
        // Ironic's database holds passwords of BMCs and private keys of hosts.
        std::fs::set_permissions(&self.root, Permissions::from_mode(0o700))
            .or_host(|| format!("closing {} to other users", self.root))?;
        for dir in ["log", "run", "pool"].map(|name| self.root.join(name)) {
            make_dir(&dir)?;
        }
        Ok(())
    }

    /// Refuses to work on a lab that was never made: what is written here without the mark, neither `up` nor `down`
    /// would touch.
    pub(super) fn must_be_made(&self) -> Result<()> {
        if self.root.join(MARK).exists() {
            return Ok(());
        }
        Err(Trouble::refused("working on the lab")
            .because(format!("there is no lab in {}", self.root))
            .hint("make it with `ymir lab up`"))
    }

    /// Removes everything but the cache; says whether there was anything.
    pub(super) fn remove(&self) -> Result<bool> {
        if !self.root.exists() {
            return Ok(false);
        }
        let what = || format!("removing {}", self.root);
        if !self.root.join(MARK).exists() && is_used(&self.root) {
            return Err(Trouble::refused(what())
                .because(format!("it lacks the file {MARK}, so it is no lab's"))
                .hint("remove it yourself if nothing in it is needed"));
        }
        // The mark goes last: what is interrupted can be taken up again.
        for entry in self.root.read_dir_utf8().or_host(what)? {
            let entry = entry.or_host(what)?;
            let path = entry.path();
            match entry.file_type().or_host(what)? {
                _ if entry.file_name() == MARK => {}
                kind if kind.is_dir() => std::fs::remove_dir_all(path).or_host(what)?,
                _ => std::fs::remove_file(path).or_host(what)?,
            }
        }
        std::fs::remove_dir_all(&self.root).or_host(what)?;
        Ok(true)
    }
}

fn is_used(dir: &Utf8Path) -> bool {
    dir.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Makes a directory with its parents.
pub(super) fn make_dir(dir: &Utf8Path) -> Result<()> {
    std::fs::create_dir_all(dir).or_host(|| format!("creating {dir}"))
}

/// Writes a file with its directory, whole or not at all.
pub(super) fn write(path: &Utf8Path, text: &str) -> Result<()> {
    let what = || format!("writing {path}");
    if let Some(dir) = path.parent() {
        make_dir(dir)?;
    }
    let new = Utf8PathBuf::from(format!("{path}.new"));
    std::fs::write(&new, text).or_host(what)?;
    std::fs::rename(&new, path).or_host(what)
}

/// Writes a file that only its owner may read, whole or not at all.
pub(super) fn write_secret(path: &Utf8Path, text: &str) -> Result<()> {
    let what = || format!("writing {path}");
    if let Some(dir) = path.parent() {
        make_dir(dir)?;
    }
    let new = Utf8PathBuf::from(format!("{path}.new"));
    forget(&new)?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .or_host(what)?;
    file.write_all(text.as_bytes()).or_host(what)?;
    std::fs::rename(&new, path).or_host(what)
}

/// Removes a file; none is fine.
pub(super) fn forget(path: &Utf8Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).or_host(|| format!("removing {path}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_labs_directory_is_used_and_removed() {
        let temporary = camino_tempdir();
        let foreign = Places::new(&temporary.1.join("foreign"), &temporary.1);
        write(&foreign.root.join("thesis.tex"), "x").unwrap();
        assert!(foreign.prepare().is_err());
        assert!(foreign.remove().is_err());
        assert!(foreign.root.join("thesis.tex").exists());

        let own = Places::new(&temporary.1.join("own"), &temporary.1);
        assert!(!own.remove().unwrap());
        own.prepare().unwrap();
        own.prepare().unwrap();
        assert!(own.remove().unwrap());
        assert!(!own.root.exists());
    }

    fn camino_tempdir() -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(dir.path().to_owned()).unwrap();
        (dir, path)
    }
}
