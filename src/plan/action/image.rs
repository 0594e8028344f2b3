//! Actions performed by the image builder.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    dib::{DibBuilder, DibImage},
    image::{DeploymentImage, HostImage},
};

/// One action by the image builder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ImageAction {
    /// A root disk image is built from its recipe and published.
    HostImage(Box<Build<HostImage>>),
    /// A root disk image is built by diskimage-builder and published.
    DibImage(Box<Build<Dib>>),
    /// The deployment kernel and ramdisk are built and published.
    DeploymentImage(Box<Build<DeploymentImage>>),
}

/// An image, and the diskimage-builder that makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dib {
    pub image: DibImage,
    pub builder: DibBuilder,
}

/// What is to be built, and where its result goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Build<R> {
    pub recipe: R,
    /// Digest of everything that decides what is built: the recipe and the builder's own version.
    pub digest: String,
    /// Lines for `sources.list`; empty means the sources of the machine that builds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apt_sources: Vec<String>,
    /// The directory that is published over HTTP.
    pub publish: Utf8PathBuf,
    /// What was built before this is out of date, whatever its recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_after: Option<Timestamp>,
    /// The key that its manifest is signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Utf8PathBuf>,
}
