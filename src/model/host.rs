//! One bare-metal host: how it is registered, deployed and reached.

use std::time::Duration;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{
    image_source::ImageSource,
    network::AdminAddress,
    node::{Ironic, Node},
};
use crate::{origin::Sourced, secret::SecretRef};

/// A host of the overcloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub name: String,
    pub ironic: Ironic,
    pub node: Node,
    pub admin: AdminAddress,
    pub image: HostImage,
    pub access: Access,
    pub patience: Patience,
}

/// A node that is to be registered: of a host, or of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolment {
    pub name: String,
    pub ironic: Ironic,
    pub node: Node,
    pub patience: Patience,
}

impl From<&Host> for Enrolment {
    fn from(host: &Host) -> Self {
        Self {
            name: host.name.clone(),
            ironic: host.ironic.clone(),
            node: host.node.clone(),
            patience: host.patience.clone(),
        }
    }
}

/// The root disk image of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostImage {
    /// `debian-12.qcow2`
    pub file: Sourced<String>,
    /// Where images lie on this machine; the seed publishes this directory.
    pub directory: Utf8PathBuf,
    /// Under which URL nodes and Ironic see that directory.
    pub url: Sourced<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rootfs_uuid: Option<String>,
    /// Where the site's own cloud-init user data is found: it may hold secrets, so it is read only when it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<SecretRef>,
    /// What the site says of the image beside its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<Sourced<ImageSource>>,
    /// What it was made for, as Ironic names architectures, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
}

impl HostImage {
    /// The image's name: its file name without the ending.
    pub fn name(&self) -> &str {
        let file = self.file.value.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or(file, |(name, _)| name)
    }

    /// The URL that Ironic downloads the image from.
    pub fn source(&self) -> String {
        match self.elsewhere() {
            Some(url) => url.to_owned(),
            None => self.published(&self.file.value),
        }
    }

    /// The URL of an image that is not fetched from where images are published.
    pub fn elsewhere(&self) -> Option<&str> {
        let described = self.source_of().and_then(|source| source.url.as_deref());
        described.or_else(|| Some(self.file.value.as_str()).filter(|file| file.contains("://")))
    }

    /// What the site says of the image.
    pub fn source_of(&self) -> Option<&ImageSource> {
        self.described.as_ref().map(|described| &described.value)
    }

    /// The URL of something that is named by its own URL or as a file where images are published.
    pub fn published(&self, file: &str) -> String {
        if file.contains("://") {
            return file.to_owned();
        }
        format!("{}/{file}", self.url.value.trim_end_matches('/'))
    }
}

/// Whose images are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// OpenSSH's file of allowed signers.
    pub signers: Sourced<Utf8PathBuf>,
    /// Whether an image without a signature is refused; one with a wrong signature always is.
    pub required: bool,
}

/// How Ymir logs in to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// `ansible_host`, else the host's address on the admin network.
    pub address: Sourced<String>,
    pub user: Sourced<String>,
    pub private_key: Sourced<Utf8PathBuf>,
    pub public_key: Sourced<Utf8PathBuf>,
}

/// How long Ymir waits for what takes its time, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    pub manageable: Sourced<u64>,
    pub available: Sourced<u64>,
    pub inspected: Sourced<u64>,
    pub active: Sourced<u64>,
    pub ssh: Sourced<u64>,
    /// The longest pause between two looks at Ironic.
    pub poll: u64,
}

impl Patience {
    /// The longest pause between two looks at Ironic.
    pub fn poll(&self) -> Duration {
        Duration::from_secs(self.poll.max(1))
    }
}
