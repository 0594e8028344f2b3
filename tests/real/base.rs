//! What machines start from, made once by a script and kept in the cache under the digest of its recipe.

use std::{
    fs,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use super::command::{command, run};

/// How long a base of another recipe stays after it was last used.
const KEPT: Duration = Duration::from_hours(14 * 24);

/// The directory of a base, made if it is not there yet. The script is one of the lab's, and the recipe all that the base
/// depends on.
pub(crate) fn made(lab: &str, script: &str, recipe: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    run(command(tests.join("setup").to_str().unwrap(), &[lab]));
    let all = cache().join(lab);
    fs::create_dir_all(&all).unwrap();
    let lock = fs::File::create(all.join("lock")).unwrap();
    // Another checkout may be making the same.
    flock(lock.as_fd(), FlockOperation::LockExclusive).unwrap();
    let digest = Sha256::digest(recipe);
    let base =
        all.join(format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]));
    if !base.exists() {
        println!("making the base of the {lab} in {}", base.display());
        let mut make = command("sh", &[tests.join(lab).join(script)]);
        make.arg("make").arg(&base);
        run(make);
    }
    fs::File::open(&base).unwrap().set_modified(SystemTime::now()).unwrap();
    drop_unused(&all);
    base
}

fn cache() -> PathBuf {
    let of =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || of("HOME").unwrap().join(".cache");
    of("YMIR_CACHE_DIR").unwrap_or_else(|| of("XDG_CACHE_HOME").unwrap_or_else(home).join("ymir"))
}

fn drop_unused(all: &Path) {
    let bases = fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path());
    for base in bases.filter(|path| path.is_dir()) {
        let used = fs::metadata(&base).and_then(|data| data.modified()).unwrap();
        if used.elapsed().is_ok_and(|age| age > KEPT) {
            fs::remove_dir_all(base).unwrap();
        }
    }
}
