//! Interfaces as Kayobe's own filters describe them for systemd-networkd.

use std::fmt::Write as _;

use serde_json::Value;

use super::network::{HEADER, described, fit_for_a_file, tried};
use crate::{
    ansible::python_str,
    host::concern::{NetworkFile, Networkd},
    resolve::Reader,
    trouble::Result,
};

/// The endings of the files, and the filters that say what is in them.
const KINDS: [(&str, &str); 3] =
    [("link", "networkd_links"), ("netdev", "networkd_netdevs"), ("network", "networkd_networks")];

pub(super) fn read(reader: &Reader) -> Result<Networkd> {
    Ok(Networkd { prefix: reader.need::<String>("networkd_prefix")?.value, files: files(reader)? })
}

fn files(reader: &Reader) -> Result<Vec<NetworkFile>> {
    let templates = KINDS.map(|(_, filter)| format!("{{{{ network_interfaces | {filter} }}}}"));
    let templates: Vec<(&str, &str)> =
        KINDS.iter().zip(&templates).map(|((_, filter), text)| (*filter, text.as_str())).collect();
    let play = described(reader, "Debian", &templates)?;
    let mut files = Vec::new();
    for (ending, filter) in KINDS {
        let found = play.variable(filter).map_err(|trouble| trouble.while_trying(tried(reader)))?;
        for (name, sections) in found.iter().filter_map(Value::as_object).flatten() {
            let name = format!("{name}.{ending}");
            fit_for_a_file(reader, &name)?;
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
    use serde_json::json;

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
