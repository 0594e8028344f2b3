//! `ymir infra vm …`

use clap::Subcommand;

use super::{exit::Exit, host_configure, options::Context};
use crate::{resolve::concerns::Class, trouble::Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The virtual machines beside the cloud.
    #[command(subcommand)]
    Vm(Vm),
}

#[derive(Debug, Subcommand)]
pub enum Vm {
    /// The virtual machines as hosts.
    #[command(subcommand)]
    Host(host_configure::Command),
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Vm(Vm::Host(command)) = command;
    host_configure::command(cx, Class::InfraVm, "infra vm host", command).await
}
