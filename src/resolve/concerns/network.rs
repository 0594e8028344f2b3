//! resolv.conf, names of routing tables, and interfaces for the engine that the host's family has.

use std::{fmt::Write as _, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Class, filled, is_on, network_manager, networkd, nmstate};
use crate::{
    ansible::{
        Play, PlayVariables, python_str,
        yaml::{Data, Node},
    },
    host::concern::{Concern, Engine, Netplan, Network},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// Ansible writes it at the beginning of files.
pub(super) const HEADER: &str = "# Ansible managed\n\n";

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let by_nmstate = nmstate::is_wanted(reader)?;
    let family = reader.get::<String>("os_family")?;
    let engine = if by_nmstate {
        Engine::Nmstate(nmstate::read(reader)?)
    } else if family.is_some_and(|family| family.value == "RedHat") {
        Engine::NetworkManager(network_manager::read(reader, class)?)
    } else {
        Engine::Networkd(networkd::read(reader)?)
    };
    let resolv =
        if is_on(reader, "resolv_is_managed", true)? { Some(resolv(reader)?) } else { None };
    let resolved = match engine {
        Engine::Networkd(_) => Some(resolved(reader)?),
        Engine::NetworkManager(_) | Engine::Nmstate(_) => None,
    };
    Ok(Some(Network { resolv, resolved, tables: tables(reader)?, engine }.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "every topic is read alike")]
pub(super) fn without_netplan(_reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    Ok(Some(Netplan {}.into()))
}

fn resolv(reader: &Reader) -> Result<String> {
    let mut text = HEADER.to_owned();
    let mut line = |words: &[&str]| {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{}", words.join(" "));
    };
    let search = words(reader, "resolv_search")?;
    if !search.is_empty() {
        line(&["search", &search.join(" ")]);
    }
    if let Some(domain) = filled(reader, "resolv_domain")? {
        line(&["domain", &domain.value]);
    }
    words(reader, "resolv_nameservers")?.iter().for_each(|one| line(&["nameserver", one]));
    words(reader, "resolv_sortlist")?.iter().for_each(|one| line(&["sortlist", one]));
    let options = words(reader, "resolv_options")?;
    if !options.is_empty() {
        line(&["options", &options.join(" ")]);
    }
    Ok(text)
}

fn resolved(reader: &Reader) -> Result<String> {
    let mut text = format!("{HEADER}[Resolve]\n");
    for (name, variable) in [("DNS", "resolv_nameservers"), ("Domains", "resolv_search")] {
        let words = words(reader, variable)?;
        if !words.is_empty() {
            // Writing to text cannot fail.
            let _ = writeln!(text, "{name}={}", words.join(" "));
        }
    }
    Ok(text)
}

/// A list of words; empty text is an empty list, as in the defaults of the role that Kayobe uses.
fn words(reader: &Reader, name: &str) -> Result<Vec<String>> {
    let Some(found) = reader.get::<Value>(name)? else { return Ok(Vec::new()) };
    match found.value {
        Value::Array(items) => Ok(items.iter().map(python_str).collect()),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        other => Err(reader.wrong(name, "a list", &other)),
    }
}

pub(super) fn tables(reader: &Reader) -> Result<Vec<String>> {
    const NAME: &str = "network_route_tables";
    let Some(found) = reader.get::<Vec<Map<String, Value>>>(NAME)? else { return Ok(Vec::new()) };
    let line = |table: &Map<String, Value>| {
        let part = |name: &str| {
            table.get(name).map(python_str).ok_or_else(|| {
                Trouble::refused(format!("{}: reading `{NAME}`", reader.host))
                    .because(format!("one of the tables has no `{name}`"))
                    .set_by(&found.setting)
            })
        };
        Ok(format!("{} {}", part("id")?, part("name")?))
    };
    found.value.iter().map(line).collect()
}

/// What Kayobe's filters say of a host's interfaces: values of templates, by the names given to them.
pub(super) fn described(reader: &Reader, family: &str, templates: &[(&str, &str)]) -> Result<Play> {
    let origin = reader.setting("network_interfaces").origin;
    // The filters ask for it, and only hosts of one family get here.
    let facts = Node::of_value(&json!({ "os_family": family }), &origin);
    let mut play = PlayVariables::default().with("ansible_facts", facts);
    for (name, template) in templates {
        let origin = origin.clone();
        play = play.with(name, Node { origin, data: Data::Text((*template).to_owned()) });
    }
    let play = reader.variables.play(reader.host, &Arc::new(play));
    play.ok_or_else(|| Trouble::internal(format!("{}: the host is in no inventory", reader.host)))
}

pub(super) fn tried(reader: &Reader) -> String {
    format!("{}: describing the network's interfaces", reader.host)
}

/// A name of an interface becomes one of a file.
pub(super) fn fit_for_a_file(reader: &Reader, name: &str) -> Result<()> {
    if name.is_empty() || name.contains(['/', '\0', '\n']) {
        return Err(Trouble::refused(tried(reader))
            .because(format!("`{name}` cannot be the name of a file"))
            .hint("correct the name of the interface"));
    }
    Ok(())
}
