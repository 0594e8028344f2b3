//! Packages of the distribution, installed or gone, by its own tools.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::{
    Thing,
    package_program::{self, apt_get, fetch_lists, in_turn},
    rpm,
};
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace};

/// Mirrors are slow, packages many.
pub(super) const LIMIT: Duration = Duration::from_hours(1);

/// Packages that must be there, or must not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packages {
    pub names: Vec<String>,
    pub presence: Presence,
    /// Proxies to get them through, by the names that programs know them by; none for those of the host.
    pub proxies: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Presence {
    Installed,
    Absent,
    /// Absent, with its configuration.
    Purged,
}

impl Packages {
    pub fn installed<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::of(names, Presence::Installed)
    }

    pub fn absent<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::of(names, Presence::Absent)
    }

    fn of<S: Into<String>>(names: impl IntoIterator<Item = S>, presence: Presence) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { names, presence, proxies: Vec::new() }
    }

    /// One key per package that is to be there.
    pub(super) fn keys(&self) -> Vec<String> {
        match self.presence {
            Presence::Installed => self.names.iter().map(|name| key(name)).collect(),
            Presence::Absent | Presence::Purged => Vec::new(),
        }
    }

    /// The names that are not as wanted.
    fn differing(&self, seen: &Seen) -> Vec<String> {
        let differs = |name: &&String| match (self.presence, seen.get(*name)) {
            (Presence::Installed, state) => state != Some(&State::Installed),
            (Presence::Absent, state) => state == Some(&State::Installed),
            (Presence::Purged, state) => state.is_some(),
        };
        self.names.iter().filter(differs).cloned().collect()
    }
}

/// The packages of interest that are there in any state.
pub(super) type Seen = BTreeMap<String, State>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Installed,
    /// Only its configuration is left.
    Configuration,
    /// Something ended in the middle.
    Half,
}

impl Thing for Packages {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("packages:{:?}:{}", self.presence, self.names.join(","))
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        states(machine, &self.names)
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let names = self.differing(seen);
        let verb = match self.presence {
            Presence::Installed => "install",
            Presence::Absent => "remove",
            Presence::Purged => "purge",
        };
        if names.is_empty() {
            Vec::new()
        } else {
            vec![Change::new(format!("{verb} {}", names.join(" ")))]
        }
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let names = self.differing(seen);
        match self.presence {
            Presence::Installed => install(machine, &names, &self.proxies),
            Presence::Absent => remove(machine, &names, "remove"),
            Presence::Purged => remove(machine, &names, "purge"),
        }
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        let names = self.differing(seen);
        let put = self.presence == Presence::Installed && !names.is_empty();
        Ok(put.then_some(Trace::Packages { names }))
    }
}

/// Under which the record knows a package.
pub(super) fn key(name: &str) -> String {
    format!("package:{name}")
}

/// Whether the host's packages are Debian's.
pub(crate) fn is_debian(machine: &Machine) -> bool {
    machine.path("/var/lib/dpkg/status").exists()
}

/// The states of the named packages, as far as they are there.
pub(crate) fn states(machine: &Machine, names: &[String]) -> Result<Seen, Fault> {
    if names.is_empty() {
        return Ok(Seen::new());
    }
    if is_debian(machine) {
        let status = machine.text("/var/lib/dpkg/status")?.unwrap_or_default();
        return Ok(of_dpkg(&status, names));
    }
    rpm::states(machine, names)
}

/// Reads dpkg's own list. A name counts on whatever architecture it is installed.
fn of_dpkg(status: &str, names: &[String]) -> Seen {
    let wanted: std::collections::BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut seen = Seen::new();
    let mut name = None;
    for line in status.lines() {
        if let Some(found) = line.strip_prefix("Package: ") {
            name = wanted.get(found.trim()).copied();
        } else if let (Some(name), Some(state)) = (name, line.strip_prefix("Status: "))
            && let Some(state) = dpkg_state(state)
        {
            seen.insert(name.to_owned(), state);
        }
    }
    seen
}

fn dpkg_state(line: &str) -> Option<State> {
    match line.split_whitespace().last()? {
        "installed" => Some(State::Installed),
        "config-files" => Some(State::Configuration),
        "not-installed" => None,
        _ => Some(State::Half),
    }
}

