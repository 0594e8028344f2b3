//! Variables that cannot be evaluated: they refer to something that is not there. What needs facts of hosts is no fault;
//! what only the built-in defaults refer to is not the site's.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Note, Severity,
    note::VAULT,
    survey::{BUILT_IN, Survey},
};
use crate::{
    near,
    origin::{Origin, Setting},
    trouble::Trouble,
};

/// What Ansible says of an argument that is left out.
const OMITTED: &str = "Omit";
/// In the message about a template that gives no value at all.
const NO_VALUE: &str = "Type 'Undefined'";
/// In the message about variables that need each other: what comes after it is `a -> b -> a`.
const LOOP: &str = "Recursive loop detected in template: ";
const NEEDS: &str = " -> ";
/// Facts and what playbooks set begin so.
const FACTS: &str = "ansible_";

/// One reason why variables cannot be evaluated.
struct Fault {
    trouble: Trouble,
    /// The variable whose own text is at fault.
    innermost: Setting,
    /// The variables that fail because of it.
    variables: BTreeSet<String>,
    hosts: BTreeSet<String>,
}

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut faults: BTreeMap<(Place, String), Fault> = BTreeMap::new();
    let mut works: BTreeSet<Place> = BTreeSet::new();
    for host in &survey.hosts {
        for name in survey.variables.names(host) {
            match survey.variables.value(host, &name) {
                Ok(_) => works.extend(survey.variables.setting(host, &name).map(Place::of)),
                Err(trouble) => add(&mut faults, host, name, trouble),
            }
        }
    }
    let told = faults.into_values().filter(|fault| {
        // A variable that is fine elsewhere is meant for the hosts where it is.
        !works.contains(&Place::of(fault.innermost.clone()))
    });
    told.filter_map(|fault| note(survey, &fault)).collect()
}

/// A setting that can be sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place(String, crate::origin::Origin);

impl Place {
    fn of(setting: Setting) -> Self {
        Self(setting.variable, setting.origin)
    }
}

fn add(faults: &mut BTreeMap<(Place, String), Fault>, host: &str, name: String, trouble: Trouble) {
    let Some(innermost) = trouble.settings.first().cloned() else { return };
    let cause = trouble.causes.first().cloned().unwrap_or_default();
    // A vault that stays shut is one fault, whoever needs what is in it.
    let innermost = match &trouble.origin {
        Some(origin) if cause.contains(VAULT) => {
            Setting { variable: VAULT.to_owned(), origin: origin.clone() }
        }
        _ => innermost,
    };
    let key = match members(&cause) {
        Some(members) => (Place(LOOP.to_owned(), Origin::whole("")), members.join(NEEDS)),
        None => (Place::of(innermost.clone()), cause),
    };
    let fault = faults.entry(key).or_insert_with(|| Fault {
        trouble: trouble.clone(),
        innermost: innermost.clone(),
        variables: BTreeSet::new(),
        hosts: BTreeSet::new(),
    });
    // A loop has no beginning: it is told from the first place that is met reading the site.
    if innermost.origin < fault.innermost.origin {
        (fault.trouble, fault.innermost) = (trouble, innermost);
    }
    fault.variables.insert(name);
    fault.hosts.insert(host.to_owned());
}

fn note(survey: &Survey, fault: &Fault) -> Option<Note> {
    let origin = &fault.innermost.origin;
    let cause = fault.trouble.causes.first()?;
    let of_site = !origin.file.starts_with(BUILT_IN) && origin.line > 0;
    let missing = undefined(cause);
    let of_class = missing.is_some_and(|name| survey.with_default.contains(name));
    if !of_site || of_class || cause.contains(OMITTED) || needs_facts(survey, fault, cause) {
        return None;
    }
    let shut = fault.innermost.variable == VAULT;
    // What no command reads may never be evaluated at all.
    let read = fault.variables.iter().any(|name| survey.entry(name).is_some());
    let severity = if read { Severity::Error } else { Severity::Warning };
    let code = match missing {
        Some(_) => "undefined",
        None if shut => "vault",
        None => "evaluation",
    };
    let inside = survey.variables.pinpoint(origin, cause);
    let place = inside.as_ref().unwrap_or(origin);
    let mut note = Note::new(severity, code, message(fault, cause)).at(place);
    if fault.hosts.len() < survey.hosts.len() {
        note = note.hosts(fault.hosts.iter().cloned());
    }
    note = others_of_loop(survey, fault, cause).into_iter().fold(note, |note, other| {
        note.also(format!("`{}` is set here", other.variable), &other.origin)
    });
    let hint = hint(survey, fault, cause).or_else(|| fault.trouble.hints.first().cloned());
    Some(hint.into_iter().fold(note, Note::hint))
}

/// The variables of a loop, sorted, if that is the reason.
fn members(cause: &str) -> Option<Vec<&str>> {
    let (_, way) = cause.split_once(LOOP)?;
    let members: BTreeSet<&str> = way.split(NEEDS).collect();
    Some(members.into_iter().collect())
}

/// Where the other variables of a loop are set.
fn others_of_loop(survey: &Survey, fault: &Fault, cause: &str) -> Vec<Setting> {
    let members = members(cause).unwrap_or_default().into_iter();
    let others = members.filter(|name| *name != fault.innermost.variable);
    let host = fault.hosts.first().map_or("", String::as_str);
    others.filter_map(|name| survey.variables.setting(host, name)).collect()
}

fn message(fault: &Fault, cause: &str) -> String {
    let variable = &fault.innermost.variable;
    let others: Vec<String> = fault
        .variables
        .iter()
        .filter(|name| *name != variable)
        .map(|name| format!("`{name}`"))
        .collect();
    if variable == VAULT {
        let why = fault.trouble.causes.get(1).map(|why| format!(": {why}")).unwrap_or_default();
        return format!("this vault text cannot be opened{why}; {} need it", listed(&others));
    }
    let text = format!("`{variable}` cannot be evaluated: {}", cause.trim_end_matches('.'));
    if others.is_empty() { text } else { format!("{text}; neither can {}", listed(&others)) }
}

fn hint(survey: &Survey, fault: &Fault, cause: &str) -> Option<String> {
    if cause.contains(NO_VALUE) {
        return Some(
            "the template gives no value in this case: does an `if` lack its `else`?".into(),
        );
    }
    let name = undefined(cause)?;
    Some(match near_name(survey, fault, name) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("set `{name}`, or give it a default where it is used"),
    })
}

/// At most this many names are written out.
const LISTED: usize = 4;

fn listed(names: &[String]) -> String {
    if names.len() <= LISTED {
        return names.join(", ");
    }
    format!("{} and {} more", names[..LISTED].join(", "), names.len() - LISTED)
}

/// Whether it fails because no facts are known of the host.
fn needs_facts(survey: &Survey, fault: &Fault, cause: &str) -> bool {
    let Some(host) = fault.hosts.first() else { return false };
    let candidates = survey.variables.candidates(host, &fault.innermost.variable);
    let written = candidates.first().map_or("", |place| place.written.as_str());
    cause.contains(FACTS)
        || (written.contains("ansible_facts") || written.contains("ansible_local"))
}

/// The name that is undefined, if that is the reason.
fn undefined(cause: &str) -> Option<&str> {
    let name = cause.strip_prefix('\'')?.strip_suffix("' is undefined")?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then_some(name)
}

fn near_name(survey: &Survey, fault: &Fault, name: &str) -> Option<String> {
    let host = fault.hosts.first()?;
    let known = survey.variables.names(host);
    known.into_iter().find(|known| near::is_slip(name, known))
}
