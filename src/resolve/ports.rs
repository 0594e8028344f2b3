//! The ports of a node, as far as the site names them.

use super::Reader;
use crate::{
    model::node::Port,
    origin::{Setting, Sourced},
    trouble::{Result, Trouble},
};

/// MAC of the port on the admin network.
pub(super) fn admin(reader: &Reader) -> Result<Option<Sourced<String>>> {
    let Some(mut found) = reader.get::<String>("kolla_bifrost_ipv4_interface_mac")? else {
        return Ok(None);
    };
    if found.value.trim().is_empty() {
        return Ok(None);
    }
    found.value = checked(reader.host, &found.value, &found.setting)?;
    Ok(Some(found))
}

/// `ymir_ironic_ports`: MACs, or maps with what else is known of a port.
pub(super) fn ports(reader: &Reader) -> Result<Vec<Port>> {
    const NAME: &str = "ymir_ironic_ports";
    let Some(found) = reader.get::<Vec<serde_json::Value>>(NAME)? else { return Ok(vec![]) };
    let setting = &found.setting;
    let mut ports: Vec<Port> = Vec::new();
    for value in found.value {
        let mut port = match value.as_str() {
            Some(mac) => Port::with(mac),
            None => serde_json::from_value(value).map_err(|error| {
                Trouble::refused(format!("{}: reading a port in `{NAME}`", reader.host))
                    .because(error)
                    .set_by(setting)
                    .hint("write a MAC, or a map with `address`, `pxe_enabled`, `physical_network`, `local_link_connection`")
            })?,
        };
        port.address = checked(reader.host, &port.address, setting)?;
        if ports.iter().any(|known| known.address == port.address) {
            let twice = format!("{}: the MAC {} is given twice", reader.host, port.address);
            return Err(Trouble::refused(twice).set_by(setting));
        }
        ports.push(port);
    }
    Ok(ports)
}

/// The MAC as Ironic writes it.
fn checked(host: &str, text: &str, setting: &Setting) -> Result<String> {
    mac(text).ok_or_else(|| {
        Trouble::refused(format!("{host}: `{}` is not a MAC address", text.trim()))
            .set_by(setting)
            .hint("write it as 52:54:00:aa:00:01")
    })
}

/// A MAC in small letters with colons; `None` if the text is none.
pub(super) fn mac(text: &str) -> Option<String> {
    let mac = text.trim().to_ascii_lowercase().replace('-', ":");
    let bytes: Vec<_> = mac.split(':').collect();
    let byte = |text: &&str| text.len() == 2 && text.chars().all(|c| c.is_ascii_hexdigit());
    (bytes.len() == 6 && bytes.iter().all(byte)).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::mac;

    #[test]
    fn macs_are_written_alike() {
        assert_eq!(mac(" 52-54-00-AA-00-01").as_deref(), Some("52:54:00:aa:00:01"));
        assert_eq!(mac("52:54:00:aa:00"), None);
        assert_eq!(mac("eth0"), None);
    }
}
