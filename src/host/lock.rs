//! One run at a time on a host: whoever changes it holds the lock while its connection lives.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, Tried},
    machine::{Access, Machine},
    record::DIRECTORY,
};

const FILE: &str = "/var/lib/ymir/lock";

/// Who holds the lock, as the second comer reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `alice@control`
    pub who: String,
    /// `overcloud host configure`
    pub command: String,
    /// When the command was given, RFC 3339.
    pub since: String,
}

/// The lock, held as long as this lives; the kernel gives it back when the agent ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    pub fn take(machine: &Machine, owner: &Owner) -> Result<Self, Fault> {
        let tried = || "taking the lock of the host".to_owned();
        machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
        let mut options = OpenOptions::new();
        let open = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = open.open(machine.path(FILE)).tried(tried)?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            let mut text = String::new();
            file.read_to_string(&mut text).tried(tried)?;
            let other: Owner = serde_json::from_str(&text).unwrap_or_default();
            return Err(Fault::new("taking the lock of the host")
                .because(if error == rustix::io::Errno::WOULDBLOCK {
                    format!("{} holds it with `{}` since {}", other.who, other.command, other.since)
                } else {
                    error.to_string()
                })
                .hint("wait until that run has ended, or end it there"));
        }
        file.set_len(0).tried(tried)?;
        file.seek(SeekFrom::Start(0)).tried(tried)?;
        let text = serde_json::to_vec(owner).tried(tried)?;
        file.write_all(&text).tried(tried)?;
        Ok(Self(file))
    }
}
