//! A BMC that speaks IPMI.

use super::{super::Reader, number, source::Source};
use crate::{
    model::bmc::{Ipmi, Privilege, Way},
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// The port of IPMI over a network.
const PORT: u16 = 623;

/// The cipher suites that Ymir speaks.
const SUITES: [u8; 2] = [17, 3];

/// The address as it is shown, and how the BMC is spoken to.
pub(super) fn way(
    reader: &Reader,
    source: &Source,
    address: &Sourced<String>,
) -> Result<(String, Way)> {
    refuse_what_is_not_spoken(reader, source)?;
    let host = address.value.trim_matches(['[', ']']).to_owned();
    let port = port(reader, source)?;
    let shown = if port == PORT { host.clone() } else { format!("{host} port {port}") };
    let ipmi = Ipmi {
        host,
        port,
        suite: suite(reader, source)?,
        privilege: privilege(reader, source)?,
        key: source.secret("hex_kg_key")?.map(|key| key.value),
    };
    Ok((shown, Way::Ipmi(ipmi)))
}

/// IPMI 1.5 protects nothing, and bridges are for machines that Ironic's own tool reaches.
fn refuse_what_is_not_spoken(reader: &Reader, source: &Source) -> Result<()> {
    let refused = |what: &str, setting: &crate::origin::Setting| {
        Err(Trouble::refused(format!("{}: {what}", reader.host)).set_by(setting))
    };
    if let Some(version) = source.text("protocol_version")?.filter(|found| found.value != "2.0") {
        let what = format!("its BMC is said to speak IPMI {}, and Ymir speaks 2.0", version.value);
        return refused(&what, &version.setting);
    }
    match source.text("bridging")?.filter(|found| found.value != "no") {
        Some(bridging) => refused(
            "its BMC is behind a bridge, which Ymir does not speak through",
            &bridging.setting,
        ),
        None => Ok(()),
    }
}

fn port(reader: &Reader, source: &Source) -> Result<u16> {
    let Some(Sourced { value, setting }) = source.value("port")? else { return Ok(PORT) };
    let port = number(&value).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| {
        Trouble::refused(format!("{}: reading the port of its BMC", reader.host))
            .because(format!("expected a port, found {value}"))
            .set_by(&setting)
    })
}

fn suite(reader: &Reader, source: &Source) -> Result<Option<Sourced<u8>>> {
    let Some(Sourced { value, setting }) = source.value("cipher_suite")? else { return Ok(None) };
    let known = |suite: &u8| SUITES.contains(suite);
    match number(&value).and_then(|suite| u8::try_from(suite).ok()).filter(known) {
        Some(value) => Ok(Some(Sourced { value, setting })),
        None => Err(Trouble::refused(format!(
            "{}: {value} is no cipher suite that Ymir speaks",
            reader.host
        ))
        .set_by(&setting)
        .hint("it speaks 17 and 3; all others leave out a part of the protection")),
    }
}

fn privilege(reader: &Reader, source: &Source) -> Result<Privilege> {
    let Some(word) = source.text("priv_level")? else { return Ok(Privilege::Administrator) };
    match word.value.to_uppercase().as_str() {
        "ADMINISTRATOR" => Ok(Privilege::Administrator),
        "OPERATOR" => Ok(Privilege::Operator),
        "USER" => Ok(Privilege::User),
        other => Err(Trouble::refused(format!(
            "{}: `{other}` is no privilege level that is of use",
            reader.host
        ))
        .set_by(&word.setting)
        .hint("write ADMINISTRATOR, OPERATOR or USER; a USER may only look")),
    }
}
