//! One run at a time on a host: whoever changes it holds the lock while its connection lives.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, Tried},
    machine::{Access, Machine},
    patience::SILENCE,
    record::DIRECTORY,
};

const FILE: &str = "/var/lib/ymir/lock";

/// How long the earlier run of the same owner's is waited for: a little longer than its agent waits for a lost connection.
const PATIENCE: Duration = SILENCE.saturating_add(Duration::from_secs(15));

const PAUSE: Duration = Duration::from_millis(500);

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
    /// Takes the lock, or says who holds it. An earlier run of the same owner's is waited for: if its connection was cut,
    /// its agent ends by itself before the patience does.
    pub fn take(
        machine: &Machine,
        owner: &Owner,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, Fault> {
        machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
        let mut file = open(&machine.path(FILE)).tried(tried)?;
        let until = Instant::now() + PATIENCE;
        let mut waits = false;
        while !try_lock(&file).tried(tried)? {
            let holder = holder(&mut file)?;
            if holder.as_ref().is_none_or(|holder| holder.who != owner.who)
                || Instant::now() >= until
            {
                return Err(refusal(holder.as_ref()));
            }
            if !std::mem::replace(&mut waits, true) {
                progress("waiting for the end of your earlier run on the host");
            }
            std::thread::sleep(PAUSE);
        }
        let text = serde_json::to_vec(owner).tried(tried)?;
        file.set_len(0).tried(tried)?;
        file.write_all_at(&text, 0).tried(tried)?;
        Ok(Self(file))
    }
}

/// Takes the lock on a file for a short while, waiting for whoever holds it; `None` when that takes longer than the
/// patience.
pub(super) fn turn(
    machine: &Machine,
    path: &str,
    patience: Duration,
) -> std::io::Result<Option<File>> {
    let file = open(&machine.path(path))?;
    let until = Instant::now() + patience;
    while !try_lock(&file)? {
        if Instant::now() >= until {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(Some(file))
}

fn tried() -> String {
    "taking the lock of the host".into()
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether nobody else holds it.
fn try_lock(file: &File) -> rustix::io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Who says to hold it; `None` while the words are being written, or if a full disk kept them out.
fn holder(file: &mut File) -> Result<Option<Owner>, Fault> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).tried(tried)?;
    file.read_to_string(&mut text).tried(tried)?;
    Ok(serde_json::from_str(&text).ok())
}

fn refusal(holder: Option<&Owner>) -> Fault {
    let held = match holder {
        Some(Owner { who, command, since }) => {
            format!("{who} holds it with `{command}` since {since}")
        }
        None => "a run that has not said yet whose it is holds it".into(),
    };
    Fault::new(tried()).because(held).hint("wait until that run has ended, or end it there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::stage::Stage;

    fn owner(who: &str) -> Owner {
        let (command, since) = ("overcloud host configure".into(), "2026-11-26T10:00:00Z".into());
        Owner { who: who.into(), command, since }
    }

    #[test]
    fn somebody_else_is_told_who_holds_it() {
        let stage = Stage::new(&[]);
        let machine = stage.machine();
        let _first = Lock::take(&machine, &owner("alice@control"), &mut |_| {}).unwrap();
        let fault = Lock::take(&machine, &owner("bob@control"), &mut |_| {}).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "taking the lock of the host: alice@control holds it with `overcloud host configure` since 2026-11-26T10:00:00Z"
        );
    }

    #[test]
    fn a_torn_file_names_nobody() {
        let stage = Stage::new(&[]);
        let machine = stage.machine();
        let _first = Lock::take(&machine, &owner("alice@control"), &mut |_| {}).unwrap();
        std::fs::write(machine.path(FILE), "{\"who\": \"ali").unwrap();
        let fault = Lock::take(&machine, &owner("alice@control"), &mut |_| {}).unwrap_err();
        assert!(fault.to_string().contains("has not said yet whose it is"), "{fault}");
    }

    #[test]
    fn the_same_owner_waits_for_its_earlier_run() {
        let stage = Stage::new(&[]);
        let machine = stage.machine();
        let mut first = Some(Lock::take(&machine, &owner("alice@control"), &mut |_| {}).unwrap());
        let mut ends = |_: &str| drop(first.take());
        Lock::take(&machine, &owner("alice@control"), &mut ends).unwrap();
    }
}
