//! Who holds a lease, as a process: a later one on the same machine can tell whether it still lives.

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One process, told from every other one that ever ran, here or elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// When it started, in the kernel's ticks since the boot.
    pub started: u64,
    pub boot: String,
    /// The machine's own id, digested: it is not to be given away.
    pub machine: String,
    /// The namespace that its number counts in.
    pub space: String,
}

/// What the kernel says about a process number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Gone,
    Since(u64),
    /// There is one, and more may not be known.
    Hidden,
}

/// The namespace of processes outside of all containers; its number is fixed in the kernel.
const OUTERMOST: &str = "pid:[4026531836]";

impl Process {
    /// This process.
    pub fn this() -> Self {
        let pid = std::process::id();
        let read = |path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let digest = Sha256::digest(format!("ymir {}", read("/etc/machine-id")));
        let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let started = match life(pid) {
            Life::Since(started) => started,
            Life::Gone | Life::Hidden => 0,
        };
        Self {
            pid,
            started,
            boot: read("/proc/sys/kernel/random/boot_id"),
            machine: digest
                .iter()
                .take(8)
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
            space: space.to_string_lossy().into_owned(),
        }
    }

    /// A name for it that a JSON patch may have in a path: Ironic takes letters, digits and dashes there.
    pub fn name(&self) -> String {
        let boot: String = self.boot.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        format!("{}-{}-{boot}", self.pid, self.started)
    }

    /// Whether the other one certainly lives no more, as far as that can be told from here. Of another machine or
    /// container nothing can be told.
    pub fn survived(&self, other: &Self, life: impl Fn(u32) -> Life) -> bool {
        let here = self.space == other.space && !self.space.is_empty();
        if self.boot == other.boot {
            let same = |life| matches!(life, Life::Since(started) if started == other.started);
            return here && !matches!(life(other.pid), Life::Hidden) && !same(life(other.pid));
        }
        // The machine was started anew. Containers may share an id, so there it says nothing.
        here && self.space == OUTERMOST && self.machine == other.machine
    }
}

/// What there is of a process number, in this namespace.
pub fn life(pid: u32) -> Life {
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Life::Gone };
    if test_kill_process(number) == Err(rustix::io::Errno::SRCH) {
        return Life::Gone;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may hold spaces and parentheses; what follows it is numbered from 3 on.
    let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
    let mut fields = after.split_whitespace();
    match (fields.next(), fields.nth(18).and_then(|text| text.parse().ok())) {
        (Some("Z" | "X"), _) => Life::Gone,
        (_, Some(started)) => Life::Since(started),
        _ => Life::Hidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_died_is_survived() {
        let process = |pid, started, boot: &str, machine: &str, space: &str| Process {
            pid,
            started,
            boot: boot.into(),
            machine: machine.into(),
            space: space.into(),
        };
        let me = process(7, 70, "b2", "m1", OUTERMOST);
        let table = [
            (process(8, 80, "b2", "m1", OUTERMOST), Life::Since(80), false, "it lives"),
            (process(8, 80, "b2", "m1", OUTERMOST), Life::Gone, true, "it is gone"),
            (
                process(8, 80, "b2", "m1", OUTERMOST),
                Life::Since(99),
                true,
                "another has its number",
            ),
            (process(8, 80, "b2", "m1", OUTERMOST), Life::Hidden, false, "it may live"),
            (process(8, 80, "b1", "m1", OUTERMOST), Life::Since(80), true, "before the last boot"),
            (process(8, 80, "b1", "m2", OUTERMOST), Life::Gone, false, "on another machine"),
            (process(8, 80, "b2", "m1", "pid:[4]"), Life::Gone, false, "in a container"),
            (Process::default(), Life::Gone, false, "nothing is known of it"),
        ];
        for (other, life, survived, why) in table {
            assert_eq!(me.survived(&other, |_| life), survived, "{why}");
        }
        let boxed = process(7, 70, "b2", "m1", "pid:[4]");
        let before = process(8, 80, "b1", "m1", "pid:[4]");
        assert!(!boxed.survived(&before, |_| Life::Gone), "its image may be elsewhere, too");
    }

    #[test]
    fn this_process_lives() {
        let me = Process::this();
        assert_eq!(life(me.pid), Life::Since(me.started));
        assert!(me.started > 0);
        assert_eq!(life(u32::MAX), Life::Gone);
    }
}
