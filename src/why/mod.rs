//! Why a host is where it is: from what was seen on the way from its BMC to SSH to the hop that is broken, and what may
//! be the cause. Pure; the drivers look.

pub mod causes;
pub mod chain;
pub mod judge;
pub mod signs;

use serde::Serialize;

use self::{
    causes::Cause,
    chain::{Link, chain},
    judge::{Judgement, judge},
    signs::{NodeSigns, Past, Signs},
};
use crate::trouble::Trouble;

/// The hops of the way, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// Ironic itself, which leads the way.
    Ironic,
    /// The BMC answers, and lets in.
    Bmc,
    Power,
    /// The machine boots what it was told to.
    BootDevice,
    /// The ramdisk, or the firmware before it, asks for an address.
    Dhcp,
    /// What is booted is fetched from the seed.
    BootFile,
    /// The ramdisk calls back.
    Ramdisk,
    /// The image is on the disk.
    Image,
    /// The deployed system starts.
    FirstBoot,
    Ssh,
}

impl Hop {
    pub const ALL: [Self; 10] = [
        Self::Ironic,
        Self::Bmc,
        Self::Power,
        Self::BootDevice,
        Self::Dhcp,
        Self::BootFile,
        Self::Ramdisk,
        Self::Image,
        Self::FirstBoot,
        Self::Ssh,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ironic => "Ironic",
            Self::Bmc => "BMC",
            Self::Power => "power",
            Self::BootDevice => "boot device",
            Self::Dhcp => "DHCP request",
            Self::BootFile => "boot file",
            Self::Ramdisk => "ramdisk",
            Self::Image => "image",
            Self::FirstBoot => "first boot",
            Self::Ssh => "SSH",
        }
    }
}

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It answers over SSH, and is who it should be.
    Up,
    /// Nothing failed, and nothing is under way.
    Idle,
    /// Something is under way, and nothing speaks against it.
    Waiting,
    Broken,
}

/// All that can be told of one host.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    pub host: String,
    pub verdict: Verdict,
    /// The broken hop, or the one that is waited for.
    pub hop: Option<Hop>,
    /// Hops that may be broken instead, because they could not be told apart.
    pub perhaps: Vec<Hop>,
    pub chain: Vec<Link>,
    /// What Ironic has of the node.
    pub ironic: Option<NodeSigns>,
    /// What the journal of this machine has of the host, the newest last.
    pub journal: Vec<Past>,
    /// Why its last step failed, if it did.
    pub trouble: Option<Trouble>,
    /// The likely causes, the likeliest first.
    pub causes: Vec<Cause>,
}

/// Makes of what was seen what can be told.
pub fn story(signs: Signs) -> Story {
    let Judgement { verdict, hop, perhaps } = judge(&signs);
    let chain = chain(&signs, verdict, hop);
    let causes = causes::causes(&signs, verdict, hop, &perhaps);
    let Signs { host, ironic, journal, .. } = signs;
    Story {
        host,
        verdict,
        hop,
        perhaps,
        chain,
        ironic: ironic.seen().flatten(),
        journal: journal.last,
        trouble: journal.trouble,
        causes,
    }
}

#[cfg(test)]
mod tests;
