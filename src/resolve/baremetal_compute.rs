//! Tenant bare metal: hosts of `baremetal-compute`, in the Ironic that Keystone's catalogue names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reader, concerns::selected_in, hosts::patience, nodes};
use crate::{
    ansible::Variables,
    model::{
        check::together,
        host::Enrolment,
        node::{BmcPlace, Ironic, Keystone},
        tenant::{Ramdisk, Unnamed},
    },
    origin::Sourced,
    secret::{SecretRef, names_secret},
    trouble::{Result, Trouble},
};

/// Kayobe's group of such hosts.
const GROUP: &str = "baremetal-compute";

const AUTH: &str = "openstack_auth_env";

/// What tells one BMC from another in `ironic_driver_info`.
const ENDS: [&str; 3] = ["_address", "_port", "_system_id"];

/// The names of the hosts that both patterns select; all of them without any.
pub fn hosts(
    variables: &Variables,
    limit: Option<&str>,
    compute_limit: Option<&str>,
) -> Result<Vec<String>> {
    let names = selected_in(variables, GROUP, limit)?;
    let Some(pattern) = compute_limit else { return Ok(names) };
    let chosen = variables.select(pattern)?;
    let hosts: Vec<_> = names.into_iter().filter(|host| chosen.contains(host)).collect();
    if hosts.is_empty() {
        let what = format!("--baremetal-compute-limit {pattern} selects no host of `{GROUP}`");
        return Err(Trouble::refused(what)
            .hint("see the environment's inventory for the names of hosts and groups"));
    }
    Ok(hosts)
}

/// What is read of each host; what is wrong with any of them is told together.
fn each<T>(
    variables: &Variables,
    names: &[String],
    read: impl Fn(&Reader) -> Result<T>,
) -> Result<Vec<T>> {
    let (mut all, mut troubles) = (Vec::new(), Vec::new());
    for name in names {
        match read(&Reader::new(variables, name)) {
            Ok(one) => all.push(one),
            Err(trouble) => troubles.push(trouble),
        }
    }
    together(troubles).map_or(Ok(all), Err)
}

/// The nodes of hosts.
pub fn nodes(variables: &Variables, names: &[String]) -> Result<Vec<Enrolment>> {
    each(variables, names, enrolment)
}

/// Hosts with the Ironic that knows them, of which nothing else is needed.
pub fn ironics(variables: &Variables, names: &[String]) -> Result<Vec<(String, Ironic)>> {
    each(variables, names, |reader| Ok((reader.host.into(), ironic(reader)?)))
}

/// Hosts with what tells their nodes apart, whatever they are called.
pub fn renames(variables: &Variables, names: &[String]) -> Result<Vec<Unnamed>> {
    each(variables, names, |reader| {
        Ok(Unnamed { host: reader.host.into(), ironic: ironic(reader)?, bmc: bmc(reader)? })
    })
}

/// Hosts with the names of the images that their nodes boot.
pub fn ramdisks(variables: &Variables, names: &[String]) -> Result<Vec<Ramdisk>> {
    each(variables, names, |reader| {
        let kernel = reader.need("ipa_images_kernel_name")?;
        let ramdisk = reader.need("ipa_images_ramdisk_name")?;
        Ok(Ramdisk { host: reader.host.into(), ironic: ironic(reader)?, kernel, ramdisk })
    })
}

/// The BMC of a host: as its node is registered, or where the inventory says that it is.
fn bmc(reader: &Reader) -> Result<BmcPlace> {
    if let Some(info) = reader.get::<BTreeMap<String, Value>>("ironic_driver_info")? {
        let Sourced { value, setting } = info;
        let says = |key: &String| ENDS.iter().any(|end| key.ends_with(end));
        let keys = value.into_iter().filter(|(key, value)| says(key) && !value.is_null());
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let keys: BTreeMap<_, _> = keys.map(|(key, value)| (key, text(value))).collect();
        if keys.iter().any(|(key, text)| key.ends_with(ENDS[0]) && !text.is_empty()) {
            return Ok(BmcPlace { keys, setting });
        }
    }
    for name in ["ipmi_address", "redfish_address"] {
        let Some(found) = reader.get::<String>(name)? else { continue };
        if !found.value.is_empty() {
            let keys = [(name.to_owned(), found.value)].into();
            return Ok(BmcPlace { keys, setting: found.setting });
        }
    }
    Err(Trouble::refused(format!("{}: nothing says where its BMC is", reader.host))
        .because("a node is found by its BMC, whatever it is called")
        .hint("set `ipmi_address`, `redfish_address` or `ironic_driver_info` for the host"))
}

fn enrolment(reader: &Reader) -> Result<Enrolment> {
    Ok(Enrolment {
        name: reader.host.into(),
        ironic: ironic(reader)?,
        node: nodes::node(reader)?,
        patience: patience(reader)?,
    })
}

/// The cloud's own Ironic.
pub(super) fn ironic(reader: &Reader) -> Result<Ironic> {
    let Sourced { value, setting } = reader.need::<BTreeMap<String, Value>>(AUTH)?;
    let filled = value.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    });
    let filled = filled.filter(|(_, text)| !text.is_empty());
    let (hidden, plain): (BTreeMap<_, _>, BTreeMap<_, _>) =
        filled.partition(|(name, _)| names_secret(name));
    let url = plain.get("OS_AUTH_URL").cloned().ok_or_else(|| {
        Trouble::refused(format!("{}: `OS_AUTH_URL` is not set", reader.host))
            .set_by(&setting)
            .hint("source the cloud's `admin-openrc.sh` before the command")
    })?;
    if url.contains('@') {
        return Err(Trouble::refused(format!("{}: `OS_AUTH_URL` holds a password", reader.host))
            .set_by(&setting)
            .hint("leave it out there, and set `OS_USERNAME` and `OS_PASSWORD`"));
    }
    let at = |name: String| {
        let secret = SecretRef::of(reader.host, AUTH, &[&name]);
        (name, secret)
    };
    let secrets = hidden.into_keys().map(at).collect();
    let keystone = Keystone { plain, secrets, setting: setting.clone() };
    Ok(Ironic { url: Sourced { value: url, setting }, login: None, keystone: Some(keystone) })
}
