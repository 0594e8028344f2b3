//! `ymir control …`

use clap::Subcommand;

use super::{exit::Exit, host_configure, options::Context};
use crate::{resolve::concerns::Class, trouble::Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The control host as a host.
    #[command(subcommand)]
    Host(host_configure::Command),
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Host(command) = command;
    host_configure::command(cx, Class::Control, "control host", command).await
}
