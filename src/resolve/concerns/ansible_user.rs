//! `kayobe_ansible_user` and the key that lets it in.

use camino::Utf8PathBuf;
use serde_json::{Map, Value};

use super::{Class, filled, sealed_at, users::keys_file};
use crate::{
    host::concern::{AnsibleUser, Concern, PackageProxies},
    resolve::Reader,
    trouble::{Result, Tell, Trouble},
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let name = reader.need::<String>("kayobe_ansible_user")?;
    let path = reader.need::<Utf8PathBuf>("ssh_public_key_path")?;
    let told = || format!("{}: reading the public key {}", reader.host, path.value);
    let found = reader.variables.files().bytes(&path.value)?;
    let (bytes, _) = found.ok_or_else(|| {
        Trouble::refused(told())
            .because("there is no such file")
            .set_by(&path.setting)
            .hint("`ssh-keygen -t ed25519` makes a pair of keys; `ssh_public_key_path` names the public one")
    })?;
    let text = String::from_utf8(bytes).or_refused(told)?;
    let engine = reader.get::<String>("container_engine")?;
    let docker = engine.is_none_or(|engine| engine.value == "docker");
    Ok(Some(
        AnsibleUser {
            name: name.value,
            public_key: text.trim().to_owned(),
            in_docker_group: docker && has_containers(reader),
            keys_file: keys_file(reader)?,
            proxies: proxies(reader)?,
        }
        .into(),
    ))
}

fn proxies(reader: &Reader) -> Result<PackageProxies> {
    let proxy = |name: &str| Ok(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    let dnf = reader.get::<Map<String, Value>>("dnf_config")?;
    let dnf = dnf.filter(|dnf| dnf.value.get("proxy").is_some_and(Value::is_string));
    Ok(PackageProxies {
        apt_http: proxy("apt_proxy_http")?,
        apt_https: proxy("apt_proxy_https")?,
        dnf: dnf.map(|_| sealed_at(reader, "dnf_config", &["proxy"])),
    })
}

/// Whether the host is one that containers run on.
pub(super) fn has_containers(reader: &Reader) -> bool {
    reader.variables.groups_of(reader.host).iter().any(|group| group == "container-engine")
}
