//! `ymir baremetal compute …`

use clap::Subcommand;

use super::{execute::Session, exit::Exit, options::Context, overcloud::bare_metal::drivers};
use crate::{
    plan::baremetal_compute::{Aim, plan},
    resolve::baremetal_compute::nodes,
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The hosts of the group `baremetal-compute`, in the Ironic behind Keystone.
    #[command(subcommand)]
    Compute(Compute),
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Compute {
    /// Register the hosts as nodes in the cloud's Ironic, and let it verify that it can talk to their BMCs
    Register,
    /// Boot the inspection ramdisk on the hosts and record their hardware in the cloud's Ironic
    Inspect,
    /// Take the nodes back, so that nobody can deploy to them
    Manage,
    /// Make the nodes available to the cloud's users
    Provide,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Compute(compute) = command;
    let aim = match compute {
        Compute::Register => Aim::Registered,
        Compute::Inspect => Aim::Inspected(cx.given),
        Compute::Manage => Aim::Manageable,
        Compute::Provide => Aim::Available,
    };
    let session = Session::open(cx, aim.command())?;
    let nodes = nodes(&session.variables, cx.options.limit.as_deref())?;
    let drivers = drivers(cx, &session);
    session.run(&plan(aim, &nodes), &drivers).await
}
