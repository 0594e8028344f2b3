//! `swap`: files with their size, and devices.

use serde::Deserialize;

use super::Class;
use crate::{
    host::concern::{Area, Concern, Swap},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// An item of `swap`.
#[derive(Deserialize)]
struct Item {
    path: Option<String>,
    size_mb: Option<u64>,
    device: Option<String>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(found) = reader.get::<Vec<Item>>("swap")? else {
        return Ok(Some(Swap { areas: Vec::new() }.into()));
    };
    let mut areas = Vec::new();
    for item in found.value {
        areas.push(area(item).ok_or_else(|| {
            Trouble::refused(format!("{}: an item of `swap`", reader.host))
                .because(
                    "it has neither `path` and `size_mb` nor `device`, as absolute paths, or both",
                )
                .set_by(&found.setting)
        })?);
    }
    if let Some(own) = reader.variables.setting(reader.host, "swap_file_create_command") {
        return Err(Trouble::refused(format!("{}: `swap_file_create_command`", reader.host))
            .because("Ymir makes swap files by `fallocate` only")
            .set_by(&own)
            .hint("leave it out; a file that is there already is used as it is"));
    }
    Ok(Some(Swap { areas }.into()))
}

fn area(item: Item) -> Option<Area> {
    match item {
        Item { path: Some(path), size_mb: Some(size), device: None } if path.starts_with('/') => {
            let words = ["fallocate", "-l", &format!("{size}MiB"), &path];
            let made_by = words.iter().map(|word| (*word).to_owned()).collect();
            Some(Area::File { path, made_by })
        }
        Item { path: None, device: Some(device), .. } if device.starts_with('/') => {
            Some(Area::Device(device))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_files_or_devices() {
        let table = [
            (r#"{"path": "/swap", "size_mb": 8}"#, true),
            (r#"{"device": "/dev/sdb"}"#, true),
            (r#"{"path": "/swap"}"#, false),
            (r#"{"path": "swap", "size_mb": 8}"#, false),
            (r#"{"path": "/swap", "size_mb": 8, "device": "/dev/sdb"}"#, false),
            ("{}", false),
        ];
        for (text, expected) in table {
            assert_eq!(area(serde_json::from_str(text).unwrap()).is_some(), expected, "{text}");
        }
    }
}
