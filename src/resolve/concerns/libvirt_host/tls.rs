//! Certificates of libvirt's: the host's own before those of all, the environment's before the base's.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::{
    host::sealed::Sealed,
    resolve::{Reader, concerns::sealed_file},
    trouble::{Result, Trouble},
};

/// A file's name in the site, and where it is on the host.
const FILES: [(&str, &str); 5] = [
    ("servercert.pem", "/etc/pki/libvirt/servercert.pem"),
    ("serverkey.pem", "/etc/pki/libvirt/private/serverkey.pem"),
    ("clientcert.pem", "/etc/pki/libvirt/clientcert.pem"),
    ("clientkey.pem", "/etc/pki/libvirt/private/clientkey.pem"),
    ("cacert.pem", "/etc/pki/CA/cacert.pem"),
];

pub(super) fn none() -> BTreeMap<String, Sealed> {
    BTreeMap::new()
}

pub(super) fn read(reader: &Reader) -> Result<BTreeMap<String, Sealed>> {
    let mut found = none();
    for (name, path) in FILES {
        found.insert(path.to_owned(), find(reader, name)?);
    }
    Ok(found)
}

fn find(reader: &Reader, name: &str) -> Result<Sealed> {
    let below = [
        format!("certificates/libvirt/{}/{name}", reader.host),
        format!("certificates/libvirt/{name}"),
    ];
    let variables = reader.variables;
    let base = variables.layers().first().map(Utf8PathBuf::as_path);
    let own = variables.environment_dir();
    let places = std::iter::once(own).chain(base.filter(|base| *base != own));
    let mut tried = Vec::new();
    for way in &below {
        for place in places.clone() {
            let path = place.join(way);
            if variables.files().text(&path)?.is_some() {
                return Ok(sealed_file(reader, "kayobe_config_path", path.as_str()));
            }
            tried.push(path);
        }
    }
    let shown: Vec<&str> = tried.iter().map(|path| path.as_str()).collect();
    Err(Trouble::refused(format!("{}: finding libvirt's {name}", reader.host))
        .because(format!("there is none of {}", shown.join(", ")))
        .set_by(&reader.setting("compute_libvirt_enable_tls"))
        .hint("put it there: keys belong into the vault"))
}
