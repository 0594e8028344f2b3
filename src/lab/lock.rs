//! One `ymir lab` at a time on a machine.

use std::{
    fs::File,
    io::{Read, Write},
};

use rustix::fs::{FlockOperation, flock};

use super::places::{self, Places};
use crate::trouble::{Result, Tell, Trouble};

/// Held for as long as it lives, also through `kill -9`: the kernel lets go of it.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(places: &Places) -> Result<Self> {
        places::make_dir(&places.cache)?;
        let path = places.cache.join("lock");
        let what = || format!("locking {path}");
        let mut options = File::options();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .or_host(what)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            file.read_to_string(&mut holder).or_host(what)?;
            return Err(Trouble::refused("working on the lab")
                .because(format!("another `ymir lab` is at work, process {}", holder.trim()))
                .hint("wait for it, or stop it"));
        }
        file.set_len(0).or_host(what)?;
        write!(file, "{}", std::process::id()).or_host(what)?;
        Ok(Self(file))
    }
}
