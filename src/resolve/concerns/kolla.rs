//! What Kolla-Ansible finds on the hosts that it knows.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Class, is_on, users::keys_file};
use crate::{
    host::concern::{Concern, KollaAccount, KollaPackages, KollaUser},
    resolve::Reader,
    trouble::{Result, Trouble},
};

#[derive(Deserialize)]
struct Mapped {
    #[serde(default)]
    groups: Vec<String>,
}

/// Whether the host is in a group that Kolla-Ansible's inventory is made of; the seed always is.
pub(super) fn is_known(reader: &Reader, class: Class) -> Result<bool> {
    if class == Class::Seed {
        return Ok(true);
    }
    if class != Class::Overcloud {
        return Ok(false);
    }
    let map =
        reader.get::<BTreeMap<String, Mapped>>("kolla_overcloud_inventory_top_level_group_map")?;
    let map = map.map_or_else(BTreeMap::new, |map| map.value);
    let groups = reader.variables.groups_of(reader.host);
    Ok(map.values().flat_map(|mapped| &mapped.groups).any(|group| groups.contains(group)))
}

pub(super) fn read_user(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !matches!(class, Class::Seed | Class::Overcloud) {
        return Ok(None);
    }
    let is_wanted = is_known(reader, class)? && is_on(reader, "kolla_ansible_create_user", true)?;
    let account = is_wanted.then(|| account(reader)).transpose()?;
    Ok(Some(KollaUser { account }.into()))
}

fn account(reader: &Reader) -> Result<KollaAccount> {
    let docker =
        reader.get::<String>("container_engine")?.is_none_or(|engine| engine.value == "docker");
    Ok(KollaAccount {
        name: reader.need::<String>("kolla_ansible_user")?.value,
        group: reader.need::<String>("kolla_ansible_group")?.value,
        public_key: public_key(reader)?,
        keys_file: keys_file(reader)?,
        in_docker_group: docker,
    })
}

/// The public half of Kolla's own key; the private one stays where it is.
fn public_key(reader: &Reader) -> Result<String> {
    const VARIABLE: &str = "kolla_ansible_custom_passwords";
    let passwords = reader.need::<serde_json::Value>(VARIABLE)?;
    let key = passwords.value["kolla_ssh_key"]["public_key"].as_str();
    key.map(|key| key.trim().to_owned()).ok_or_else(|| {
        Trouble::refused(format!("{}: `{VARIABLE}` has no public key of Kolla's", reader.host))
            .set_by(&passwords.setting)
            .hint("put `kolla_ssh_key` with `public_key` and `private_key` into it, as Kayobe's default does")
    })
}

pub(super) fn read_packages(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if class != Class::Overcloud || !is_known(reader, class)? {
        return Ok(None);
    }
    Ok(Some(KollaPackages { multipath: is_on(reader, "kolla_enable_multipathd", false)? }.into()))
}
