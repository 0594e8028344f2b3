//! Topics of Kayobe's that Ymir does not configure yet: a site that asks for one is told so, instead of being left with
//! less than it asks for.

use serde_json::Value;

use super::{Class, is_on};
use crate::{
    host::concern::Concern,
    origin::Setting,
    resolve::Reader,
    trouble::{Result, Trouble},
};

type Read = Result<Option<Concern>>;

fn refused(reader: &Reader, what: &str, tag: &str, setting: &Setting) -> Trouble {
    Trouble::refused(format!("{}: Ymir does not configure {what} yet", reader.host))
        .set_by(setting)
        .hint(format!("`--skip-tags {tag}` configures everything else"))
}

/// Refuses a list or map with something in it.
fn empty(reader: &Reader, variable: &str, what: &str, tag: &str) -> Read {
    let Some(found) = reader.get::<Value>(variable)? else { return Ok(None) };
    let is_empty = match &found.value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        other => other.as_str().is_some_and(str::is_empty),
    };
    if is_empty { Ok(None) } else { Err(refused(reader, what, tag, &found.setting)) }
}

pub(super) fn luks(reader: &Reader, _class: Class) -> Read {
    empty(reader, "luks_devices", "encrypted devices", "luks")
}

pub(super) fn swift(reader: &Reader, class: Class) -> Read {
    if class != Class::Overcloud || !is_on(reader, "kolla_enable_swift", false)? {
        return Ok(None);
    }
    empty(reader, "swift_block_devices", "disks for Swift", "swift-block-devices")
}
