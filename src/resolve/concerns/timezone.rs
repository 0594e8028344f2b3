//! `timezone`. Kayobe's default is what the host has, as its facts tell: then nothing is asked for.

use super::Class;
use crate::{
    host::concern::{Concern, Timezone},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let candidates = reader.variables.candidates(reader.host, "timezone");
    if candidates.first().is_none_or(|winner| winner.written.contains("ansible_facts")) {
        return Ok(None);
    }
    Ok(reader.get::<String>("timezone")?.map(|name| Timezone { name: name.value }.into()))
}
