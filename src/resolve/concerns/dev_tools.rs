//! `dev_tools_packages_*`.

use super::Class;
use crate::{
    host::concern::{Concern, DevTools},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let mut packages = Vec::new();
    for name in
        ["dev_tools_packages_system", "dev_tools_packages_default", "dev_tools_packages_extra"]
    {
        let found = reader.get::<Vec<String>>(name)?;
        packages.extend(found.map_or_else(Vec::new, |list| list.value));
    }
    packages.sort();
    packages.dedup();
    Ok(Some(DevTools { packages }.into()))
}
