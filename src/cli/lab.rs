//! `ymir lab …`

use clap::Subcommand;

use super::{exit::Exit, options::Context};
use crate::trouble::Result;

#[derive(Debug, Subcommand)]
pub enum Command {}

#[expect(clippy::unused_async, reason = "its commands come next")]
pub async fn execute(_cx: &Context, command: Command) -> Result<Exit> {
    match command {}
}
