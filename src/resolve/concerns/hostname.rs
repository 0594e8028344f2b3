//! `kayobe_custom_hostname`.

use super::{Class, is_on};
use crate::{
    host::concern::{Concern, Named},
    resolve::Reader,
    trouble::Result,
};

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if class != Class::Overcloud || !is_on(reader, "kayobe_customize_hostnames", false)? {
        return Ok(None);
    }
    Ok(Some(Named { name: reader.need::<String>("kayobe_custom_hostname")?.value }.into()))
}
