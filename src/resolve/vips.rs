//! The addresses and names under which the APIs of the cloud are reached.

use super::Reader;
use crate::{
    model::addressing::Entrance,
    origin::{Setting, Sourced},
};

/// Which APIs, the variable with their network, and those with their address and name.
const ENTRANCES: [(&str, &str, &str, &str); 2] = [
    ("internal", "internal_net_name", "kolla_internal_vip_address", "kolla_internal_fqdn"),
    ("public", "public_net_name", "kolla_external_vip_address", "kolla_external_fqdn"),
];

/// Where built-in defaults stand: they take the values from the network's own variables.
const BUILT_IN: &str = "built-in ";

/// The entrances that a host knows. What cannot be read is left out: types are checked elsewhere.
pub fn entrances(reader: &Reader) -> Vec<Entrance> {
    let read = |name: &str| reader.get::<String>(name).ok().flatten();
    let entrance = |(of, network, address, name): &(&'static str, &str, &str, &str)| {
        let network = read(network)?.value;
        let found = |variable: &str, attribute: &str| {
            let found = read(variable).filter(|found| !found.value.is_empty())?;
            Some(at_its_source(reader, found, &format!("{network}_{attribute}")))
        };
        let address = found(address, "vip_address");
        let address = address
            .and_then(|it| Some(Sourced { value: it.value.parse().ok()?, setting: it.setting }));
        Some(Entrance { of, address, name: found(name, "fqdn"), network })
    };
    ENTRANCES.iter().filter_map(entrance).collect()
}

/// Whether a load balancer of Kolla's holds the addresses; then no host may have them.
pub fn has_load_balancer(reader: &Reader) -> bool {
    let said = reader.get::<serde_json::Value>("kolla_enable_haproxy").ok().flatten();
    let off = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(on) => !on,
        serde_json::Value::String(text) => {
            matches!(&*text.to_lowercase(), "no" | "false" | "off" | "0")
        }
        _ => false,
    };
    said.is_some_and(|said| !off(&said.value))
}

/// A value that a default has from the network's own variable is set there.
fn at_its_source(reader: &Reader, found: Sourced<String>, attribute: &str) -> Sourced<String> {
    let by_default = found.setting.origin.file.starts_with(BUILT_IN);
    let own: Option<Setting> = reader.variables.setting(reader.host, attribute);
    match own.filter(|_| by_default) {
        Some(setting) => Sourced { setting, ..found },
        None => found,
    }
}
