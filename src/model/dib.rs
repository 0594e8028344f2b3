//! Images that diskimage-builder makes, as Kayobe's variables describe them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{origin::Setting, secret::SecretRef};

/// What Kayobe's variables say of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dib {
    pub images: Vec<DibImage>,
    pub setting: Setting,
    pub builder: DibBuilder,
}

/// One image: an item of `overcloud_dib_host_images`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DibImage {
    pub name: String,
    pub elements: Vec<String>,
    /// The environment of diskimage-builder, as far as it is no secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretRef>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Of the disk in the image, in GiB, as diskimage-builder takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Formats with commas between them, as diskimage-builder takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// As Debian names architectures: `amd64`, `arm64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// It is built anew each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force_rebuild: bool,
}

impl DibImage {
    /// The image's files, one for each format.
    pub fn files(&self) -> Vec<String> {
        let kinds = self.r#type.as_deref().unwrap_or("qcow2").split(',');
        kinds.map(|kind| format!("{}.{}", self.name, kind.trim())).collect()
    }
}

/// The diskimage-builder that all images are made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DibBuilder {
    /// Its version on PyPI; without one, the newest when it is installed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// A file or URL with the versions that it and what it needs are held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<String>,
    /// Packages that this machine must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git_elements: Vec<GitElements>,
}

/// A git repository with elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitElements {
    pub repo: String,
    /// Where its clone is kept on this machine.
    pub local: String,
    /// A branch, a tag or a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where in the repository the elements are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elements_path: Option<String>,
}
