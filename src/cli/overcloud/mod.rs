//! `ymir overcloud …`

pub(in crate::cli) mod bare_metal;
pub mod bios;
pub mod bmc;
pub mod deprovision;
pub mod facts;
pub mod hardware;
pub mod host_image;
mod image_list;
pub mod introspection;
pub mod inventory;
pub mod provision;
mod reprovision;

use clap::Subcommand;

use super::{exit::Exit, options::Context};
use crate::trouble::Result;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What runs on the hosts.
    #[command(subcommand)]
    Host(host_image::Command),
    /// The firmware and RAID controllers of the hosts.
    #[command(subcommand)]
    Bios(bios::Command),
    /// The management controllers of the hosts.
    #[command(subcommand)]
    Bmc(bmc::Command),
    /// What the hosts tell of themselves.
    #[command(subcommand)]
    Facts(facts::Command),
    /// The hosts as Ironic knows them.
    #[command(subcommand)]
    Hardware(hardware::Command),
    /// What inspection found.
    #[command(subcommand)]
    Introspection(introspection::Command),
    /// The hosts of the cloud in the inventory.
    #[command(subcommand)]
    Inventory(inventory::Command),
    /// Deploy the hosts' images, and verify over SSH that they run
    Provision(provision::Provision),
    /// Take what runs on the hosts off them; asks first, unless `-e confirm_deprovision=yes` is given
    Deprovision,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Host(command) => host_image::execute(cx, command).await,
        Command::Bios(command) => bios::execute(cx, command).await,
        Command::Bmc(command) => bmc::execute(cx, command).await,
        Command::Facts(command) => facts::execute(cx, command).await,
        Command::Hardware(command) => hardware::execute(cx, command).await,
        Command::Provision(provision) => provision::execute(cx, provision).await,
        Command::Introspection(command) => introspection::execute(cx, command).await,
        Command::Inventory(command) => inventory::execute(cx, command).await,
        Command::Deprovision => deprovision::execute(cx).await,
    }
}
