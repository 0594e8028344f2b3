//! `network_engine: nmstate`: the document that Kayobe's own filter makes of a host's networks, and zones of interfaces.

use serde_json::Value;

use super::{
    filled, is_on,
    network::{described, tried},
};
use crate::{
    host::concern::{InterfaceZone, Nmstate},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// The names of the filter and of what it gives.
const DOCUMENT: &str = "nmstate_config";
const TEMPLATES: [(&str, &str); 1] = [(DOCUMENT, "{{ network_interfaces | nmstate_config }}")];
const PACKAGES: [&str; 2] = ["nmstate", "python3-libnmstate"];

pub(super) fn read(reader: &Reader) -> Result<Nmstate> {
    let play = described(reader, "RedHat", &TEMPLATES)?;
    let document = play.variable(DOCUMENT).map_err(|trouble| {
        trouble.while_trying(tried(reader)).set_by(&reader.setting("network_interfaces"))
    })?;
    let has_packages = is_on(reader, "network_nmstate_install_packages", true)?;
    let packages: &[&str] = if has_packages { &PACKAGES } else { &[] };
    Ok(Nmstate {
        document: document.unwrap_or(Value::Null),
        packages: packages.iter().map(|name| (*name).to_owned()).collect(),
        zones: zones(reader)?,
    })
}

/// Of the networks that the host is connected to; the last one of an interface's counts.
fn zones(reader: &Reader) -> Result<Vec<InterfaceZone>> {
    let mut zones: Vec<InterfaceZone> = Vec::new();
    if !is_on(reader, "firewalld_enabled", false)? {
        return Ok(zones);
    }
    let networks = reader.get::<Vec<String>>("network_interfaces")?;
    for network in networks.map_or_else(Vec::new, |networks| networks.value) {
        let part = |name: &str| filled(reader, &format!("{network}_{name}"));
        let (Some(interface), Some(zone)) = (part("interface")?, part("zone")?) else { continue };
        zones.retain(|known| known.interface != interface.value);
        zones.push(InterfaceZone { interface: interface.value, zone: zone.value });
    }
    Ok(zones)
}

/// Kayobe's engines; others are misspelt.
pub(super) fn is_wanted(reader: &Reader) -> Result<bool> {
    let engine = filled(reader, "network_engine")?;
    let Some(engine) = engine.filter(|engine| engine.value != "default") else { return Ok(false) };
    let family = reader.get::<String>("os_family")?;
    let refused = |why: &str, hint: &str| {
        Err(Trouble::refused(format!(
            "{}: configuring the network by {}",
            reader.host, engine.value
        ))
        .because(why)
        .set_by(&engine.setting)
        .hint(hint))
    };
    if engine.value != "nmstate" {
        return refused("there is no such engine", "`network_engine` is `default` or `nmstate`");
    }
    if family.is_none_or(|family| family.value != "RedHat") {
        return refused(
            "only Rocky Linux and CentOS Stream have nmstate",
            "leave `network_engine` at `default` for hosts of Ubuntu and Debian",
        );
    }
    Ok(true)
}
