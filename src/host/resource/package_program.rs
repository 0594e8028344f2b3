//! How apt and dnf are called wherever Ymir calls them: without questions, and in turn with others on the host.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::host::{
    accounts,
    fault::Fault,
    machine::Machine,
    programs::{Call, Output},
};

/// How long another package program may hold its lock.
const PATIENCE: Duration = Duration::from_mins(5);

/// The pause between two looks at a lock that another program holds.
const PAUSE: Duration = Duration::from_secs(3);

/// How package programs say that a lock is held.
const HELD: [&str; 7] = [
    "Could not get lock",
    "is another process using it",
    "another copy is running",
    "Failed to obtain the transaction lock",
    "can't create transaction lock",
    "Waiting for process with pid",
    "is locked by another process",
];

/// How apt and dnf say that a repository cannot be read or not be trusted.
const UNREADABLE: [&str; 5] = [
    "Failed to fetch",
    "does not have a Release file",
    "NO_PUBKEY",
    "is not signed",
    "Failed to download metadata",
];

/// Runs a package program, through the host's proxies; its exit code is the caller's matter. While another one holds a lock it is waited for: not
/// every program does so by itself, nor for each of its locks. apt does not for that of its lists.
pub(crate) fn in_turn(machine: &Machine, call: &Call) -> Result<Output, Fault> {
    patiently(machine, call, PAUSE)
}

fn patiently(machine: &Machine, call: &Call, pause: Duration) -> Result<Output, Fault> {
    let until = Instant::now() + PATIENCE;
    let call = accounts::through_proxies(machine, call.clone());
    loop {
        let output = machine.run(&call)?;
        let said = format!("{}{}", output.stdout, output.stderr);
        if output.code == 0 || !is_held(&said) || Instant::now() >= until {
            return Ok(output);
        }
        sleep(pause);
    }
}

/// apt-get without questions; what an operator wrote into the configuration of a package stays.
pub(crate) fn apt_get<S: Into<String>>(
    words: impl IntoIterator<Item = S>,
    limit: Duration,
) -> Call {
    let lock = format!("DPkg::Lock::Timeout={}", PATIENCE.as_secs());
    let options = ["Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold", &lock];
    let options = options.into_iter().flat_map(|option| ["--option", option]);
    Call::new("apt-get", ["--yes", "--quiet"])
        .also(options)
        .also(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .limit(limit)
}

/// Fetches apt's lists. A repository that cannot be read is a fault: apt itself only warns, and uses what it had before.
pub(crate) fn fetch_lists(machine: &Machine, limit: Duration) -> Result<(), Fault> {
    let call = apt_get(["--option", "APT::Update::Error-Mode=any", "update"], limit);
    in_turn(machine, &call)?.checked(&call).map(drop)
}

/// Whether the words of a package program tell of a lock that another one holds.
pub(crate) fn is_held(words: &str) -> bool {
    HELD.iter().any(|held| words.contains(held))
}

/// Whether the words of a package program tell of a repository that cannot be read or not be trusted.
pub(crate) fn is_unreadable(words: &str) -> bool {
    UNREADABLE.iter().any(|part| words.contains(part))
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
    };

    use super::*;
    use crate::host::stage::Stage;

    /// With Ansible they reach package programs by way of sudo; the agent calls its programs with nothing.
    #[test]
    fn package_programs_go_through_the_hosts_proxies() {
        let own = "PATH=\"/bin\"\nhttp_proxy=http://p:1\nno_proxy=\"a,b\"\n";
        let stage = Stage::new(&[("/etc/environment", own)]);
        let seen = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&seen);
        stage.act("apt-get", move |_, call| {
            kept.borrow_mut().clone_from(&call.env);
            Output::default()
        });
        let has =
            |name: &str, value: &str| seen.borrow().contains(&(name.to_owned(), value.to_owned()));
        let call = apt_get(["update"], PATIENCE);
        in_turn(&stage.machine(), &call).unwrap();
        assert!(has("http_proxy", "http://p:1") && has("no_proxy", "a,b"), "{seen:?}");
        assert!(!has("PATH", "/bin"), "{seen:?}");
        in_turn(&stage.machine(), &call.env("http_proxy", "http://other:2")).unwrap();
        assert!(has("http_proxy", "http://other:2") && !has("http_proxy", "http://p:1"));
    }

    /// apt waits for dpkg's lock by itself, and for that of its lists it does not.
    #[test]
    fn the_lock_of_the_lists_is_waited_for() {
        let stage = Stage::new(&[]);
        let tries = Rc::new(Cell::new(0));
        let counted = Rc::clone(&tries);
        stage.act("apt-get", move |_, _| {
            counted.set(counted.get() + 1);
            let is_free = counted.get() == 3;
            let said = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12";
            let stderr = if is_free { String::new() } else { said.to_owned() };
            Output { code: if is_free { 0 } else { 100 }, stderr, ..Output::default() }
        });
        let call = apt_get(["update"], PATIENCE);
        let output = patiently(&stage.machine(), &call, Duration::from_millis(1)).unwrap();
        assert_eq!((output.code, tries.get()), (0, 3));
    }
}
