//! Hosts and groups that are named and not there, and hosts that no command is about.

use std::collections::BTreeMap;

use super::{Note, survey::Survey};
use crate::{ansible::variables::Audience, near, reference::Kind};

/// Groups whose hosts some command is about.
const GROUPS: &[&str] = &[
    "ansible-control",
    "baremetal-compute",
    "compute",
    "container-image-builders",
    "controllers",
    "docker-registry",
    "hypervisors",
    "infra-vms",
    "monitoring",
    "network",
    "overcloud",
    "seed",
    "seed-hypervisor",
    "storage",
    "switches",
];
/// This machine needs no group.
const LOCALHOST: &str = "localhost";

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut notes = without_group(survey);
    notes.extend(files_for_nobody(survey));
    notes.extend(unknown_names(survey));
    notes
}

fn without_group(survey: &Survey) -> Vec<Note> {
    let hosts = survey.hosts.iter().filter(|host| *host != LOCALHOST);
    let mut lost: BTreeMap<Option<Misspelt>, Vec<String>> = BTreeMap::new();
    for host in hosts {
        let groups = survey.variables.groups_of(host);
        if !groups.iter().any(|group| GROUPS.contains(&&**group)) {
            lost.entry(misspelt(&groups)).or_default().push(host.clone());
        }
    }
    lost.into_iter().map(|(group, hosts)| lost_note(survey, group.as_ref(), &hosts)).collect()
}

/// The name of a group, and the known one that is meant.
type Misspelt = (String, &'static str);

/// The group that looks like one that a command is about.
fn misspelt(groups: &[String]) -> Option<Misspelt> {
    groups.iter().find_map(|group| {
        let known = GROUPS.iter().find(|known| near::is_slip(group, known))?;
        Some((group.clone(), *known))
    })
}

fn lost_note(survey: &Survey, group: Option<&Misspelt>, hosts: &[String]) -> Note {
    let names = hosts.join(", ");
    let (message, origin, hint) = match group {
        Some((group, known)) => (
            format!("no command is about {names}: Kayobe knows no group `{group}`"),
            survey.variables.group_origin(group),
            format!("did you mean `{known}`?"),
        ),
        None => (
            format!("no command is about {names}: in no group that Kayobe knows"),
            hosts.first().and_then(|host| survey.variables.host_origin(host)),
            "put each into a group such as `controllers` or `compute` in the inventory".to_owned(),
        ),
    };
    let note = Note::warning("host-without-group", message).hint(hint);
    match origin {
        Some(origin) => note.at(origin),
        None => note,
    }
}

/// Files in `group_vars` and `host_vars` for what the inventory does not have.
fn files_for_nobody(survey: &Survey) -> Vec<Note> {
    let own = survey.written.iter().filter(|file| survey.is_own(file) && survey.has_hosts());
    let note = |file: &crate::ansible::variables::Written| {
        let (code, kind, name) = match &file.audience {
            Audience::Group(name) if !survey.has_group(name) => ("unknown-group", "group", name),
            Audience::Host(name) if !survey.has_host(name) => ("unknown-host", "host", name),
            _ => return None,
        };
        let (key, _) = file.pairs.first()?;
        let message =
            format!("the inventory has no {kind} `{name}`, so nothing in this file has an effect");
        let known = if kind == "group" { survey.groups.clone() } else { survey.hosts.clone() };
        let near = near::nearest(name, known.iter().map(String::as_str));
        let note = Note::warning(code, message).at(&key.origin).closed(file.secret);
        Some(match near.first() {
            Some(near) => note.hint(format!("did you mean `{near}`?")),
            None => note,
        })
    };
    own.filter_map(note).collect()
}

/// Names in values that must be those of a group or host.
fn unknown_names(survey: &Survey) -> Vec<Note> {
    if !survey.has_hosts() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for (file, name, _, value) in survey.pairs().filter(|(file, _, _, _)| survey.is_own(file)) {
        let Some(entry) = survey.entry(name) else { continue };
        for (kind, word, origin) in survey.reference.names_in(&entry.kind, value) {
            let (code, what, known) = match kind {
                Kind::Group if !survey.has_group(&word) => {
                    ("unknown-group", "group", survey.groups.clone())
                }
                Kind::Host if !survey.has_host(&word) => {
                    ("unknown-host", "host", survey.hosts.clone())
                }
                _ => continue,
            };
            let note = Note::warning(
                code,
                format!("`{name}` names the {what} `{word}`, which the inventory does not have"),
            );
            let note = note.at(&origin).closed(file.secret);
            let near = near::nearest(&word, known.iter().map(String::as_str));
            notes.push(match near.first() {
                Some(near) => note.hint(format!("did you mean `{near}`?")),
                None => note.hint(entry.says.clone()),
            });
        }
    }
    notes
}
