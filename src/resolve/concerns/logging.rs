//! `journald_storage`.

use super::Class;
use crate::{
    host::concern::{Concern, Logging},
    resolve::Reader,
    trouble::{Result, Trouble},
};

const KINDS: [&str; 4] = ["persistent", "volatile", "auto", "none"];

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let storage = reader.need::<String>("journald_storage")?;
    if !KINDS.contains(&storage.value.as_str()) {
        return Err(Trouble::refused(format!(
            "{}: `journald_storage` is `{}`",
            reader.host, storage.value
        ))
        .because(format!("journald knows {}", KINDS.join(", ")))
        .set_by(&storage.setting));
    }
    Ok(Some(Logging { storage: storage.value }.into()))
}
