//! The BMCs of hosts: from `ironic_driver_info`, or from `redfish_address` and `ipmi_address` where a host is not
//! described for Ironic (the inventory of discovered hosts says no more).

pub(in crate::resolve) mod complete;
mod ipmi;
mod redfish;
mod source;

use serde_json::Value;

use self::source::{Kind, Source};
use super::Reader;
use crate::{
    ansible::Variables,
    model::{
        bmc::{Bmc, Login, Patience},
        check::together,
    },
    origin::{Origin, Setting, Sourced},
    trouble::{Result, Trouble},
};

/// The BMCs of these hosts, by their names.
pub fn bmcs(variables: &Variables, names: &[String]) -> Result<Vec<(String, Bmc)>> {
    let (mut found, mut troubles) = (Vec::new(), Vec::new());
    for name in names {
        match bmc(&Reader::new(variables, name)) {
            Ok(bmc) => found.push((name.clone(), bmc)),
            Err(trouble) => troubles.push(trouble),
        }
    }
    together(troubles).map_or(Ok(found), Err)
}

fn bmc(reader: &Reader) -> Result<Bmc> {
    let source = Source::of(reader)?;
    let address = source.text("address")?.ok_or_else(|| no_address(reader))?;
    let (shown, way) = match source.kind() {
        Kind::Redfish => redfish::way(reader, &source, &address)?,
        Kind::Ipmi => ipmi::way(reader, &source, &address)?,
    };
    Ok(Bmc {
        address: Sourced { value: shown, setting: address.setting },
        way,
        login: login(reader, &source)?,
        patience: patience(reader)?,
    })
}

fn no_address(reader: &Reader) -> Trouble {
    Trouble::refused(format!("{}: it is not known how to reach its BMC", reader.host)).hint(
        "set `ironic_driver` and `ironic_driver_info` for it, or `redfish_address` or `ipmi_address`",
    )
}

/// User name and password, if the BMC asks for them.
fn login(reader: &Reader, source: &Source) -> Result<Option<Login>> {
    let (username, password) = match (source.secret("username")?, source.secret("password")?) {
        (Some(username), Some(password)) => (username, password),
        (None, None) => return Ok(None),
        (Some(one), None) => return Err(half_a_login(reader, "password", &one.setting)),
        (None, Some(one)) => return Err(half_a_login(reader, "user name", &one.setting)),
    };
    Ok(Some(Login {
        username: username.value,
        password: password.value,
        username_setting: username.setting,
        password_setting: password.setting,
    }))
}

fn half_a_login(reader: &Reader, what: &str, other: &Setting) -> Trouble {
    Trouble::refused(format!("{}: the {what} of its BMC is not set", reader.host))
        .because(format!("`{}` is set beside it", other.variable))
        .set_by(other)
        .hint("set both, or neither if the BMC asks for no login")
}

fn patience(reader: &Reader) -> Result<Patience> {
    Ok(Patience {
        answer: seconds(reader, "ymir_bmc_answer_timeout", 30)?,
        power: seconds(reader, "ymir_bmc_power_timeout", 120)?,
    })
}

fn seconds(reader: &Reader, name: &str, default: u64) -> Result<Sourced<u64>> {
    let Some(Sourced { value, setting }) = reader.get::<Value>(name)? else {
        let origin = Origin::whole("Ymir's default");
        return Ok(Sourced { value: default, setting: Setting { variable: name.into(), origin } });
    };
    match number(&value).filter(|seconds| *seconds > 0) {
        Some(value) => Ok(Sourced { value, setting }),
        None => Err(Trouble::refused(format!("{}: reading `{name}`", reader.host))
            .because(format!("expected a number of seconds, found {value}"))
            .set_by(&setting)),
    }
}

/// A number, also one that is written as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
