//! `ymir overcloud hardware …`

use clap::Subcommand;

use super::bare_metal::{check_ramdisk, drivers, site};
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    plan::{hardware_inspect, hardware_register},
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register the hosts as nodes in Ironic, and let it verify that it can talk to their BMCs
    Register,
    /// Boot the inspection ramdisk on the hosts and record their hardware in Ironic
    Inspect,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let words = match command {
        Command::Register => hardware_register::COMMAND,
        Command::Inspect => hardware_inspect::COMMAND,
    };
    let session = Session::open(cx, words)?;
    let site = site(cx, &session.variables)?;
    if matches!(command, Command::Inspect) && !cx.options.list_tasks {
        check_ramdisk(&site)?;
    }
    let plan = match command {
        Command::Register => hardware_register::plan(&site),
        Command::Inspect => hardware_inspect::plan(&site, cx.given),
    };
    let drivers = drivers(cx, &session);
    session.run(&plan, &drivers).await
}
