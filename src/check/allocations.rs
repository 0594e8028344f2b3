//! Entries of network-allocation.yml that nobody uses.

use super::{Note, Severity, survey::Survey};
use crate::ansible::yaml::{Data, Node};

/// The file in which addresses of hosts are kept.
const FILE: &str = "network-allocation.yml";
/// Ending of the names of its variables.
const ADDRESSES: &str = "_ips";

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let mut notes = Vec::new();
    for (file, name, key, value) in survey.pairs() {
        let kept = file.file.rsplit('/').next() == Some(FILE) && survey.is_own(file);
        let Some(network) = name.strip_suffix(ADDRESSES).filter(|_| kept) else { continue };
        if !is_known(survey, network) {
            let note = Note::warning(
                "unknown-network",
                format!("nothing else names a network `{network}`"),
            );
            notes
                .push(note.at(&key.origin).hint("remove what is kept for it, or correct its name"));
        }
        if survey.has_hosts() {
            notes.extend(unknown_hosts(survey, network, value));
        }
    }
    notes
}

/// Whether anything but the addresses themselves names the network.
fn is_known(survey: &Survey, network: &str) -> bool {
    let begin = format!("{network}_");
    let attribute = |name: &str| name.strip_prefix(&begin).is_some_and(|end| end != "ips");
    survey.pairs().any(|(_, name, _, _)| attribute(name)) || survey.used_networks.contains(network)
}

fn unknown_hosts(survey: &Survey, network: &str, value: &Node) -> Option<Note> {
    let Data::Map(pairs) = &value.data else { return None };
    let named = pairs.iter().filter_map(|(key, _)| Some((key, key.data.as_text()?)));
    let unknown: Vec<(&Node, &str)> = named.filter(|(_, host)| !survey.has_host(host)).collect();
    let (first, _) = unknown.first()?;
    let hosts: Vec<&str> = unknown.iter().map(|(_, host)| *host).collect();
    let message = format!(
        "addresses on `{network}` are kept for hosts that the inventory does not have: {}",
        hosts.join(", ")
    );
    let note = Note::new(Severity::Hint, "unknown-host", message).at(&first.origin);
    Some(note.hint("addresses are never freed: remove those of hosts that are gone for good"))
}
