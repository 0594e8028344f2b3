//! A pool of volumes, as libvirt is told of it.

use serde::{Deserialize, Serialize};

use crate::host::resource::{LibvirtPool, Resource, VolumeGroup};

/// A pool of volumes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub name: String,
    pub kind: PoolKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// The volume group or pool of ZFS that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Disks that the volume group is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolKind {
    Dir,
    Logical,
    Zfs,
}

impl Pool {
    pub(super) fn resources(&self) -> Vec<Resource> {
        let mut resources = Vec::new();
        if let (PoolKind::Logical, Some(name)) = (self.kind, &self.source)
            && !self.disks.is_empty()
        {
            let (name, disks) = (name.clone(), self.disks.clone());
            resources.push(VolumeGroup { name, disks }.into());
        }
        let pool = LibvirtPool {
            name: self.name.clone(),
            xml: self.xml(),
            path: self.path.clone(),
            builds: self.kind == PoolKind::Dir,
        };
        resources.push(pool.into());
        resources
    }

    fn xml(&self) -> String {
        let element = |name: &str, value: &Option<String>| {
            let text = |value: &String| format!("<{name}>{}</{name}>", escaped(value));
            value.as_ref().map(text).unwrap_or_default()
        };
        let kind = match self.kind {
            PoolKind::Dir => "dir",
            PoolKind::Logical => "logical",
            PoolKind::Zfs => "zfs",
        };
        let format = if self.kind == PoolKind::Logical { "<format type='lvm2'/>" } else { "" };
        let source = element("name", &self.source);
        let target = if self.kind == PoolKind::Zfs {
            String::new()
        } else {
            format!("<target>{}</target>", element("path", &self.path))
        };
        let name = escaped(&self.name);
        let capacity = element("capacity", &self.capacity);
        format!(
            "<pool type='{kind}'>\n  <name>{name}</name>\n  {capacity}<source>{source}{format}</source>{target}\n</pool>\n"
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}
