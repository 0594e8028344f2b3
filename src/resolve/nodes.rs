//! `ironic_*` variables: what a node is registered with, and where Ironic is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Reader, bmc, ports};
use crate::{
    model::node::{Ironic, Login, Node, Placement},
    origin::Setting,
    secret::SecretRef,
    trouble::{Result, Trouble},
};

/// Where Ironic answers, for one host.
pub fn ironic(reader: &Reader) -> Result<Ironic> {
    let username = reader.get::<String>("ymir_ironic_username")?;
    let password = SecretRef::of(reader.host, "ymir_ironic_password", &[]);
    let login = username.map(|username| Login { username, password });
    Ok(Ironic { url: api_url(reader)?, login, keystone: None })
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
        placement: placement(reader)?,
        ports: ports::ports(reader)?,
        mac: ports::admin(reader)?,
        automated_clean: clean.map(|clean| clean.value),
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
pub(super) fn is_secret(key: &str, vaulted: bool) -> bool {
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

/// To whom and where the node belongs.
fn placement(reader: &Reader) -> Result<Placement> {
    let text = |name| reader.get::<String>(name).map(|found| found.map(|found| found.value));
    let traits = reader.get::<BTreeSet<String>>("ymir_ironic_traits")?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if let Some(traits) = &traits
        && let Some(wrong) = traits.value.iter().find(|name| !name.chars().all(plain))
    {
        return Err(Trouble::refused(format!("{}: `{wrong}` is no trait", reader.host))
            .set_by(&traits.setting)
            .hint("write a standard trait, or one of your own as CUSTOM_ with capital letters, digits and `_`"));
    }
    Ok(Placement {
        traits: traits.map(|traits| traits.value).unwrap_or_default(),
        uuid: None,
        owner: text("ymir_ironic_owner")?,
        conductor_group: text("ymir_ironic_conductor_group")?,
    })
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
