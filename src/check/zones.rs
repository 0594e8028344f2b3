//! Time zones that this machine does not have, while it has one whose name is a slip of the pen away. A machine knows
//! what it has installed, so another name may still be right on the hosts.

use std::collections::BTreeSet;

use super::{Note, survey::Survey};
use crate::{
    ansible::{files::Files, world::Kind as Found},
    near,
    origin::Sourced,
    reference::Kind,
    resolve::Reader,
};

/// Where a machine keeps its time zones, unless the environment says so.
const ZONES: &str = "/usr/share/zoneinfo";
/// The variable of the environment that says so.
const ELSEWHERE: &str = "TZDIR";
/// Copies of all zones, with and without leap seconds.
const COPIES: [&str; 2] = ["posix", "right"];
/// No name has more parts: `America/Argentina/Salta`.
const PARTS: usize = 3;

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let variables = survey.reference.variables.iter();
    let names = variables.filter(|(_, entry)| entry.kind == Kind::TimeZone).map(|(name, _)| name);
    let files = survey.variables.files();
    let dir = files.world.env(ELSEWHERE).unwrap_or_else(|| ZONES.to_owned());
    let mut notes = BTreeSet::new();
    for name in names {
        for host in &survey.hosts {
            let zone = Reader::new(survey.variables, host).get::<String>(name).ok().flatten();
            notes.extend(zone.and_then(|zone| note(files, &dir, &zone)));
        }
    }
    notes.into_iter().collect()
}

fn note(files: &Files, dir: &str, zone: &Sourced<String>) -> Option<Note> {
    let (name, setting) = (&zone.value, &zone.setting);
    let has = files.world.kind(&format!("{dir}/{name}")).ok()?.kind == Some(Found::File);
    if has || setting.origin.line == 0 {
        return None;
    }
    let mut known = Vec::new();
    collect(files, dir, "", &mut known);
    let near = near::ranked(name, known.iter().map(String::as_str)).into_iter().next()?;
    let meant = near.eq_ignore_ascii_case(name) || near::is_slip(name, near);
    let message = format!("there is no time zone `{name}`");
    let note = Note::warning("unknown-timezone", message).at(&setting.origin);
    meant.then(|| note.hint(format!("did you mean `{near}`?")))
}

/// The names of all zones below a directory.
fn collect(files: &Files, dir: &str, above: &str, known: &mut Vec<String>) {
    let entries = files.list(format!("{dir}/{above}").as_str().into()).ok().flatten();
    for entry in entries.unwrap_or_default() {
        let name = format!("{above}{}", entry.name);
        if !entry.is_dir {
            known.push(name);
        } else if !COPIES.contains(&&*name) && above.matches('/').count() + 1 < PARTS {
            collect(files, dir, &format!("{name}/"), known);
        }
    }
}
