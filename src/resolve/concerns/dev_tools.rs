//! `dev_tools_packages_*`.

use serde_json::Value;

use super::Class;
use crate::{
    host::concern::{Concern, DevTools},
    resolve::Reader,
    trouble::Result,
};

/// The role's own lists.
const DEFAULTS: [(&str, &[&str]); 3] = [
    ("dev_tools_packages_default", &["bash-completion", "tcpdump", "vim"]),
    ("dev_tools_packages_extra", &[]),
    ("dev_tools_packages_system", &["acl"]),
];

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let mut packages = Vec::new();
    for (name, default) in DEFAULTS {
        let default = || default.iter().map(|name| (*name).to_owned()).collect();
        let found = reader.get::<Vec<String>>(name)?;
        packages.extend(found.map_or_else(default, |list| list.value));
    }
    packages.retain(|name| !name.is_empty());
    packages.sort();
    packages.dedup();
    // A list of the site's own takes the place of all that the role would add.
    let with_modules = reader.get::<Value>("dev_tools_packages_system")?.is_none();
    Ok(Some(DevTools { packages, with_modules }.into()))
}
