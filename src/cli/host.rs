//! `ymir host …`: hosts of all classes.

use clap::Subcommand;

use super::{drift, exit::Exit, options::Context};
use crate::trouble::Result;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what differs from the site on which hosts, and between which two looks it began
    ///
    /// Each look is kept in Ymir's state directory; with --check it is not. The exit code is 0, with
    /// --detailed-exitcode 5 if anything differs, and 4 if a host could not be looked at.
    Drift,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Drift = command;
    drift::execute(cx).await
}
