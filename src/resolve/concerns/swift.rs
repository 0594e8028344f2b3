//! `swift_block_devices`, on the hosts that Swift is on.

use serde::Deserialize;

use super::{Class, filled, is_on};
use crate::{
    host::concern::{Concern, Swift, SwiftDisk},
    resolve::Reader,
    trouble::{Result, Trouble},
};

const VARIABLE: &str = "swift_block_devices";

/// Hosts with Swift's disks unless the site says otherwise.
const HOSTS: &str = "storage";

/// The longest label that XFS takes.
const LONGEST: usize = 12;

/// An item of `swift_block_devices`; the rest is for Swift's rings.
#[derive(Deserialize)]
struct Item {
    device: String,
    fs_label: Option<String>,
}

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    if class != Class::Overcloud {
        return Ok(None);
    }
    let none = || Ok(Some(Swift { disks: Vec::new() }.into()));
    if !is_on(reader, "kolla_enable_swift", false)? {
        return none();
    }
    let hosts = filled(reader, "swift_hosts")?.map_or_else(|| HOSTS.into(), |hosts| hosts.value);
    if !reader.variables.select(&hosts)?.iter().any(|host| host == reader.host) {
        return none();
    }
    let Some(found) = reader.get::<Vec<Item>>(VARIABLE)? else { return none() };
    let refused = |device: &str, why: String| {
        Trouble::refused(format!("{}: the device {device} of `{VARIABLE}`", reader.host))
            .because(why)
            .set_by(&found.setting)
    };
    let mut disks = Vec::new();
    for Item { device, fs_label } in &found.value {
        let label = fs_label.as_deref().or(device.rsplit('/').next()).unwrap_or_default();
        if !device.starts_with('/') {
            return Err(refused(device, "it is no absolute path".into()));
        }
        if label.len() > LONGEST {
            return Err(refused(
                device,
                format!("XFS takes no label of more than {LONGEST} bytes, such as `{label}`"),
            )
            .hint("give the item an `fs_label`"));
        }
        disks.push(SwiftDisk { device: device.clone(), label: label.to_owned() });
    }
    Ok(Some(Swift { disks }.into()))
}
