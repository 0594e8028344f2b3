//! Volume groups, their volumes, and the file systems on these.

use serde::{Deserialize, Serialize};

use super::{Host, Topic, mdadm::mount};
use crate::host::{
    data::Held,
    facts::Family,
    fault::Fault,
    resource::{Condemned, Filesystem, LogicalVolume, Packages, Resource, Size, VolumeGroup},
};

/// `lvm_groups`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lvm {
    pub groups: Vec<GroupOfVolumes>,
}

/// An item of `lvm_groups`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupOfVolumes {
    pub name: String,
    pub disks: Vec<String>,
    /// `None` if the site does not say whether it is to be there: then it is left as it is.
    pub wanted: Option<bool>,
    pub volumes: Vec<Volume>,
}

/// An item of `lvnames`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    pub name: String,
    pub size: Size,
    pub options: Vec<String>,
    pub wanted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
    pub filesystem_options: Vec<String>,
    /// Where it is mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    pub mount_options: String,
}

impl Topic for Lvm {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut packages = vec!["lvm2"];
        if host.facts.family == Family::RedHat {
            packages.push("sg3_utils");
        }
        let volumes = || self.groups.iter().flat_map(|group| &group.volumes);
        if volumes().any(|volume| volume.filesystem.as_deref() == Some("xfs")) {
            packages.push("xfsprogs");
        }
        let mut resources = vec![Packages::installed(packages).into()];
        for group in &self.groups {
            resources.extend(group.resources());
        }
        Ok(resources)
    }
}

impl GroupOfVolumes {
    fn resources(&self) -> Vec<Resource> {
        let Self { name, disks, wanted, volumes } = self;
        let mut resources = Vec::new();
        for volume in volumes.iter().filter(|volume| volume.wanted == Some(false)) {
            let source = format!("/dev/{name}/{}", volume.name);
            let mount = volume.place.clone().map(|place| Held::Mount { place, source });
            let itself = Held::Volume { group: name.clone(), name: volume.name.clone() };
            let condemned = mount.into_iter().chain([itself]);
            resources.extend(condemned.map(|held| Resource::from(Condemned { held })));
        }
        match wanted {
            Some(true) => {
                resources.push(VolumeGroup { name: name.clone(), disks: disks.clone() }.into());
                let wanted = volumes.iter().filter(|volume| volume.wanted == Some(true));
                resources.extend(wanted.flat_map(|volume| volume.resources(name)));
            }
            Some(false) => {
                resources.push(Condemned { held: Held::VolumeGroup { name: name.clone() } }.into());
            }
            None => {}
        }
        resources
    }
}

impl Volume {
    fn resources(&self, group: &str) -> Vec<Resource> {
        let volume = LogicalVolume {
            group: group.into(),
            name: self.name.clone(),
            size: self.size,
            options: self.options.clone(),
        };
        let mut resources = vec![volume.into()];
        let device = format!("/dev/{group}/{}", self.name);
        let Some(kind) = self.filesystem.clone().filter(|kind| kind != "swap") else {
            return resources;
        };
        let options = self.filesystem_options.clone();
        resources.push(Filesystem { device: device.clone(), kind: kind.clone(), options }.into());
        if let Some(place) = &self.place {
            resources.extend(mount(device, place, kind, &self.mount_options));
        }
        resources
    }
}

#[cfg(test)]
#[path = "lvm_tests.rs"]
mod tests;
