//! Processes that outlive Ymir. A process is known by its number, the time it started and the boot it belongs to, so
//! that a number which was given to somebody else meanwhile is never signalled.

use std::{fs, time::Duration};

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

use super::places;
use crate::trouble::{Result, Trouble};

/// How long a process may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(15);

/// A process that was started here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    boot: String,
    pub pid: i32,
    /// In clock ticks since boot.
    started: u64,
}

/// What `/proc/PID/stat` says, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: i32,
    is_dead: bool,
    session: i32,
    started: u64,
}

impl Stat {
    /// Reads the line; the program's name in it may hold spaces and brackets.
    fn parse(line: &str) -> Option<Self> {
        let (pid, _) = line.split_once(' ')?;
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some(Self {
            pid: pid.parse().ok()?,
            is_dead: matches!(*fields.first()?, "Z" | "X"),
            session: fields.get(3)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }

    fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

impl Identity {
    /// Reads what [`crate::drivers::process::Run::detach`] recorded.
    fn parse(record: &str) -> Option<Self> {
        let (boot, stat) = record.split_once('\n')?;
        let Stat { pid, started, .. } = Stat::parse(stat)?;
        Some(Self { boot: boot.into(), pid, started })
    }

    /// The process of a record, whether it lives or not; `None` without a readable record.
    pub(super) fn recorded(record: &Utf8Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(record).ok()?)
    }

    /// The process of a record if it still runs.
    pub(super) fn running(record: &Utf8Path) -> Option<Self> {
        Self::recorded(record).filter(Self::is_alive)
    }

    pub(super) fn is_alive(&self) -> bool {
        let same = |stat: Stat| stat.started == self.started && !stat.is_dead;
        self.is_of_this_boot() && Stat::of(self.pid).is_some_and(same)
    }

    fn is_of_this_boot(&self) -> bool {
        fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .is_ok_and(|boot| boot.trim() == self.boot)
    }

    /// Processes of this one's session that work in `dir`, itself included: what a killed process may leave behind.
    fn family(&self, dir: &Utf8Path) -> Vec<i32> {
        if !self.is_of_this_boot()
            || Stat::of(self.pid).is_some_and(|stat| stat.started != self.started)
        {
            return Vec::new();
        }
        let here = |pid: &i32| {
            fs::read_link(format!("/proc/{pid}/cwd"))
                .is_ok_and(|cwd| cwd.starts_with(dir.as_std_path()))
        };
        let member = |pid: &i32| {
            let stat = Stat::of(*pid);
            stat.is_some_and(|stat| {
                stat.session == self.pid && stat.started >= self.started && !stat.is_dead
            })
        };
        every_pid().filter(member).filter(here).collect()
    }
}

/// The numbers of all processes.
pub(super) fn every_pid() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Ends the process of a record, and what is left of its session in `dir`; says whether there was any.
pub(super) async fn stop(record: &Utf8Path, dir: &Utf8Path) -> Result<bool> {
    let Some(identity) = Identity::recorded(record) else { return Ok(false) };
    let was_alive = identity.is_alive();
    if was_alive {
        signal(identity.pid, Signal::TERM);
        gone(|| !identity.is_alive()).await;
    }
    let left = || if identity.is_alive() { vec![identity.pid] } else { identity.family(dir) };
    let found = left();
    for pid in &found {
        signal(*pid, Signal::KILL);
    }
    gone(|| left().is_empty()).await;
    if let Some(pid) = left().first() {
        return Err(Trouble::host(format!("stopping process {pid}"))
            .because("it did not even end when it was killed")
            .hint(format!("look at /proc/{pid}/stack and /proc/{pid}/wchan")));
    }
    places::forget(record)?;
    Ok(was_alive || !found.is_empty())
}

/// Sends a signal; a process that has just ended does not need it any more.
pub(super) fn signal(pid: i32, signal: Signal) {
    if let Some(Err(error)) = Pid::from_raw(pid).map(|pid| kill_process(pid, signal)) {
        tracing::debug!(pid, %error, "signalling");
    }
}

/// Waits until something is so, but not for ever.
pub(super) async fn gone(is_gone: impl Fn() -> bool) {
    let wait = async {
        while !is_gone() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // The caller looks again and tells.
    drop(tokio::time::timeout(GRACE, wait).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::process::Run;

    const LINE: &str =
        "4321 (a (strange) name) S 1 4321 4321 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 77777 1 2 3";

    #[test]
    fn a_stat_line_is_read_after_the_last_bracket() {
        let stat = Stat { pid: 4321, is_dead: false, session: 4321, started: 77777 };
        assert_eq!(Stat::parse(LINE), Some(stat));
        assert!(Stat::parse(&LINE.replace(") S", ") Z")).unwrap().is_dead);
        for broken in ["", "4321", "4321 (sh) S 1", "x (sh) S 1 2"] {
            assert_eq!(Stat::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn another_boot_or_another_start_is_another_process() {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let own = Stat::of(std::process::id().cast_signed()).unwrap();
        let identity = Identity { boot: boot.trim().into(), pid: own.pid, started: own.started };
        assert!(identity.is_alive());
        let recycled = Identity { started: own.started + 1, ..identity.clone() };
        assert!(!recycled.is_alive());
        assert!(recycled.family(Utf8Path::new("/")).is_empty());
        let rebooted = Identity { boot: "another".into(), ..identity };
        assert!(!rebooted.is_alive());
    }

    #[tokio::test]
    async fn a_detached_process_is_found_and_stopped_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let record = dir.join("run/sleep.process");
        places::make_dir(&dir.join("run")).unwrap();
        let run = Run::new("sh").args(["-c", "sleep 600 & trap '' TERM; wait"]).dir(dir);
        run.log(dir.join("log")).detach(&record).await.unwrap();
        let identity = Identity::running(&record).unwrap();
        gone(|| identity.family(dir).len() == 2).await;
        signal(identity.pid, Signal::KILL);
        gone(|| !identity.is_alive()).await;
        assert_eq!(identity.family(dir).len(), 1, "the child is left");
        assert!(stop(&record, dir).await.unwrap());
        assert!(identity.family(dir).is_empty());
        assert!(!stop(&record, dir).await.unwrap(), "nothing is left to stop");
    }
}