/// Installs packages; what a killed run left half done is finished first.
pub(crate) fn install(
    machine: &Machine,
    names: &[String],
    proxies: &[(String, String)],
) -> Result<(), Fault> {
    if !is_debian(machine) {
        return rpm::install(machine, names, proxies);
    }
    finish_what_was_interrupted(machine)?;
    // In the environment nobody else sees them: they may hold a password.
    let through = |call: Call| {
        proxies.iter().fold(call, |call, (name, value)| call.env(name, value.as_str()))
    };
    let call = through(apt_get(["install"], LIMIT)).also(names.iter().cloned());
    let first = in_turn(machine, &call)?;
    if first.code == 0 {
        return Ok(());
    }
    // Lists that are older than the mirror name packages that are gone from it. One that cannot be fetched matters only
    // if what is missing is in it, and then the second try tells.
    let update = through(apt_get(["update"], LIMIT));
    in_turn(machine, &update)?.checked(&update)?;
    in_turn(machine, &call)?
        .checked(&call)
        .map(drop)
        .map_err(|fault| explained(fault, &first.stderr))
}

/// Has apt fetch its lists anew; all of them, or it is a fault.
pub(super) fn refresh(machine: &Machine) -> Result<(), Fault> {
    fetch_lists(machine, LIMIT).map_err(|fault| explained(fault, ""))
}

fn remove(machine: &Machine, names: &[String], how: &str) -> Result<(), Fault> {
    if is_debian(machine) {
        finish_what_was_interrupted(machine)?;
        let call = apt_get([how], LIMIT).also(names.iter().cloned());
        return in_turn(machine, &call)?.checked(&call).map(drop);
    }
    rpm::remove(machine, names)
}

/// Whether removing packages takes no others with them.
pub(crate) fn removes_only(machine: &Machine, names: &[String]) -> Result<bool, Fault> {
    if !is_debian(machine) {
        return rpm::removes_only(machine, names);
    }
    let call = apt_get(["--simulate", "remove"], LIMIT).also(names.iter().cloned());
    let simulated = machine.run(&call)?;
    let gone = simulated.stdout.lines().filter_map(|line| line.strip_prefix("Remv "));
    let mut gone = gone.filter_map(|rest| rest.split_whitespace().next());
    Ok(simulated.code == 0 && gone.all(|name| names.iter().any(|own| own == name)))
}

/// Removes packages that nothing else needs.
pub(crate) fn take_away(machine: &Machine, names: &[String]) -> Result<(), Fault> {
    remove(machine, names, "remove")
}

fn finish_what_was_interrupted(machine: &Machine) -> Result<(), Fault> {
    let updates = machine.names("/var/lib/dpkg/updates")?;
    let status = machine.text("/var/lib/dpkg/status")?.unwrap_or_default();
    let half = status
        .lines()
        .filter_map(|line| line.strip_prefix("Status: "))
        .any(|state| dpkg_state(state) == Some(State::Half));
    if updates.is_empty() && !half {
        return Ok(());
    }
    let configure =
        Call::new("dpkg", ["--force-confdef", "--force-confold", "--configure", "--pending"]);
    machine.must(&configure.env("DEBIAN_FRONTEND", "noninteractive").limit(LIMIT)).map(drop)
}

/// What may be done about apt's own words.
fn explained(fault: Fault, first: &str) -> Fault {
    let words = format!("{first}{fault}");
    let says = |part: &str| words.contains(part);
    if package_program::is_held(&words) {
        return fault.hint(
            "another package program runs on the host; when it has ended, give the command again",
        );
    }
    if says("Unable to locate package") || says("has no installation candidate") {
        return fault.hint("no repository of the host has it: see `apt_repositories`, and `apt-cache policy` on the host");
    }
    if package_program::is_unreadable(&words) {
        return fault.hint(
            "a repository of the host cannot be read: see `apt_repositories`, `apt_keys` and `apt_proxy_http`, or take \
             it off the host if the site does not name it",
        );
    }
    if says("No space left") {
        return fault.hint("the disk of the host is full");
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "\
Package: vim
Status: install ok installed
Architecture: amd64

Package: nano
Status: deinstall ok config-files

Package: half
Status: install ok half-configured

Package: acl
Status: unknown ok not-installed
";

    #[test]
    fn dpkg_tells_what_is_there() {
        let names = ["vim", "nano", "half", "acl", "gone"].map(str::to_owned).to_vec();
        let seen = of_dpkg(STATUS, &names);
        let expected = [
            ("half".to_owned(), State::Half),
            ("nano".to_owned(), State::Configuration),
            ("vim".to_owned(), State::Installed),
        ];
        assert_eq!(seen, Seen::from(expected));
        assert_eq!(
            Packages::installed(names.clone()).differing(&seen),
            ["nano", "half", "acl", "gone"]
        );
        assert_eq!(Packages::absent(names).differing(&seen), ["vim"]);
    }
}
