//! A BMC that speaks Redfish: its URL, and what makes its certificate a good one.

use camino::Utf8PathBuf;
use serde_json::Value;

use super::{super::Reader, source::Source};
use crate::{
    model::bmc::{Entrance, Redfish, Trust, Way},
    origin::{Setting, Sourced},
    trouble::{Result, Trouble},
};

/// Where the service begins, unless the site says otherwise.
const ROOT: &str = "/redfish/v1/";

/// The address as it is shown, and how the BMC is spoken to.
pub(super) fn way(
    reader: &Reader,
    source: &Source,
    address: &Sourced<String>,
) -> Result<(String, Way)> {
    let base = base(reader, address)?;
    let prefix = source.text("root_prefix")?.map_or_else(|| ROOT.to_owned(), |prefix| prefix.value);
    let root = format!("{base}/{}/", prefix.trim_matches('/'));
    let trust = trust(reader, source, &base, &address.setting)?;
    let (system, entrance) = (source.text("system_id")?, entrance(reader, source)?);
    Ok((base, Way::Redfish(Redfish { root, system, trust, entrance })))
}

/// Scheme, host and port; HTTPS where no scheme is given, as in Ironic.
fn base(reader: &Reader, address: &Sourced<String>) -> Result<String> {
    let (scheme, rest) = address.value.split_once("://").unwrap_or(("https", &address.value));
    let host = rest.split('/').next().unwrap_or_default();
    let refused = |why: &str| {
        Trouble::refused(format!("{}: reading the address of its BMC", reader.host))
            .because(why)
            .set_by(&address.setting)
    };
    if host.contains('@') {
        // The address is shown in messages, so it is not repeated here.
        return Err(refused("it holds a user name or a password")
            .hint("leave them out there; `redfish_username` and `redfish_password` are for them"));
    }
    if host.is_empty() || !["http", "https"].contains(&scheme) || host.contains(char::is_whitespace)
    {
        return Err(refused(&format!("`{}` is no address", address.value))
            .hint("write it as https://10.0.0.1, or as the address alone"));
    }
    match host.parse::<std::net::Ipv6Addr>() {
        Ok(bare) => Ok(format!("{scheme}://[{bare}]")),
        Err(_) => Ok(format!("{scheme}://{host}")),
    }
}

fn trust(reader: &Reader, source: &Source, base: &str, address: &Setting) -> Result<Trust> {
    if base.starts_with("http://") {
        return Ok(Trust::Plain { setting: address.clone() });
    }
    if let Some(digest) = pin(reader)? {
        return Ok(Trust::Pinned { digest });
    }
    let verify = source.value("verify_ca")?;
    let own = reader.get::<Utf8PathBuf>("ymir_bmc_certificate_authorities")?;
    let own = own.filter(|path| !path.value.as_str().is_empty());
    let Some(Sourced { value, setting }) = verify else {
        let system = || Trust::System { setting: address.clone() };
        return Ok(own.map_or_else(system, |path| Trust::Authorities { path }));
    };
    match (switch(&value), own, value) {
        (Some(false), _, _) => Ok(Trust::Unverified { setting }),
        (_, Some(path), _) => Ok(Trust::Authorities { path }),
        (Some(true), None, _) => Ok(Trust::System { setting }),
        (None, None, Value::String(path)) => {
            Ok(Trust::Authorities { path: Sourced { value: path.into(), setting } })
        }
        (None, None, other) => Err(Trouble::refused(format!(
            "{}: reading how the certificate of its BMC is verified",
            reader.host
        ))
        .because(format!("expected true, false, or a file with authorities, found {other}"))
        .set_by(&setting)),
    }
}

/// Yes or no, in the words that Ironic takes; `None` if it is something else.
fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
            "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The digest of the only certificate to accept: 64 hexadecimal digits, with colons or without.
fn pin(reader: &Reader) -> Result<Option<Sourced<String>>> {
    const NAME: &str = "ymir_bmc_certificate_sha256";
    let Some(mut pin) = reader.get::<String>(NAME)?.filter(|pin| !pin.value.trim().is_empty())
    else {
        return Ok(None);
    };
    let digits: String = pin.value.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    pin.value = digits.to_lowercase();
    if pin.value.len() == 64 && pin.value.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(Some(pin));
    }
    Err(Trouble::refused(format!("{}: reading `{NAME}`", reader.host))
        .because("it is not the SHA-256 of a certificate, which has 64 hexadecimal digits")
        .set_by(&pin.setting)
        .hint("`ymir overcloud bmc check` shows the one that the BMC presents"))
}

fn entrance(reader: &Reader, source: &Source) -> Result<Entrance> {
    let Some(word) = source.text("auth_type")? else { return Ok(Entrance::Auto) };
    match word.value.to_lowercase().as_str() {
        "auto" => Ok(Entrance::Auto),
        "basic" => Ok(Entrance::Basic),
        "session" => Ok(Entrance::Session),
        other => Err(Trouble::refused(format!(
            "{}: `{other}` is no way to log in to a BMC",
            reader.host
        ))
        .set_by(&word.setting)
        .hint("write auto, basic or session")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_switch_verification_are_ironics() {
        let table = [
            (Value::from(true), Some(true)),
            (Value::from("False"), Some(false)),
            (Value::from(0), Some(false)),
            (Value::from("/etc/ssl/bmc.pem"), None),
            (Value::from(7), None),
        ];
        for (value, expected) in table {
            assert_eq!(switch(&value), expected, "{value}");
        }
    }
}
