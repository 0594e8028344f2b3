//! How a host is reached for its configuration: what Ansible's own variables say, with Kayobe's defaults.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Reader, networks::Number};
use crate::{
    model::login::{Login, Way},
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// Reads where a host is, and as whom Ymir comes.
pub fn login(reader: &Reader, known_hosts: &Utf8Path) -> Result<Login> {
    Ok(Login {
        way: way(reader)?,
        user: reader.need("ansible_user")?,
        bootstrap: match reader.get("bootstrap_user")? {
            Some(user) => user,
            None => reader.need("ansible_user")?,
        },
        known_hosts: known_hosts.into(),
    })
}

fn way(reader: &Reader) -> Result<Way> {
    let connection = reader.get::<String>("ansible_connection")?;
    match connection {
        Some(found) if found.value == "local" => return Ok(Way::Local),
        Some(Sourced { value, setting })
            if !["ssh", "smart", "paramiko"].contains(&value.as_str()) =>
        {
            return Err(Trouble::refused(format!(
                "{}: `ansible_connection` is `{value}`",
                reader.host
            ))
            .set_by(&setting)
            .hint("Ymir reaches hosts by `ssh`, and this machine by `local`"));
        }
        _ => {}
    }
    let key = match reader.get::<Utf8PathBuf>("ansible_ssh_private_key_file")? {
        Some(key) => Some(key),
        None => reader.get("ssh_private_key_path")?,
    };
    let port = port(reader)?;
    Ok(Way::Ssh { address: address(reader)?, port, private_key: key, options: options(reader)? })
}

pub(super) fn port(reader: &Reader) -> Result<Option<u16>> {
    let port = reader.get::<Number>("ansible_port")?;
    port.map(|port| port.value.get(reader, "ansible_port")).transpose()
}

/// Without an address of its own a host is reached by its name, as in Ansible.
pub(super) fn address(reader: &Reader) -> Result<Sourced<String>> {
    Ok(reader.get::<String>("ansible_host")?.unwrap_or_else(|| Sourced {
        value: reader.host.into(),
        setting: reader.setting("inventory_hostname"),
    }))
}

/// What the site gives ssh besides.
fn options(reader: &Reader) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
        let Some(found) = reader.get::<String>(name)? else { continue };
        let split = shlex::split(&found.value).ok_or_else(|| {
            Trouble::refused(format!("{}: reading `{name}`", reader.host))
                .because("a quotation mark has no other one")
                .set_by(&found.setting)
        })?;
        words.extend(split);
    }
    Ok(words)
}
