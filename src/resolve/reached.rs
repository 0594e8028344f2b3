//! Hosts that a command only has to get to.

use serde_json::Value;

use super::{
    Reader,
    concerns::truth,
    hosts::known_hosts,
    login::{self, port},
};
use crate::{
    ansible::Variables,
    model::{
        check::together,
        configured::{Reached, SshServer},
    },
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// As whom commands run with become, unless the site says otherwise.
const ROOT: &str = "root";

/// How one gets to these hosts.
pub fn reached(variables: &Variables, names: &[String]) -> Result<Vec<Reached>> {
    let known_hosts = known_hosts(variables);
    each(names, |name| {
        let login = login::login(&Reader::new(variables, name), &known_hosts)?;
        Ok(Reached { name: name.into(), login })
    })
}

/// Where these hosts show their keys. This machine shows none.
pub fn shown(variables: &Variables, names: &[String]) -> Result<Vec<SshServer>> {
    let hosts = each(names, |name| {
        let reader = Reader::new(variables, name);
        if reader.get::<String>("ansible_connection")?.is_some_and(|way| way.value == "local") {
            return Ok(None);
        }
        let address = login::address(&reader)?;
        if address.value.is_empty() {
            return Err(Trouble::refused(format!("{name}: finding its address for SSH"))
                .because("it has no address on the admin network")
                .set_by(&address.setting)
                .hint("add the host to network-allocation.yml; `host configure` gives addresses out by itself"));
        }
        Ok(Some(SshServer { host: name.into(), address, port: port(&reader)? }))
    })?;
    Ok(hosts.into_iter().flatten().collect())
}

fn each<T>(names: &[String], read: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    let (mut found, mut troubles) = (Vec::new(), Vec::new());
    for name in names {
        match read(name) {
            Ok(one) => found.push(one),
            Err(trouble) => troubles.push(trouble),
        }
    }
    match together(troubles) {
        Some(trouble) => Err(trouble),
        None => Ok(found),
    }
}

/// As whom a command runs on a host, if not as the account that Ymir logs in as. A variable wins over the option, as in
/// Ansible.
pub fn becomes(variables: &Variables, host: &str, asked: bool) -> Result<Option<Sourced<String>>> {
    let reader = Reader::new(variables, host);
    let set = reader.get::<Value>("ansible_become")?;
    if !set.map_or(asked, |set| truth(&set.value)) {
        return Ok(None);
    }
    if let Some(method) = reader.get::<String>("ansible_become_method")?
        && !["sudo", "ansible.builtin.sudo"].contains(&method.value.as_str())
    {
        return Err(Trouble::refused(format!("{host}: becoming another user by {}", method.value))
            .set_by(&method.setting)
            .hint("Ymir becomes another user by `sudo`"));
    }
    let user = reader.get::<String>("ansible_become_user")?.filter(|user| !user.value.is_empty());
    Ok(Some(user.unwrap_or_else(|| Sourced {
        value: ROOT.into(),
        setting: reader.setting("ansible_become_user"),
    })))
}
