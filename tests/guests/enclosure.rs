//! Where the guest lives: network, mounts and processes of its own, without a name. All of it goes with its first
//! process, however that ends; nothing of this machine is touched.

use std::{
    fs,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::ExitCode,
};

use rustix::fs::{FlockOperation, flock};

use crate::{base, real::command::command};

/// Set inside the enclosure: the directory of the base that guests start from.
const INSIDE: &str = "YMIR_GUESTS_BASE";

/// The directory for everything that the guest and its site write; another checkout has another.
pub(crate) fn state() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/guests")
}

/// The base that guests start from, if this process is inside.
pub(crate) fn base_inside() -> Option<PathBuf> {
    std::env::var_os(INSIDE).map(PathBuf::from)
}

/// Runs this program again, inside.
pub(crate) fn enter() -> ExitCode {
    if !rustix::process::geteuid().is_root() {
        println!("guests: only root can make their network");
        return ExitCode::FAILURE;
    }
    fs::create_dir_all(state()).unwrap();
    let lock = fs::File::create(state().join("lock")).unwrap();
    if flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive).is_err() {
        println!("another run of `guests` has this checkout's guest; wait for it or end it");
        return ExitCode::FAILURE;
    }
    let base = base::made();
    let mut inner = command("setpriv", &["--pdeathsig", "KILL", "unshare", "--net", "--mount"]);
    inner.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    inner.arg(std::env::current_exe().unwrap()).args(std::env::args_os().skip(1));
    inner.env(INSIDE, base);
    let status = inner.status().unwrap();
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
