//! `pip_*`.

use super::{Class, filled, is_on, kolla, sealed_at};
use crate::{
    host::concern::{Concern, KollaPip, Pip},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let users = reader.get::<Vec<String>>("pip_applicable_users")?;
    of(reader, users.map_or_else(Vec::new, |users| users.value))
}

/// The same for Kolla's own user, on hosts that Kolla-Ansible knows.
pub(super) fn read_of_kolla(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !kolla::is_known(reader, class)? {
        return Ok(None);
    }
    let user = reader.need::<String>("kolla_ansible_user")?;
    Ok(match of(reader, vec![user.value])? {
        Some(Concern::Pip(pip)) => Some(KollaPip(pip).into()),
        other => other,
    })
}

fn of(reader: &Reader, users: Vec<String>) -> Result<Option<Concern>> {
    let secret = |name: &str| Ok(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    let proxy = secret("pip_proxy")?;
    // Without one of them Kayobe asks for nothing: what was put there before goes.
    if !is_on(reader, "pip_local_mirror", false)? && proxy.is_none() {
        return Ok(Some(
            Pip { users: Vec::new(), index_url: None, trusted_hosts: Vec::new(), proxy: None }
                .into(),
        ));
    }
    let hosts =
        reader.get::<Vec<String>>("pip_trusted_hosts")?.map_or_else(Vec::new, |hosts| hosts.value);
    let mut trusted_hosts = Vec::new();
    for host in hosts {
        if !trusted_hosts.contains(&host) {
            trusted_hosts.push(host);
        }
    }
    Ok(Some(Pip { users, index_url: secret("pip_index_url")?, trusted_hosts, proxy }.into()))
}
