//! Interfaces as Kayobe's own filters describe them for systemd-networkd, and resolv.conf.

use std::{fmt::Write as _, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Class, filled, is_on};
use crate::{
    ansible::{
        PlayVariables, python_str,
        yaml::{Data, Node},
    },
    host::concern::{Concern, Netplan, Network, NetworkFile},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// The endings of the files, and the filters that say what is in them.
const KINDS: [(&str, &str); 3] =
    [("link", "networkd_links"), ("netdev", "networkd_netdevs"), ("network", "networkd_networks")];

/// Ansible writes it at the beginning of files.
const HEADER: &str = "# Ansible managed\n\n";

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let family = reader.get::<String>("os_family")?;
    if let Some(family) = family.filter(|family| family.value == "RedHat") {
        return Err(Trouble::refused(format!("{}: configuring the network", reader.host))
            .because("only hosts with systemd-networkd can be configured so far, and these have NetworkManager")
            .set_by(&family.setting)
            .hint("go on without it by --skip-tags network"));
    }
    Ok(Some(
        Network {
            resolv: if is_on(reader, "resolv_is_managed", true)? {
                Some(resolv(reader)?)
            } else {
                None
            },
            tables: tables(reader)?,
            prefix: reader.need::<String>("networkd_prefix")?.value,
            files: files(reader)?,
        }
        .into(),
    ))
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

/// A list of words; empty text is an empty list, as in the defaults of the role that Kayobe uses.
fn words(reader: &Reader, name: &str) -> Result<Vec<String>> {
    let Some(found) = reader.get::<Value>(name)? else { return Ok(Vec::new()) };
    match found.value {
        Value::Array(items) => Ok(items.iter().map(python_str).collect()),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        other => Err(reader.wrong(name, "a list", &other)),
    }
}

fn tables(reader: &Reader) -> Result<Vec<String>> {
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

fn files(reader: &Reader) -> Result<Vec<NetworkFile>> {
    let origin = reader.setting("network_interfaces").origin;
    // Only hosts of this family get here, and the filters ask for it.
    let facts = Node::of_value(&json!({ "os_family": "Debian" }), &origin);
    let mut play = PlayVariables::default().with("ansible_facts", facts);
    for (_, filter) in KINDS {
        let template = format!("{{{{ network_interfaces | {filter} }}}}");
        let origin = origin.clone();
        play = play.with(filter, Node { origin, data: Data::Text(template) });
    }
    let play = reader.variables.play(reader.host, &Arc::new(play));
    let play = play.ok_or_else(|| {
        Trouble::internal(format!("{}: the host is in no inventory", reader.host))
    })?;
    let mut files = Vec::new();
    for (ending, filter) in KINDS {
        let tried = || format!("{}: describing the network's interfaces", reader.host);
        let found = play.variable(filter).map_err(|trouble| trouble.while_trying(tried()))?;
        for (name, sections) in found.iter().filter_map(Value::as_object).flatten() {
            let name = format!("{name}.{ending}");
            if name.contains(['/', '\0', '\n']) {
                return Err(Trouble::refused(tried())
                    .because(format!("`{name}` cannot be the name of a file"))
                    .hint("correct the name of the interface"));
            }
            files.push(NetworkFile { content: text(sections), name });
        }
    }
    Ok(files)
}

/// Groups of sections as systemd reads them.
fn text(groups: &Value) -> String {
    let mut text = HEADER.to_owned();
    let sections = groups.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    for (section, options) in sections {
        let _ = writeln!(text, "[{section}]");
        let options = options.as_array().into_iter().flatten().filter_map(Value::as_object);
        for (name, value) in options.flatten() {
            let several = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for one in &several {
                let _ = writeln!(text, "{name}={}", python_str(one));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_as_the_role_writes_them() {
        let groups = json!([
            {"NetDev": [{"Name": "br"}, {"Kind": "bridge"}], "Bridge": [{"STP": true}]},
            {"Bond": [{"MIIMonitorSec": 0.1}, {"Many": [1, "b"]}]},
        ]);
        let expected = "# Ansible managed\n\n[NetDev]\nName=br\nKind=bridge\n\n[Bridge]\nSTP=True\n\n\
            [Bond]\nMIIMonitorSec=0.1\nMany=1\nMany=b\n\n";
        assert_eq!(text(&groups), expected);
    }
}
