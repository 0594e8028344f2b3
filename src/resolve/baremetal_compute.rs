//! Tenant bare metal: hosts of `baremetal-compute`, in the Ironic that Keystone's catalogue names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reader, concerns::selected_in, hosts::patience, nodes};
use crate::{
    ansible::Variables,
    model::{
        check::together,
        host::Enrolment,
        node::{Ironic, Keystone},
    },
    origin::Sourced,
    secret::{SecretRef, names_secret},
    trouble::{Result, Trouble},
};

/// Kayobe's group of such hosts.
const GROUP: &str = "baremetal-compute";

const AUTH: &str = "openstack_auth_env";

/// The nodes of the hosts that a pattern selects, all of them without one.
pub fn nodes(variables: &Variables, limit: Option<&str>) -> Result<Vec<Enrolment>> {
    let (mut nodes, mut troubles) = (Vec::new(), Vec::new());
    for name in selected_in(variables, GROUP, limit)? {
        match enrolment(&Reader::new(variables, &name)) {
            Ok(node) => nodes.push(node),
            Err(trouble) => troubles.push(trouble),
        }
    }
    together(troubles).map_or(Ok(nodes), Err)
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
fn ironic(reader: &Reader) -> Result<Ironic> {
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
