//! `ironic_*` variables: what a node is registered with, and where Ironic is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reader, bmc};
use crate::{
    model::node::{Ironic, Login, Node},
    origin::Setting,
    secret::SecretRef,
    trouble::{Result, Trouble},
};

/// Where Ironic answers, for one host.
pub fn ironic(reader: &Reader) -> Result<Ironic> {
    let username = reader.get::<String>("ymir_ironic_username")?;
    let password = SecretRef::of(reader.host, "ymir_ironic_password", &[]);
    let login = username.map(|username| Login { username, password });
    Ok(Ironic { url: api_url(reader)?, login })
}

/// What the host's node is registered with.
pub fn node(reader: &Reader) -> Result<Node> {
    let driver = reader.need::<String>("ironic_driver").map_err(|trouble| {
        trouble.hint(format!(
            "set `ironic_driver: redfish` and `ironic_driver_info` for {}, in its host_vars or in group_vars",
            reader.host
        ))
    })?;
    let info = reader.get::<BTreeMap<String, Value>>("ironic_driver_info")?;
    let info_setting = reader.setting("ironic_driver_info");
    bmc::complete::complete(reader, &driver, info.as_ref().map(|info| &info.value), &info_setting)?;
    let vaulted = reader.variables.is_secret(reader.host, "ironic_driver_info");
    let (hidden, plain): (BTreeMap<_, _>, BTreeMap<_, _>) = info
        .map(|info| info.value)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .partition(|(key, _)| is_secret(key, vaulted));
    let key_settings = key_settings(reader, hidden.iter().chain(&plain));
    let at = |key: String| {
        let secret = SecretRef::of(reader.host, "ironic_driver_info", &[&key]);
        (key, secret)
    };
    let text = |name| reader.get::<String>(name).map(|found| found.map(|found| found.value));
    let clean = reader.get::<bool>("ymir_ironic_automated_clean")?;
    Ok(Node {
        driver,
        driver_info: plain,
        secrets: hidden.into_keys().map(at).collect(),
        info_setting,
        key_settings,
        properties: reader
            .get("ironic_properties")?
            .map_or_else(BTreeMap::new, |found| found.value),
        resource_class: text("ironic_resource_class")?,
        interfaces: reader
            .get("ymir_ironic_interfaces")?
            .map_or_else(BTreeMap::new, |found| found.value),
        mac: mac(reader)?,
        automated_clean: clean.is_some_and(|clean| clean.value),
    })
}

/// The URL of Ironic's API: `http` or `https`, and no password in it, because it is shown in messages.
fn api_url(reader: &Reader) -> Result<crate::origin::Sourced<String>> {
    let url = reader.need::<String>("ymir_ironic_url")?;
    let rest = ["http://", "https://"].iter().find_map(|scheme| url.value.strip_prefix(scheme));
    let host = rest.unwrap_or_default().split('/').next().unwrap_or_default();
    if host.contains('@') {
        return Err(Trouble::refused(format!(
            "{}: the URL of Ironic holds a password",
            reader.host
        ))
        .set_by(&url.setting)
        .hint("leave it out there, and set `ymir_ironic_username` and `ymir_ironic_password`"));
    }
    if host.is_empty() {
        return Err(Trouble::refused(format!(
            "{}: `{}` is not the URL of an Ironic",
            reader.host, url.value
        ))
        .set_by(&url.setting)
        .hint("write it as http://host:6385"));
    }
    Ok(url)
}

/// Keys that hold secrets by their name; if the variable came out of a vault, everything that messages do not need.
fn is_secret(key: &str, vaulted: bool) -> bool {
    let named = ["password", "secret", "token", "kg_key"].iter().any(|word| key.contains(word));
    let told =
        ["_address", "_port", "_system_id", "_verify_ca"].iter().any(|end| key.ends_with(end));
    named || (vaulted && !told)
}

/// A key's value mostly comes from a variable of the same name (`redfish_address`), set where the host is described:
/// that place is the one to correct. Else it is the key itself.
fn key_settings<'a>(
    reader: &Reader,
    info: impl Iterator<Item = (&'a String, &'a Value)>,
) -> BTreeMap<String, Setting> {
    info.filter_map(|(key, value)| Some((key.clone(), key_setting(reader, key, value)?))).collect()
}

pub(super) fn key_setting(reader: &Reader, key: &str, value: &Value) -> Option<Setting> {
    let (variables, host) = (reader.variables, reader.host);
    let own = variables.value(host, key).ok().flatten().filter(|own| own == value);
    own.and_then(|_| variables.setting(host, key))
        .or_else(|| variables.setting_in(host, "ironic_driver_info", key))
}

fn mac(reader: &Reader) -> Result<Option<crate::origin::Sourced<String>>> {
    let Some(mut mac) = reader.get::<String>("kolla_bifrost_ipv4_interface_mac")? else {
        return Ok(None);
    };
    mac.value = mac.value.trim().to_ascii_lowercase().replace('-', ":");
    if mac.value.is_empty() {
        return Ok(None);
    }
    let bytes: Vec<_> = mac.value.split(':').collect();
    let byte = |text: &&str| text.len() == 2 && text.chars().all(|c| c.is_ascii_hexdigit());
    if bytes.len() == 6 && bytes.iter().all(byte) {
        return Ok(Some(mac));
    }
    Err(Trouble::refused(format!("{}: `{}` is not a MAC address", reader.host, mac.value))
        .set_by(&mac.setting)
        .hint("write it as 52:54:00:aa:00:01"))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_known_by_name_or_by_vault() {
        let table = [
            ("redfish_password", false, true),
            ("snmp_auth_secret", false, true),
            ("ipmi_hex_kg_key", false, true),
            ("redfish_username", false, false),
            ("redfish_username", true, true),
            ("redfish_address", true, false),
        ];
        for (key, vaulted, secret) in table {
            assert_eq!(is_secret(key, vaulted), secret, "{key}");
        }
    }
}
