//! Child processes and the terminal: Ctrl-C is Ymir's to hear, and a child that is given up ends with all it started.

use std::{thread::sleep, time::Duration};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

/// How a command stands to Ymir's terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Terminal {
    /// A process group of its own: what is typed does not reach it, and reading from the terminal would stop it.
    #[default]
    Apart,
    /// A session of its own: it has no terminal, so that a question fails at once instead of waiting for ever.
    None,
    /// Ymir's own group: it can ask, and Ctrl-C reaches it.
    Shared,
}

/// What goes before a command that gets a session of its own: the kernel ends it with Ymir, even if Ymir is killed.
pub(super) const SESSION: [&str; 5] =
    ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", "/usr/bin/setsid"];

/// How often a group is looked at, and how long, until it is killed.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 100;

/// The group of a running command, ended when this is dropped before [`Group::left`].
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that the command with this number leads; none if it shares Ymir's.
    pub(super) fn of(terminal: Terminal, pid: Option<u32>) -> Self {
        let pid = pid.and_then(|pid| Pid::from_raw(pid.cast_signed()));
        Self(pid.filter(|_| terminal != Terminal::Shared))
    }

    /// The command has ended by itself; what it left running is meant to run.
    pub(super) fn left(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    /// Asks first: Ansible's workers are in sessions of their own, and only Ansible knows them.
    fn drop(&mut self) {
        let Some(leader) = self.0 else { return };
        if kill_process_group(leader, Signal::TERM).is_err() {
            return;
        }
        let has_ended = || {
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            !matches!(waitid(WaitId::Pid(leader), look), Ok(None))
        };
        for _ in 0..LOOKS {
            if has_ended() {
                break;
            }
            sleep(LOOK);
        }
        // The leader is not reaped yet, so the group's number is still its own.
        if test_kill_process_group(leader).is_ok() {
            // It may have ended meanwhile.
            kill_process_group(leader, Signal::KILL).unwrap_or_default();
        }
    }
}
