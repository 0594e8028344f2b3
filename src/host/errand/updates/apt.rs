//! By apt. What would be done is simulated by apt itself, so that what is told is what is done.

use std::{collections::BTreeSet, time::SystemTime};

use super::{LIMIT, Update, Updates, Wanted, explained, is_like, must};
use crate::host::{
    fault::Fault,
    machine::Machine,
    programs::Call,
    resource::package_program::{self, fetch_lists},
};

/// Where apt keeps the lists.
const LISTS: &str = "/var/lib/apt/lists";

/// Lists older than this are told of, in seconds.
const OLD: u64 = 24 * 60 * 60;

pub(super) fn refresh(machine: &Machine) -> Result<(), Fault> {
    fetch_lists(machine, LIMIT).map_err(explained)
}

pub(super) fn look(machine: &Machine, wanted: &Wanted) -> Result<Updates, Fault> {
    let mut notes = Vec::new();
    let names = names(machine, wanted, &mut notes)?;
    if wanted.names.is_empty() || !names.is_empty() {
        notes.extend(age(machine));
    }
    let Some(call) = call(wanted, &names) else {
        return Ok(Updates { notes, ..Updates::default() });
    };
    let said = machine.must(&call.also(["--simulate"])).map_err(explained)?.stdout;
    let (mut updates, kept) = simulated(&said);
    if wanted.security {
        let names: Vec<String> = updates
            .iter()
            .filter(|(_, source)| is_security(source))
            .map(|(one, _)| one.name.clone())
            .collect();
        updates.clear();
        if !names.is_empty() {
            let said = machine.must(&only(&names).also(["--simulate"])).map_err(explained)?.stdout;
            updates = simulated(&said).0;
        }
    }
    if !kept.is_empty() {
        notes.push(format!("kept back by apt: {}", kept.join(" ")));
    }
    let removed = said.lines().filter_map(|line| line.strip_prefix("Remv ")?.split(' ').next());
    let removed = if wanted.security { Vec::new() } else { removed.map(str::to_owned).collect() };
    Ok(Updates {
        packages: updates.into_iter().map(|(update, _)| update).collect(),
        removed,
        notes,
    })
}

/// Does what was told: with `security` these packages, else what the same words of apt bring.
pub(super) fn update(machine: &Machine, wanted: &Wanted, due: &Updates) -> Result<(), Fault> {
    let due = || due.packages.iter().map(|update| update.name.clone()).collect::<Vec<_>>();
    let call = match (wanted.security, wanted.names.is_empty()) {
        (true, _) => only(&due()),
        (false, true) => upgrade(),
        (false, false) => only(&names(machine, wanted, &mut Vec::new())?),
    };
    must(machine, &call)
}

/// The command without its names if all is meant; `None` if nothing is.
fn call(wanted: &Wanted, names: &[String]) -> Option<Call> {
    match (wanted.names.is_empty(), names.is_empty()) {
        (true, _) => Some(upgrade()),
        (false, true) => None,
        (false, false) => Some(only(names)),
    }
}

/// As Ansible's `package` updates everything: nothing is removed for it.
fn upgrade() -> Call {
    apt_get(&["upgrade", "--with-new-pkgs"])
}

fn only(names: &[String]) -> Call {
    apt_get(&["install", "--only-upgrade"]).also(names.iter().cloned())
}

/// The names of what is installed and meant, with the versions that are asked for.
fn names(
    machine: &Machine,
    wanted: &Wanted,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, Fault> {
    let status = machine.text("/var/lib/dpkg/status")?.unwrap_or_default();
    let installed = installed_of(&status);
    let mut found = BTreeSet::new();
    for pattern in &wanted.names {
        let (bare, version) = pattern.split_at(pattern.find('=').unwrap_or(pattern.len()));
        let known: Vec<_> = installed.iter().filter(|name| is_like(name, bare)).collect();
        if known.is_empty() {
            notes.push(format!("{pattern} is not installed, so it is not updated"));
        }
        found.extend(known.into_iter().map(|name| format!("{name}{version}")));
    }
    Ok(found.into_iter().collect())
}

/// The names of installed packages, by dpkg's own list.
fn installed_of(status: &str) -> BTreeSet<&str> {
    let paragraphs = status.split("\n\n");
    let installed =
        paragraphs.filter(|text| text.contains("Status: ") && text.contains(" ok installed"));
    installed
        .filter_map(|text| text.lines().find_map(|line| line.strip_prefix("Package: ")))
        .collect()
}

/// What apt would install, each with where it is from, and what it keeps back.
fn simulated(text: &str) -> (Vec<(Update, String)>, Vec<String>) {
    let updates = text.lines().filter_map(|line| installed(line.strip_prefix("Inst ")?)).collect();
    let mut lines = text.lines().skip_while(|line| !line.contains("kept back:")).skip(1);
    let kept = std::iter::from_fn(|| lines.next().filter(|line| line.starts_with("  ")));
    let kept = kept.flat_map(|line| line.split_whitespace().map(str::to_owned)).collect();
    (updates, kept)
}

/// `libc6 [2.36-9] (2.36-10 Debian-Security:12/stable-security [amd64])`
fn installed(line: &str) -> Option<(Update, String)> {
    let (name, rest) = line.split_once(' ')?;
    let (before, after) = rest.split_once('(')?;
    let from = before.trim().strip_prefix('[').and_then(|text| text.split(']').next());
    let after = after.split(')').next()?;
    let (to, source) = after.split_once(' ').unwrap_or((after, ""));
    let source = source.split(" [").next().unwrap_or_default();
    let update = Update { name: name.into(), from: from.map(str::to_owned), to: to.into() };
    Some((update, source.to_owned()))
}

/// Debian has such archives by label and suite, Ubuntu by suite.
fn is_security(source: &str) -> bool {
    source.split(", ").any(|source| {
        let source = source.to_lowercase();
        source.starts_with("debian-security:") || source.ends_with("-security")
    })
}

/// Says so if the lists are old.
fn age(machine: &Machine) -> Option<String> {
    let path = machine.path(LISTS);
    let newest = |found: std::fs::ReadDir| {
        found.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
    };
    let newest = std::fs::read_dir(path).ok().and_then(newest);
    let age = newest.and_then(|at| SystemTime::now().duration_since(at).ok());
    age.filter(|age| age.as_secs() > OLD).map(|age| {
        let days = age.as_secs() / OLD;
        format!(
            "the host's lists of packages are {days} day{} old",
            if days == 1 { "" } else { "s" }
        )
    })
}

fn apt_get(words: &[&str]) -> Call {
    package_program::apt_get(words.iter().copied(), LIMIT).env("NEEDRESTART_SUSPEND", "1")
}
