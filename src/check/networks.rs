//! Networks that hosts are connected to, and of which nothing is known.

use std::collections::BTreeMap;

use super::{Note, survey::Survey};
use crate::{
    near,
    origin::{Origin, Setting},
    resolve::{Reader, addressing::connections},
};

/// A network, with the place that connects hosts to it.
type Connection = (String, String, Origin);

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut unknown: BTreeMap<Connection, Vec<String>> = BTreeMap::new();
    let mut without: BTreeMap<Connection, Vec<String>> = BTreeMap::new();
    for host in &survey.hosts {
        for (network, interface) in connections(&Reader::new(survey.variables, host)) {
            let Setting { variable, origin } = network.setting;
            let known = is_described(survey, host, &network.value);
            let connection = (network.value, variable, origin);
            if !known {
                unknown.entry(connection).or_default().push(host.clone());
            } else if interface.is_none_or(|name| name.is_empty()) {
                without.entry(connection).or_default().push(host.clone());
            }
        }
    }
    let unknown =
        unknown.into_iter().map(|(connection, hosts)| unknown_note(survey, &connection, hosts));
    let without = without.into_iter().map(|(connection, hosts)| without_note(&connection, hosts));
    unknown.chain(without).collect()
}

/// Whether any variable of a host is about the network.
fn is_described(survey: &Survey, host: &str, network: &str) -> bool {
    let attributes = survey.reference.attributes.keys();
    let mut names = attributes.map(|attribute| format!("{network}_{attribute}"));
    names.any(|name| survey.variables.setting(host, &name).is_some())
}

fn unknown_note(
    survey: &Survey,
    (network, variable, origin): &Connection,
    hosts: Vec<String>,
) -> Note {
    let message = format!(
        "`{variable}` connects to the network `{network}`, of which nothing is set: no `{network}_interface`, no `{network}_cidr`"
    );
    let note = Note::warning("unknown-network", message).at(origin).hosts(hosts);
    let described = survey.networks.iter().filter(|other| {
        survey.pairs().any(|(_, name, _, _)| {
            name.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('_'))
        })
    });
    match near::nearest(network, described.map(String::as_str)).first() {
        Some(near) => note.hint(format!("did you mean `{near}`?")),
        None => note.hint("describe the network, or leave it out by setting its role to nothing"),
    }
}

fn without_note((network, variable, origin): &Connection, hosts: Vec<String>) -> Note {
    let message = format!(
        "`{variable}` connects to the network `{network}`, and `{network}_interface` is not set"
    );
    Note::warning("no-interface", message)
        .at(origin)
        .hosts(hosts)
        .hint(format!("set `{network}_interface` for these hosts or their groups"))
}
