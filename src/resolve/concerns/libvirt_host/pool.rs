//! Pools of libvirt's as Kayobe's role has them.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    host::concern::{Pool, PoolKind},
    origin::Sourced,
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// One item of the list.
#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    path: Option<String>,
    capacity: Option<Value>,
    source: Option<String>,
    pvs: Option<Value>,
    xml: Option<Value>,
}

pub(super) fn read(reader: &Reader, variable: &str) -> Result<Vec<Pool>> {
    let Some(list) = reader.get::<Vec<Item>>(variable)? else { return Ok(Vec::new()) };
    let Sourced { value: items, setting } = list;
    let refused = |item: &Item, why: &str| {
        Trouble::refused(format!("{}: the pool {}", reader.host, item.name))
            .because(why)
            .set_by(&setting)
    };
    let mut pools = Vec::new();
    for item in items {
        if item.xml.is_some() {
            return Err(refused(&item, "Ymir does not take a pool's own description, `xml`"));
        }
        let kind = match item.kind.as_str() {
            "dir" => PoolKind::Dir,
            "logical" | "lvm2" => PoolKind::Logical,
            "zfs" => PoolKind::Zfs,
            _ => return Err(refused(&item, "Ymir knows pools of the types dir, logical and zfs")),
        };
        if kind == PoolKind::Dir && item.path.is_none() {
            return Err(refused(&item, "a directory needs a `path`"));
        }
        if kind != PoolKind::Dir && item.source.is_none() {
            return Err(refused(&item, "it needs a `source`"));
        }
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Item { name, path, capacity, source, pvs, .. } = item;
        let disks = match pvs {
            Some(Value::Array(disks)) => disks.into_iter().map(text).collect(),
            // As Ansible's module reads a list in a text.
            Some(Value::String(disks)) => disks.split(',').map(|disk| disk.trim().into()).collect(),
            _ => Vec::new(),
        };
        pools.push(Pool { name, kind, path, capacity: capacity.map(text), source, disks });
    }
    Ok(pools)
}
