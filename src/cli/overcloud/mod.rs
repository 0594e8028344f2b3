//! `ymir overcloud …`

pub mod host_image;

use clap::Subcommand;

use super::{exit::Exit, options::Context};
use crate::trouble::Result;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What runs on the hosts.
    #[command(subcommand)]
    Host(host_image::Command),
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Host(command) => host_image::execute(cx, command).await,
    }
}
