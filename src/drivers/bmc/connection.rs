//! A BMC that we are logged in to, whatever it speaks.

use super::{
    ipmi, redfish,
    told::{Checked, Info},
    whose::Whose,
};
use crate::{
    model::bmc::{Bmc, Boot, Power, Way},
    secret::Secrets,
    trouble::Result,
};

/// An open connection. It must be closed, so that the BMC has room for the next one.
#[derive(Debug)]
pub enum Connection<'a> {
    Redfish(Box<redfish::Connection<'a>>),
    Ipmi(Box<ipmi::Connection<'a>>),
}

impl<'a> Connection<'a> {
    /// Logs in to a host's BMC.
    pub async fn open(host: &'a str, bmc: &'a Bmc, secrets: &dyn Secrets) -> Result<Self> {
        let whose = Whose { host, bmc };
        match &bmc.way {
            Way::Redfish(way) => {
                let open = redfish::Connection::open(whose, way, secrets).await;
                open.map(Box::new).map(Self::Redfish)
            }
            Way::Ipmi(way) => {
                let open = ipmi::Connection::open(whose, way, secrets).await;
                open.map(Box::new).map(Self::Ipmi)
            }
        }
    }

    /// As [`open`](Self::open), after asking what the BMC tells anybody.
    pub async fn open_to_check(host: &'a str, bmc: &'a Bmc, secrets: &dyn Secrets) -> Result<Self> {
        match &bmc.way {
            Way::Redfish(_) => Self::open(host, bmc, secrets).await,
            Way::Ipmi(way) => {
                let open = ipmi::Connection::open_to_check(Whose { host, bmc }, way, secrets).await;
                open.map(Box::new).map(Self::Ipmi)
            }
        }
    }

    /// Logs out.
    pub async fn close(self) {
        match self {
            Self::Redfish(bmc) => bmc.close().await,
            Self::Ipmi(bmc) => bmc.close().await,
        }
    }

    /// Whether the host has power.
    pub async fn power(&mut self) -> Result<Power> {
        match self {
            Self::Redfish(bmc) => bmc.power().await,
            Self::Ipmi(bmc) => bmc.power().await,
        }
    }

    /// Asks for power or for none; it may take some time. `soft` has the operating system end first.
    pub async fn switch(&mut self, to: Power, soft: bool) -> Result<()> {
        match self {
            Self::Redfish(bmc) => bmc.switch(to, soft).await,
            Self::Ipmi(bmc) => bmc.switch(to, soft).await,
        }
    }

    /// Has the host begin anew without losing power.
    pub async fn reset(&mut self) -> Result<()> {
        match self {
            Self::Redfish(bmc) => bmc.reset().await,
            Self::Ipmi(bmc) => bmc.reset().await,
        }
    }

    /// What the host boots.
    pub async fn boot(&mut self) -> Result<Boot> {
        match self {
            Self::Redfish(bmc) => bmc.boot().await,
            Self::Ipmi(bmc) => bmc.boot().await,
        }
    }

    /// Has the host boot something.
    pub async fn set_boot(&mut self, boot: &Boot) -> Result<()> {
        match self {
            Self::Redfish(bmc) => bmc.set_boot(boot).await,
            Self::Ipmi(bmc) => bmc.set_boot(boot).await,
        }
    }

    /// The URLs of inserted virtual media; `None` where the protocol knows of none.
    pub async fn media(&mut self) -> Option<Result<Vec<String>>> {
        match self {
            Self::Redfish(bmc) => Some(bmc.media().await),
            Self::Ipmi(_) => None,
        }
    }

    /// Everything that an operator asks for.
    pub async fn info(&mut self) -> Result<Info> {
        match self {
            Self::Redfish(bmc) => bmc.info().await,
            Self::Ipmi(bmc) => bmc.info().await,
        }
    }

    /// What it can do, and what is not as it should be.
    pub async fn check(&mut self) -> Result<Checked> {
        match self {
            Self::Redfish(bmc) => bmc.check().await,
            Self::Ipmi(bmc) => bmc.check().await,
        }
    }
}
