//! Newer versions of what is installed: which there are, and bringing them in.

mod apt;
mod dnf;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::host::{
    concern::Host,
    facts::Family,
    fault::Fault,
    machine::Machine,
    programs::Call,
    resource::package_program::{in_turn, is_held, is_unreadable},
};

/// Mirrors are slow, packages many.
const LIMIT: Duration = Duration::from_hours(2);

/// Which packages are to be updated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Names, or patterns with `*` and `?`; empty for all.
    pub names: Vec<String>,
    /// Only what mends a weakness.
    pub security: bool,
}

/// What there is to update.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates {
    pub packages: Vec<Update>,
    /// What the update would take away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// What should be known besides: packages that stay back, that are not there, a restart that is due.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One package that has a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    pub name: String,
    /// `None` if the update brings it in anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
}

impl Updates {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.removed.is_empty()
    }

    /// What would be done, one line each.
    pub fn lines(&self) -> Vec<String> {
        let update = |update: &Update| match &update.from {
            Some(from) => format!("update {} {from} to {}", update.name, update.to),
            None => format!("install {} {}", update.name, update.to),
        };
        let removed = self.removed.iter().map(|name| format!("remove {name}"));
        self.packages.iter().map(update).chain(removed).collect()
    }
}

/// Fetches the lists of packages. A repository that cannot be read is a fault: what it has would be missing unseen.
pub(super) fn refresh(host: Host<'_>, progress: &mut dyn FnMut(&str)) -> Result<(), Fault> {
    progress("fetching the lists of packages");
    match host.facts.family {
        Family::Debian => apt::refresh(host.machine),
        Family::RedHat => dnf::refresh(host.machine),
    }
}

/// What there is to update, by the lists that are there.
pub(super) fn look(host: Host<'_>, wanted: &Wanted) -> Result<Updates, Fault> {
    match host.facts.family {
        Family::Debian => apt::look(host.machine, wanted),
        Family::RedHat => dnf::look(host.machine, wanted),
    }
}

/// Updates, and looks whether nothing is left.
pub(super) fn update(
    host: Host<'_>,
    wanted: &Wanted,
    progress: &mut dyn FnMut(&str),
) -> Result<Updates, Fault> {
    let due = look(host, wanted)?;
    if due.is_empty() {
        return Ok(due);
    }
    let count = due.packages.len();
    progress(&format!("updating {count} package{}", if count == 1 { "" } else { "s" }));
    match host.facts.family {
        Family::Debian => apt::update(host.machine, wanted, &due)?,
        Family::RedHat => dnf::update(host.machine, wanted)?,
    }
    let left = look(host, wanted)?;
    if left.is_empty() {
        return Ok(Updates { notes: [due.notes, restart_is_due(host)?].concat(), ..due });
    }
    Err(Fault::new("updating packages")
        .because("the package program says it is done, and these are not updated")
        .because(left.lines().join("\n"))
        .hint("see what the package program says on the host itself"))
}

/// What Debian's packages leave where they ask for a restart.
fn restart_is_due(host: Host<'_>) -> Result<Vec<String>, Fault> {
    let Some(_) = host.machine.node("/run/reboot-required")? else { return Ok(Vec::new()) };
    let by = host.machine.text("/run/reboot-required.pkgs")?.unwrap_or_default();
    let by: std::collections::BTreeSet<&str> = by.lines().collect();
    let by = by.into_iter().collect::<Vec<_>>().join(", ");
    Ok(vec![format!("the host asks to be restarted, for {by}")])
}

/// Runs a package program to its good end.
fn must(machine: &Machine, call: &Call) -> Result<(), Fault> {
    in_turn(machine, call)?.checked(call).map(drop).map_err(explained)
}

/// What may be done about the words of a package program.
fn explained(fault: Fault) -> Fault {
    let text = fault.to_string();
    let hint = if is_held(&text) {
        "another package program runs on the host; when it has ended, give the command again"
    } else if is_unreadable(&text) {
        "a repository of the host is broken: nothing was updated. Mend it, or take it out of the site's repositories and run `host configure`"
    } else if text.contains("No space left") {
        "the disk of the host is full"
    } else if text.contains("dpkg was interrupted") {
        "`host configure` ends what was interrupted; or run `dpkg --configure -a` on the host"
    } else {
        return fault;
    };
    fault.hint(hint)
}

/// Whether a name is like a pattern with `*` and `?`.
fn is_like(name: &str, pattern: &str) -> bool {
    let (mut name_left, mut pattern_left) = (name.chars(), pattern.chars());
    match (pattern_left.next(), name_left.clone().next()) {
        (None, end) => end.is_none(),
        (Some('*'), end) => {
            let rest = pattern_left.as_str();
            is_like(name, rest) || end.is_some_and(|c| is_like(&name[c.len_utf8()..], pattern))
        }
        (Some(_), None) => false,
        (Some(wanted), Some(_)) => {
            let c = name_left.next();
            (wanted == '?' || c == Some(wanted))
                && is_like(name_left.as_str(), pattern_left.as_str())
        }
    }
}
