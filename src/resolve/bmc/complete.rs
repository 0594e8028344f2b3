//! Whether `ironic_driver_info` has what the driver needs to talk to the BMC.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Reader, nodes::key_setting};
use crate::{
    near::nearest,
    origin::{Setting, Sourced},
    trouble::{Result, Trouble},
};

type Info = BTreeMap<String, Value>;

/// Ironic's hardware types, and what the names of their keys begin with; the first is the one to recommend. Those
/// without a beginning have no BMC, or one that is described otherwise.
const DRIVERS: &[(&str, &[&str])] = &[
    ("fake-hardware", &[]),
    ("ibmc", &["ibmc"]),
    ("idrac", &["redfish", "drac"]),
    ("ilo", &["ilo"]),
    ("ilo5", &["ilo"]),
    ("intel-ipmi", &["ipmi"]),
    ("ipmi", &["ipmi"]),
    ("irmc", &["irmc"]),
    ("manual-management", &[]),
    ("redfish", &["redfish"]),
    ("snmp", &["snmp"]),
    ("xclarity", &[]),
];

/// All of Ironic's drivers.
pub(in crate::resolve) fn names() -> Vec<&'static str> {
    DRIVERS.iter().map(|(name, _)| *name).collect()
}

/// What the names of a driver's keys begin with; none for a driver without a BMC.
pub(in crate::resolve) fn prefixes(driver: &str) -> &'static [&'static str] {
    DRIVERS.iter().find(|(name, _)| *name == driver).map_or(&[], |(_, prefixes)| prefixes)
}

/// Refuses a driver that Ironic does not have, and a BMC without an address or with half a login. A BMC that asks for no
/// login has neither user name nor password.
pub(in crate::resolve) fn complete(
    reader: &Reader,
    driver: &Sourced<String>,
    info: Option<&Info>,
    setting: &Setting,
) -> Result<()> {
    let known = DRIVERS.iter().find(|(name, _)| *name == driver.value);
    let (_, prefixes) = known.ok_or_else(|| unknown(reader.host, driver))?;
    let empty = Info::new();
    let info = info.unwrap_or(&empty);
    let has = |prefix: &&&str| is_set(info.get(&format!("{prefix}_address")));
    let Some(recommended) = prefixes.first() else { return Ok(()) };
    let Some(prefix) = prefixes.iter().find(has) else {
        return Err(no_address(reader, driver, &format!("{recommended}_address"), (info, setting)));
    };
    let keys = ["username", "password"].map(|end| format!("{prefix}_{end}"));
    let wanted = keys.iter().any(|key| info.get(key).is_some_and(|value| !value.is_null()));
    match keys.iter().find(|key| wanted && !is_set(info.get(*key))) {
        Some(key) => Err(half_a_login(reader, key, (info, setting))),
        None => Ok(()),
    }
}

fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

fn unknown(host: &str, driver: &Sourced<String>) -> Trouble {
    let names = || DRIVERS.iter().map(|(name, _)| *name);
    let hint = match nearest(&driver.value, names()).as_slice() {
        [] => format!("the drivers are {}", names().collect::<Vec<_>>().join(", ")),
        near => format!("did you mean `{}`?", near.join("` or `")),
    };
    Trouble::refused(format!("{host}: `{}` is no driver of Ironic", driver.value))
        .set_by(&driver.setting)
        .hint(hint)
}

fn no_address(
    reader: &Reader,
    driver: &Sourced<String>,
    key: &str,
    (info, setting): (&Info, &Setting),
) -> Trouble {
    let (host, driver) = (reader.host, &driver.value);
    Trouble::refused(format!("{host}: the address of its BMC is not set"))
        .because(format!("`ironic_driver_info` has no `{key}`, which the driver {driver} needs"))
        .set_by(&at(reader, key, (info, setting)))
        .hint(format!("set `{key}` for {host}, in its host_vars or in group_vars"))
}

fn half_a_login(reader: &Reader, key: &str, (info, setting): (&Info, &Setting)) -> Trouble {
    let what = if key.ends_with("_password") { "password" } else { "user name" };
    Trouble::refused(format!("{}: the {what} of its BMC is not set", reader.host))
        .because(format!("`{key}` in `ironic_driver_info` is empty or missing"))
        .set_by(&at(reader, key, (info, setting)))
        .hint(format!(
            "set `{key}` for {}; if its BMC asks for no login, leave out both user name and password",
            reader.host
        ))
}

/// The key's own setting if it is there, else that of all of it.
fn at(reader: &Reader, key: &str, (info, setting): (&Info, &Setting)) -> Setting {
    let own = info.get(key).and_then(|value| key_setting(reader, key, value));
    own.unwrap_or_else(|| setting.clone())
}
