//! Values that are not of their variable's type.

use std::collections::BTreeSet;

use super::{
    Note,
    survey::{BUILT_IN, Survey},
};
use crate::{
    ansible::yaml::Node,
    origin::Origin,
    reference::{Entry, Kind, Misfit, Oddity, is_templated},
};

/// What Ansible puts where an argument is to be left out.
const OMITTED: &str = "__omit_place_holder__";

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut notes = Vec::new();
    for (file, name, _, value) in survey.pairs() {
        let Some(entry) = survey.entry(name) else { continue };
        let misfits = survey.reference.misfits(&entry.kind, value);
        let told = misfits.iter().map(|misfit| note(name, &entry, misfit).closed(file.secret));
        notes.extend(told);
    }
    notes.extend(evaluated(survey));
    notes
}

/// Templates show what they are only in evaluation, for each host anew.
fn evaluated(survey: &Survey) -> Vec<Note> {
    let mut notes = BTreeSet::new();
    for host in &survey.hosts {
        let names = survey.variables.names(host);
        notes.extend(names.iter().flat_map(|name| of_template(survey, host, name)));
    }
    notes.into_iter().collect()
}

/// What is odd in the value of a variable that is a template.
fn of_template(survey: &Survey, host: &str, name: &str) -> Vec<Note> {
    let entry = survey.entry(name);
    let Some((entry, origin)) = entry.zip(templated_at(survey, host, name)) else {
        return Vec::new();
    };
    let Ok(Some(value)) = survey.variables.value(host, name) else { return Vec::new() };
    if value.as_str().is_some_and(|text| text.contains(OMITTED)) {
        return Vec::new();
    }
    let misfits = survey.reference.misfits(&entry.kind, &Node::of_value(&value, &origin));
    // A template that gives nothing is how a site says that there is nothing.
    let misfits = misfits.into_iter().filter(|misfit| !misfit.is_empty());
    if survey.variables.is_secret(host, name) {
        return misfits.map(|misfit| note(name, &entry, &hidden(misfit)).closed(true)).collect();
    }
    misfits.map(|misfit| note(name, &entry, &misfit)).collect()
}

/// Where the site sets a variable to a template; built-in defaults are of their types.
fn templated_at(survey: &Survey, host: &str, name: &str) -> Option<Origin> {
    let winner = survey.variables.candidates(host, name).into_iter().next()?;
    let of_site = !winner.origin.file.starts_with(BUILT_IN) && winner.origin.line > 0;
    (of_site && is_templated(&winner.written)).then_some(winner.origin)
}

/// The misfit without what was found there.
fn hidden(misfit: Misfit) -> Misfit {
    let oddity = match misfit.oddity {
        Oddity::Wrong { wanted, .. } => Oddity::Wrong { wanted, found: "something else".into() },
        other => other,
    };
    Misfit { oddity, ..misfit }
}

fn note(name: &str, entry: &Entry, misfit: &Misfit) -> Note {
    let place = misfit.path.iter().fold(name.to_owned(), |place, key| format!("{place}.{key}"));
    let secret = entry.kind.is_secret();
    let note = match &misfit.oddity {
        Oddity::Wrong { wanted, .. } if misfit.is_empty() => {
            Note::warning("empty", format!("`{place}` is empty, and should be {}", words(wanted)))
                .hint("leave it out to have the default, or write a value")
        }
        Oddity::Wrong { wanted, found } => {
            let note =
                Note::error("type", format!("`{place}` is {found}, and must be {}", words(wanted)));
            match near(wanted, found) {
                Some(near) => note.hint(format!("did you mean `{near}`?")),
                None => note.hint(entry.says.clone()),
            }
        }
        Oddity::Lacks { key, of } => Note::error(
            "missing-key",
            format!("`{place}` lacks `{key}`, which every {} has", of.replace('_', " ")),
        ),
        Oddity::Misspelt { key, near } => Note::warning(
            "unknown-key",
            format!("`{place}` has a key `{key}` that means nothing there"),
        )
        .hint(format!("did you mean `{near}`?")),
    };
    note.at(&misfit.origin).closed(secret)
}

fn near(wanted: &Kind, found: &str) -> Option<String> {
    let words = |kind: &&Kind| match kind {
        Kind::OneOf(words) => words.clone(),
        _ => Vec::new(),
    };
    let words: Vec<String> = wanted.parts().iter().flat_map(words).collect();
    let near = crate::near::nearest(found.trim_matches('`'), words.iter().map(String::as_str));
    near.first().map(|near| (*near).to_owned())
}

/// A type as a sentence has it.
fn words(kind: &Kind) -> String {
    match kind {
        Kind::Any => "anything".into(),
        Kind::Text | Kind::Secret => "text".into(),
        Kind::Bool => "true or false".into(),
        Kind::Int => "a whole number".into(),
        Kind::Number => "a number".into(),
        Kind::Port => "a port, 1 to 65535".into(),
        Kind::Vlan => "a VLAN, 1 to 4094".into(),
        Kind::Path => "an absolute path".into(),
        Kind::Url => "a URL with its scheme".into(),
        Kind::Ip => "an IP address".into(),
        Kind::Cidr => "an address range such as 10.0.0.0/24".into(),
        Kind::Mac => "a MAC address".into(),
        Kind::TimeZone => "the name of a time zone".into(),
        Kind::Network => "the name of a network".into(),
        Kind::Group => "the name of a group".into(),
        Kind::Host => "the name of a host".into(),
        Kind::OneOf(options) => options.join(" or "),
        Kind::List(item) => format!("a list, each item {}", words(item)),
        Kind::Map(value) if **value == Kind::Any => "a map".into(),
        Kind::Map(value) => format!("a map, each value {}", words(value)),
        Kind::Object(name) => format!("a map that describes a {}", name.replace('_', " ")),
        Kind::Either(kinds) => kinds.iter().map(words).collect::<Vec<_>>().join(", or "),
        Kind::Optional(inner) => words(inner),
    }
}
