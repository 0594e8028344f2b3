//! `disable_cloud_init`, and Glean, which Kayobe always takes away.

use super::{Class, is_on};
use crate::{
    host::concern::{Concern, WithoutCloudInit, WithoutGlean},
    resolve::Reader,
    trouble::Result,
};

#[expect(clippy::unnecessary_wraps, reason = "every topic is read alike")]
pub(super) fn read_glean(_reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let has_images = matches!(class, Class::Seed | Class::Overcloud | Class::InfraVm);
    Ok(has_images.then(|| WithoutGlean {}.into()))
}

pub(super) fn read_cloud_init(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if !matches!(class, Class::Overcloud | Class::InfraVm) {
        return Ok(None);
    }
    Ok(Some(WithoutCloudInit { is_wanted: is_on(reader, "disable_cloud_init", false)? }.into()))
}
