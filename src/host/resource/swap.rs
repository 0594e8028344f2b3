//! Room on a disk to swap to: a file or a device with the mark of swap on it, and whether the host swaps at all.

use std::{
    fs,
    os::unix::fs::{FileExt, OpenOptionsExt},
};

use serde::{Deserialize, Serialize};

use super::{Thing, fstab, signature::signature};
use crate::host::{
    change::Change,
    fault::{Fault, Tried},
    machine::{Access, Machine, NodeKind},
    programs::Call,
    record::Trace,
    removal::Verdict,
};

/// Where the mark stands: at the end of the first page.
const MARK_AT: u64 = 4096 - 10;
const MARK: &[u8] = b"SWAPSPACE2";
const SWAPS: &str = "/proc/swaps";

/// A file or device that is swap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwapArea {
    pub path: String,
    /// How a file is made that is not there; a device is.
    pub made_by: Option<Vec<String>>,
}

/// What stands at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    is_there: bool,
    mode: Option<u32>,
    is_marked: bool,
}

/// The host swaps to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Swapping;

/// What was made to swap to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub path: String,
    pub is_file: bool,
}

impl Thing for SwapArea {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("swap:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let node = machine.node(&self.path)?;
        let of_file = node.as_ref().filter(|node| node.kind == NodeKind::File);
        Ok(Seen {
            is_there: node.is_some(),
            mode: of_file.map(|node| node.mode),
            is_marked: node.is_some() && is_marked(machine, &self.path)?,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let path = &self.path;
        let mut changes = Vec::new();
        if self.made_by.is_some() && !seen.is_there {
            changes.push(Change::new(format!("make the swap file {path}")));
        }
        if let Some(mode) = seen.mode.filter(|mode| self.made_by.is_some() && *mode != 0o600) {
            changes.push(Change::new(format!("set the mode of {path} from {mode:04o} to 0600")));
        }
        if !seen.is_marked {
            changes.push(Change::new(format!("make {path} swap")));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        if let Some(words) = &self.made_by {
            if !seen.is_there {
                make(machine, &self.path, words)?;
            }
            machine.set_access(&self.path, &Access::of_root(0o600))?;
        }
        if seen.is_marked {
            return Ok(());
        }
        if let Some(found) = signature(machine, &self.path)? {
            return Err(Fault::new(format!("making {} swap", self.path))
                .because(format!("it holds {found}, and what holds something is never overwritten"))
                .hint(format!("if nobody needs it, `wipefs --all {}` on the host", self.path)));
        }
        machine.must(&Call::new("mkswap", [&self.path])).map(drop)
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        let made = Made { path: self.path.clone(), is_file: self.made_by.is_some() };
        let is_ours = if made.is_file { !seen.is_there } else { !seen.is_marked };
        Ok(is_ours.then_some(Trace::Swap { made }))
    }
}

/// Makes the file, which nobody else may read from the beginning.
fn make(machine: &Machine, path: &str, words: &[String]) -> Result<(), Fault> {
    let tried = || format!("making the swap file {path}");
    if let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty())
        && machine.node(above)?.is_none()
    {
        machine.make_directory(above, &Access::of_root(0o755))?;
    }
    let mut new = fs::OpenOptions::new();
    new.write(true).create_new(true).mode(0o600);
    drop(new.open(machine.path(path)).tried(tried)?);
    let Some((program, args)) = words.split_first() else { return Ok(()) };
    let made = machine.must(&Call::new(program, args.iter().cloned()));
    if made.is_err() {
        // A file that is too small would be taken for the right one next time.
        machine.remove(path)?;
    }
    made.map(drop)
}

fn is_marked(machine: &Machine, path: &str) -> Result<bool, Fault> {
    let tried = || format!("looking at {path}");
    let file = fs::File::open(machine.path(path)).tried(tried)?;
    let mut found = [0; MARK.len()];
    match file.read_exact_at(&mut found, MARK_AT) {
        Ok(()) => Ok(found == MARK),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error).tried(tried),
    }
}

impl Thing for Swapping {
    /// Whether it swaps to anything.
    type Seen = bool;

    fn key(&self) -> String {
        "swapping".into()
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(machine.text(SWAPS)?.unwrap_or_default().lines().count() > 1)
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen { Vec::new() } else { vec![Change::new("swap")] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        machine.must(&Call::new("swapon", ["--all"])).map(drop)
    }
}

/// What becomes of swap that nobody asks for any more.
pub(crate) fn judge(machine: &Machine, made: &Made) -> Result<Verdict, Fault> {
    let Made { path, is_file } = made;
    if machine.node(path)?.is_none() || !is_marked(machine, path)? {
        return Ok(Verdict::Forget);
    }
    Ok(match (is_file, is_used(machine, path)?) {
        (true, _) => Verdict::Remove(Change::new(format!("remove the swap file {path}"))),
        (false, true) => Verdict::Remove(Change::new(format!("swap to {path} no longer"))),
        (false, false) => Verdict::Forget,
    })
}

/// What becomes of a line of `/etc/fstab` that nobody asks for any more.
pub(crate) fn judge_line(machine: &Machine, path: &str, line: &str) -> Result<Verdict, Fault> {
    let text = machine.text(fstab::PATH)?.unwrap_or_default();
    if text.lines().all(|known| known != line) {
        return Ok(Verdict::Forget);
    }
    let what = format!("remove the line of {path} from {}", fstab::PATH);
    let also = if is_used(machine, path)? { ", and swap to it no longer" } else { "" };
    Ok(Verdict::Remove(Change::new(what + also)))
}

/// Swaps to it no longer.
pub(crate) fn stop(machine: &Machine, path: &str) -> Result<(), Fault> {
    if is_used(machine, path)? {
        machine.must(&Call::new("swapoff", [path])).map(drop)
    } else {
        Ok(())
    }
}

/// Swaps to it no longer, and removes it if it is a file.
pub(crate) fn take_away(machine: &Machine, made: &Made) -> Result<(), Fault> {
    stop(machine, &made.path)?;
    if made.is_file { machine.remove(&made.path) } else { Ok(()) }
}

fn is_used(machine: &Machine, path: &str) -> Result<bool, Fault> {
    let swaps = machine.text(SWAPS)?.unwrap_or_default();
    // The kernel knows a device by its own name.
    let real = fs::canonicalize(machine.path(path)).unwrap_or_default();
    let is = |line: &str| {
        let name = line.split_whitespace().next().unwrap_or_default();
        name == path || machine.path(name) == real
    };
    Ok(swaps.lines().skip(1).any(is))
}
