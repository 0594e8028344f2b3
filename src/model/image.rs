//! Root disk images for hosts, and the ramdisk that deploys them, as the site wants them.

use std::{collections::BTreeMap, fmt};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{
    dib::{Dib, DibImage},
    image_source::{ImageSource, ironics_architecture},
};
use crate::origin::Sourced;

/// One root disk image, as its recipe describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostImage {
    pub name: String,
    pub base: Base,
    /// Size of the disk inside the image; the root file system grows to the real disk at the first boot.
    pub size: Mebibytes,
    /// On top of the base's, in the order written.
    pub packages: Vec<String>,
    pub kernel_arguments: Vec<String>,
    /// The user that cloud-init makes and gives the operator's SSH key.
    pub user: String,
}

impl HostImage {
    /// The image's file, relative to where images are published.
    pub fn file(&self) -> String {
        format!("{}.qcow2", self.name)
    }
}

/// What several images may share: a release with a kernel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Base {
    pub distribution: Distribution,
    /// The release's code name, `bookworm`.
    pub release: String,
    pub architecture: Architecture,
    /// The package of the kernel.
    pub kernel: String,
}

/// Distributions that the native builder knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    #[default]
    Debian,
}

/// Architectures that the native builder knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    #[default]
    Amd64,
}

/// A size in units of 2^20 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mebibytes(pub u64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            mebibytes if mebibytes.is_multiple_of(1024) => write!(f, "{} GiB", mebibytes / 1024),
            mebibytes => write!(f, "{mebibytes} MiB"),
        }
    }
}

/// The kernel and ramdisk with the Ironic Python Agent, which every host boots to be inspected and deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentImage {
    pub base: Base,
    /// Version of the agent on PyPI.
    pub agent: String,
    /// Packages on top of those that the agent needs.
    pub packages: Vec<String>,
    pub hardware: Hardware,
}

/// Which hardware a ramdisk has kernel modules for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hardware {
    /// Servers: every network and storage driver of the kernel.
    Servers,
    /// Virtual machines only: a much smaller ramdisk, which starts sooner.
    Virtual,
}

/// Everything about images that a site says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// The directory that is published over HTTP.
    pub path: Sourced<Utf8PathBuf>,
    /// Lines for `sources.list`; empty means the sources of the machine that builds.
    pub apt_sources: Vec<String>,
    /// `host-images/*.yml`, sorted by name.
    pub recipes: Vec<HostImage>,
    /// Kayobe's images.
    pub dib: Dib,
    /// Images that are not built here, by the names under which hosts choose them.
    pub described: BTreeMap<String, ImageSource>,
    /// The key that manifests are signed with.
    pub signing_key: Option<Utf8PathBuf>,
}

impl Images {
    /// The images' names, in order, of those that are built here.
    pub fn names(&self) -> Vec<&str> {
        let recipes = self.recipes.iter().map(|image| image.name.as_str());
        recipes.chain(self.dib.images.iter().map(|image| image.name.as_str())).collect()
    }

    /// The files of all images that a host may get, as `kolla_bifrost_deploy_image_filename` names them.
    pub fn files(&self) -> Vec<String> {
        let recipes = self.recipes.iter().map(HostImage::file);
        let built = recipes.chain(self.dib.images.iter().flat_map(DibImage::files));
        built.chain(self.described.keys().cloned()).collect()
    }

    /// What an image is made for, as Ironic names architectures, as far as the site says.
    pub fn architecture(&self, file: &str) -> Option<String> {
        if self.recipes.iter().any(|image| image.file() == file) {
            return Some("x86_64".into());
        }
        let dib = self.dib.images.iter().find(|image| image.files().iter().any(|own| own == file));
        let dib = dib.and_then(|image| image.architecture.as_deref());
        let described = self.described.get(file).and_then(|source| source.architecture.as_deref());
        dib.or(described).map(|name| ironics_architecture(name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_print_in_the_largest_whole_unit() {
        assert_eq!(Mebibytes(2048).to_string(), "2 GiB");
        assert_eq!(Mebibytes(1536).to_string(), "1536 MiB");
    }
}
