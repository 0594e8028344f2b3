//! `ymir configuration …`

use clap::Subcommand;

use super::{exit::Exit, options::Context};
use crate::trouble::Result;

#[derive(Debug, Subcommand)]
pub enum Command {}

#[expect(clippy::needless_pass_by_value, reason = "its commands come next")]
pub fn execute(_cx: &Context, command: Command) -> Result<Exit> {
    match command {}
}
