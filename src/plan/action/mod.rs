//! Every action as plain data, grouped by the driver that performs it. No action holds a secret, only a
//! [`SecretRef`](crate::secret::SecretRef).

pub mod allocation;
pub mod bmc;
pub mod configure;
pub mod errand;
pub mod host;
pub mod image;
pub mod inventory;
pub mod ironic;
pub mod known_host;

use serde::{Deserialize, Serialize};

use self::{
    allocation::Allocate,
    bmc::BmcAction,
    configure::Configure,
    errand::{GatherFacts, RunCommand, UpdatePackages},
    host::HostAction,
    image::ImageAction,
    inventory::WriteInventory,
    ironic::IronicAction,
    known_host::KnowHost,
};

/// One thing that a driver can look at and bring about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "driver", content = "action", rename_all = "snake_case")]
pub enum Action {
    Image(ImageAction),
    Ironic(IronicAction),
    Host(HostAction),
    Configure(Box<Configure>),
    Allocation(Allocate),
    Bmc(BmcAction),
    Command(Box<RunCommand>),
    Update(Box<UpdatePackages>),
    Facts(Box<GatherFacts>),
    KnownHost(KnowHost),
    Inventory(WriteInventory),
}
