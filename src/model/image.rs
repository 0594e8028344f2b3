//! Root disk images for hosts, and the ramdisk that deploys them, as the site wants them.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::origin::{Setting, Sourced};

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
    pub catalogue: Catalogue,
}

/// The images that a site defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalogue {
    /// `host-images/*.yml`, sorted by name.
    Recipes(Vec<HostImage>),
    /// Names in Kayobe's `overcloud_dib_host_images`, which diskimage-builder would build, and their files.
    DiskImageBuilder { names: Vec<String>, files: Vec<String>, setting: Setting },
}

impl Catalogue {
    /// The images' names, in order.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Recipes(images) => images.iter().map(|image| image.name.as_str()).collect(),
            Self::DiskImageBuilder { names, .. } => names.iter().map(String::as_str).collect(),
        }
    }

    /// The images' files, as `kolla_bifrost_deploy_image_filename` names them.
    pub fn files(&self) -> Vec<String> {
        match self {
            Self::Recipes(images) => images.iter().map(HostImage::file).collect(),
            Self::DiskImageBuilder { files, .. } => files.clone(),
        }
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
