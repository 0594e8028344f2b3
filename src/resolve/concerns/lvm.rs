//! `lvm_groups`.

use serde::Deserialize;
use serde_json::Value;

use super::Class;
use crate::{
    host::{
        concern::{Concern, GroupOfVolumes, Lvm, Volume},
        resource::Size,
    },
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// An item of `lvm_groups`.
#[derive(Deserialize)]
struct Group {
    vgname: String,
    #[serde(default)]
    disks: Value,
    create: Option<Value>,
    #[serde(default)]
    lvnames: Vec<Value>,
}

/// An item of `lvnames`; the word `None` stands for no volume.
#[derive(Deserialize)]
struct Item {
    lvname: String,
    size: Value,
    create: Option<Value>,
    opts: Option<String>,
    filesystem: Option<String>,
    fsopts: Option<String>,
    mount: Option<Value>,
    mntp: Option<Value>,
    mopts: Option<String>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(found) = reader.get::<Vec<Group>>("lvm_groups")? else {
        return Ok(Some(Lvm { groups: Vec::new() }.into()));
    };
    let mut groups = Vec::new();
    for item in found.value {
        let name = item.vgname.clone();
        groups.push(group(item).map_err(|why| {
            Trouble::refused(format!("{}: the group {name} of `lvm_groups`", reader.host))
                .because(why)
                .set_by(&found.setting)
                .hint("`disks` is a list of devices, such as /dev/disk/by-id/…; volumes have a `size`")
        })?);
    }
    Ok(Some(Lvm { groups }.into()))
}

fn group(item: Group) -> std::result::Result<GroupOfVolumes, String> {
    let disks: Vec<String> = match item.disks {
        Value::String(_) => return Err("its `disks` are a text, not a list".into()),
        disks => serde_json::from_value(disks).unwrap_or_default(),
    };
    if disks.is_empty() || disks.iter().any(|disk| disk == "changeme") {
        return Err("its `disks` are not set".into());
    }
    let items = item.lvnames.into_iter().filter(|item| !item.is_null() && item != "None");
    Ok(GroupOfVolumes {
        name: item.vgname,
        disks,
        wanted: item.create.as_ref().map(is_true),
        volumes: items.map(volume).collect::<std::result::Result<_, _>>()?,
    })
}

fn volume(item: Value) -> std::result::Result<Volume, String> {
    let item: Item = serde_json::from_value(item).map_err(|error| format!("a volume: {error}"))?;
    let text = item.size.as_str().map_or_else(|| item.size.to_string(), str::to_owned);
    let size = Size::read(&text)
        .ok_or_else(|| format!("`{text}` is no size of the volume {}", item.lvname))?;
    let filesystem = item.filesystem.filter(|kind| !kind.is_empty() && kind != "None");
    let mounts = item.mount.as_ref().is_some_and(is_true);
    let place = item.mntp.and_then(|place| place.as_str().map(str::to_owned)).filter(|_| mounts);
    if mounts && (place.is_none() || filesystem.is_none()) {
        return Err(format!(
            "the volume {} is to be mounted, and has no `filesystem` or no `mntp`",
            item.lvname
        ));
    }
    Ok(Volume {
        name: item.lvname,
        size,
        options: words(item.opts.as_deref()),
        wanted: item.create.as_ref().map(is_true),
        filesystem,
        filesystem_options: words(item.fsopts.as_deref()),
        place,
        mount_options: item
            .mopts
            .filter(|opts| !opts.is_empty())
            .unwrap_or_else(|| "defaults".into()),
    })
}

/// Options as they stand on a command line.
pub(super) fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => {
            ["yes", "on", "1", "true", "t", "y"].contains(&text.trim().to_lowercase().as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_kayobe_refuses_are_refused() {
        let table = [
            (r#"{"vgname": "a"}"#, "not set"),
            (r#"{"vgname": "a", "disks": ["changeme"]}"#, "not set"),
            (r#"{"vgname": "a", "disks": "sda,sdb"}"#, "not a list"),
            (
                r#"{"vgname": "a", "disks": ["/dev/sdb"], "lvnames": [{"lvname": "b", "size": "x"}]}"#,
                "no size",
            ),
        ];
        for (text, expected) in table {
            let why = group(serde_json::from_str(text).unwrap()).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
    }

    #[test]
    fn a_group_without_volumes() {
        let text =
            r#"{"vgname": "a", "create": "yes", "disks": ["/dev/sdb"], "lvnames": ["None"]}"#;
        let group = group(serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!((group.wanted, group.volumes.len()), (Some(true), 0));
    }
}
