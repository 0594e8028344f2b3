//! Actions performed through Ironic.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    model::{
        host::{Access, HostImage, Patience},
        inspection_rule::Rule,
        network::AdminAddress,
        node::{BmcPlace, Ironic, Node},
        raid::Volume,
    },
    origin::Sourced,
};

/// One action through Ironic. Each walks one node to where the action says, from whatever state it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum IronicAction {
    Register(Box<Register>),
    Inspect(Box<Inspect>),
    Save(Box<Save>),
    Rule(Box<EnsureRule>),
    Prune(Box<PruneRules>),
    Provide(Box<Provide>),
    Manage(Box<Manage>),
    Rename(Box<Rename>),
    Console(Box<Console>),
    Ramdisk(Box<UpdateRamdisk>),
    Deploy(Box<Deploy>),
    Rebuild(Box<Rebuild>),
    Undeploy(Box<Undeploy>),
    BiosRaid(Box<BiosRaid>),
}

impl IronicAction {
    /// The Ironic that it goes to.
    pub fn ironic(&self) -> &Ironic {
        match self {
            Self::Register(action) => &action.ironic,
            Self::Inspect(action) => &action.ironic,
            Self::Save(action) => &action.ironic,
            Self::Rule(action) => &action.ironic,
            Self::Prune(action) => &action.ironic,
            Self::Provide(action) => &action.ironic,
            Self::Manage(action) => &action.ironic,
            Self::Rename(action) => &action.ironic,
            Self::Console(action) => &action.ironic,
            Self::Ramdisk(action) => &action.ironic,
            Self::Deploy(action) => &action.ironic,
            Self::Rebuild(action) => &action.deploy.ironic,
            Self::Undeploy(action) => &action.ironic,
            Self::BiosRaid(action) => &action.ironic,
        }
    }
}

/// The node exists, is as the site says, and Ironic can talk to its BMC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Register {
    pub ironic: Ironic,
    pub node: Node,
    pub patience: Patience,
}

/// The node's hardware was looked at since this time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspect {
    pub ironic: Ironic,
    pub node: Node,
    pub since: Timestamp,
    pub patience: Patience,
}

/// What the last inspection found stands in a file, and is what later ones are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Save {
    pub ironic: Ironic,
    pub file: Utf8PathBuf,
    pub format: Format,
    /// Where Ymir keeps what it compares with.
    pub look: Utf8PathBuf,
}

/// Ironic has an inspection rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsureRule {
    pub ironic: Ironic,
    pub rule: Rule,
    /// Where Ymir notes what it sent of rules that Ironic does not show.
    pub notes: Utf8PathBuf,
}

/// Of the inspection rules that Ymir made, Ironic has only those with these descriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PruneRules {
    pub ironic: Ironic,
    pub keep: Vec<String>,
}

/// How inspection data is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Yaml,
}

impl Format {
    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }
}

/// The node is under Ironic's care, and nobody can deploy to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manage {
    pub ironic: Ironic,
    pub node: Node,
    pub patience: Patience,
}

/// The node with this BMC is called as the site calls the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    pub ironic: Ironic,
    pub bmc: BmcPlace,
}

/// The node's serial console is on, at a TCP port of its conductor, or off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    pub ironic: Ironic,
    /// Without one, the console is off.
    pub port: Option<u16>,
    /// For how many seconds to wait for it.
    pub wait: Sourced<u64>,
}

/// The node boots these images of Glance to be deployed, cleaned and inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRamdisk {
    pub ironic: Ironic,
    /// The kernel's name.
    pub kernel: Sourced<String>,
    /// The ramdisk's name.
    pub ramdisk: Sourced<String>,
}

/// The node may be deployed to, or is being deployed to already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provide {
    pub ironic: Ironic,
    pub node: Node,
    pub patience: Patience,
}

/// The node runs an image, with an address and an SSH host key that Ymir knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    pub ironic: Ironic,
    pub node: Node,
    pub admin: AdminAddress,
    pub image: HostImage,
    pub access: Access,
    pub known_hosts: Utf8PathBuf,
    pub patience: Patience,
}

/// The node, which is in use, runs the image of the deployment, written over what is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rebuild {
    pub deploy: Deploy,
    /// Set if even a node that runs the image is rebuilt, unless it was by a command given at this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// The node is available: nothing runs on it, its host key is forgotten, and a record says what was wiped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undeploy {
    pub ironic: Ironic,
    pub node: Node,
    pub access: Access,
    pub known_hosts: Utf8PathBuf,
    /// Where Ymir keeps records of what was wiped.
    pub records: Utf8PathBuf,
    pub patience: Patience,
}

/// The node, on which nothing runs, has these BIOS settings and RAID volumes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BiosRaid {
    pub ironic: Ironic,
    pub node: Node,
    /// BIOS settings by name; others stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bios: Option<Sourced<BTreeMap<String, Value>>>,
    /// All volumes of the node; without, its RAID controller is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raid: Option<Sourced<Vec<Volume>>>,
    /// The operator has agreed that volumes are made anew, and that everything on them is lost.
    pub may_wipe: bool,
    pub patience: Patience,
}
