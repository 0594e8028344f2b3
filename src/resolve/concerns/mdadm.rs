//! `mdadm_arrays`.

use serde::Deserialize;
use serde_json::Value;

use super::Class;
use crate::{
    host::concern::{Concern, Mdadm, RaidArray},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// An item of `mdadm_arrays`.
#[derive(Deserialize)]
struct Item {
    name: String,
    state: String,
    level: Value,
    devices: Vec<String>,
    filesystem: Option<String>,
    filesystem_opts: Option<String>,
    mountpoint: Option<String>,
    opts: Option<String>,
    chunk_size: Option<Value>,
    raid_metadata_version: Option<Value>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(found) = reader.get::<Vec<Item>>("mdadm_arrays")? else {
        return Ok(Some(Mdadm { arrays: Vec::new() }.into()));
    };
    let mut arrays = Vec::new();
    for item in found.value {
        let name = item.name.clone();
        arrays.push(array(item).map_err(|why| {
            Trouble::refused(format!("{}: the array {name} of `mdadm_arrays`", reader.host))
                .because(why)
                .set_by(&found.setting)
        })?);
    }
    Ok(Some(Mdadm { arrays }.into()))
}

fn array(item: Item) -> std::result::Result<RaidArray, String> {
    let wanted = match item.state.to_lowercase().as_str() {
        "present" => true,
        "absent" => false,
        other => return Err(format!("its state is `{other}`; arrays are present or absent")),
    };
    if item.devices.is_empty() && wanted {
        return Err("it has no devices".into());
    }
    let or = |value: Option<Value>, default: &str| value.map_or_else(|| default.into(), word);
    Ok(RaidArray {
        name: item.name,
        wanted,
        level: word(item.level),
        devices: item.devices,
        chunk: or(item.chunk_size, "512K"),
        metadata: or(item.raid_metadata_version, "1.2"),
        filesystem: item.filesystem,
        filesystem_options: super::lvm::words(item.filesystem_opts.as_deref()),
        place: item.mountpoint,
        mount_options: item.opts.unwrap_or_else(|| "defaults".into()),
    })
}

fn word(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
