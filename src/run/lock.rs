//! One run at a time in an environment. This lock keeps two runs on one machine apart; the kernel frees it when its
//! holder dies. Other control hosts are kept apart by the lease on Ironic's nodes.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
};

use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::trouble::{Result, Tell, Trouble};

/// Who holds the lock, for the message to the second comer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holder {
    pub user: String,
    pub machine: String,
    pub pid: u32,
    pub command: String,
    pub since: Timestamp,
}

impl Holder {
    /// This process, about to run `command`.
    pub fn this_process(user: &str, command: &str) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            user: user.into(),
            machine,
            pid: std::process::id(),
            command: command.into(),
            since: Timestamp::now(),
        }
    }
}

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Who holds the lock at `path` now; `None` if nobody does, or if it cannot be told.
    pub fn holder(path: &Utf8Path) -> Option<Holder> {
        let mut file = OpenOptions::new().read(true).open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => written_in(&mut file),
            _ => None,
        }
    }

    /// Takes the lock at `path`, or tells who has it.
    pub fn take(path: &Utf8Path, holder: &Holder) -> Result<Self> {
        let telling = || format!("taking the lock {path}");
        let open = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path);
        let mut file = open.or_internal(telling)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(&mut file, path)),
            Err(TryLockError::Error(error)) => return Err(error).or_internal(telling),
        }
        let json = serde_json::to_vec(holder).or_internal(telling)?;
        file.set_len(0)
            .and_then(|()| file.write_all(&json))
            .and_then(|()| file.flush())
            .or_internal(telling)?;
        Ok(Self { _file: file })
    }
}

/// Who wrote the lock file last.
fn written_in(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    serde_json::from_str(&text).ok()
}

fn taken(file: &mut File, path: &Utf8Path) -> Trouble {
    let who = written_in(file).map_or_else(
        || "another Ymir".to_owned(),
        |Holder { user, machine, pid, command, since }| {
            format!("{user} on {machine} (process {pid}) runs `{command}` since {since}")
        },
    );
    Trouble::refused("another run is under way in this environment")
        .because(who)
        .because(format!("it holds {path}"))
        .hint(
            "wait for it to end, or stop it with Ctrl-C there; the lock goes when its process goes",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_comer_is_told_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("lock");
        let first = Lock::take(&path, &Holder::this_process("ada", "overcloud provision")).unwrap();
        assert_eq!(Lock::holder(&path).unwrap().user, "ada");
        let refused =
            Lock::take(&path, &Holder::this_process("bob", "overcloud provision")).unwrap_err();
        assert!(refused.causes[0].starts_with("ada on "), "{refused:?}");
        drop(first);
        assert!(Lock::holder(&path).is_none());
        Lock::take(&path, &Holder::this_process("bob", "overcloud provision")).unwrap();
    }
}
