//! The lab: virtual hardware on this machine and what serves it, as `environments/lab` describes them.

use std::{fmt, net::Ipv4Addr};

use camino::Utf8PathBuf;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::{
    origin::{Setting, Sourced},
    secret::Secret,
};

/// Everything that `ymir lab` needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// Where the lab keeps its files; removed as a whole by `ymir lab down`.
    pub path: Sourced<Utf8PathBuf>,
    pub bridge: Sourced<String>,
    /// The bridge's own address, with the prefix of its network.
    pub address: Sourced<Ipv4Net>,
    /// Addresses for ramdisks.
    pub leases: Leases,
    /// The directory that the image server shows.
    pub image_path: Sourced<Utf8PathBuf>,
    pub image_url: Sourced<Endpoint>,
    pub ironic_url: Sourced<Endpoint>,
    pub redfish: Redfish,
    /// Debian packages that must be installed.
    pub packages: Sourced<Vec<String>>,
    pub accelerator: Sourced<Accelerator>,
    /// Kernel parameters of the ramdisk.
    pub ramdisk_parameters: Sourced<String>,
    pub nodes: Vec<Node>,
}

/// First and last address that the DHCP server hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leases {
    pub first: Sourced<Ipv4Addr>,
    pub last: Sourced<Ipv4Addr>,
}

/// The BMC emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redfish {
    pub port: Sourced<u16>,
    pub user: Sourced<String>,
    pub password: Sourced<Secret>,
}

/// How nodes are emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// Everything in software: slow, works anywhere.
    Tcg,
    /// With the processor's help, where `/dev/kvm` really works.
    Kvm,
}

/// Address and port of `http://ADDRESS:PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint {
    pub address: Ipv4Addr,
    pub port: u16,
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let (address, port) =
                text.strip_prefix("http://")?.trim_end_matches('/').split_once(':')?;
            Some(Self { address: address.parse().ok()?, port: port.parse().ok()? })
        };
        parse().ok_or_else(|| format!("`{text}` is not of the form http://ADDRESS:PORT"))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.address, self.port)
    }
}

/// One virtual machine that plays a bare-metal node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub hardware: Hardware,
    /// Where the node is described.
    pub setting: Setting,
}

/// What a node is made of, as written in `ymir_lab_nodes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Name of the system in Redfish.
    pub uuid: String,
    pub mac: String,
    pub memory_mb: u32,
    pub disk_gb: u32,
    pub disk_serial: String,
    /// Disks beside the one that systems are written onto.
    #[serde(default)]
    pub more_disks: Vec<Disk>,
    #[serde(default)]
    pub firmware: Firmware,
    /// UDP port of a BMC of its own that speaks IPMI; without one, the node is behind the Redfish emulator only.
    pub ipmi_port: Option<u16>,
}

/// A disk of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    pub gb: u32,
    pub serial: String,
}

/// What starts the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Firmware {
    #[default]
    Uefi,
    Bios,
}

impl Hardware {
    /// The serial number of each disk.
    pub fn serials(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.disk_serial).chain(self.more_disks.iter().map(|disk| &disk.serial))
    }
}

impl Lab {
    /// The nodes whose BMC speaks IPMI, with its port.
    pub fn ipmi_nodes(&self) -> impl Iterator<Item = (&Node, u16)> {
        self.nodes.iter().filter_map(|node| Some((node, node.hardware.ipmi_port?)))
    }

    /// The base URL of the Redfish emulator.
    pub fn redfish_url(&self) -> Endpoint {
        Endpoint { address: self.address.value.addr(), port: self.redfish.port.value }
    }
}
