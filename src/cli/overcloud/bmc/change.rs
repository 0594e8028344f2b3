//! What changes something: a plan, run as every other one is.

use std::sync::Arc;

use super::chosen;
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    drivers::{Drivers, bmc::BmcDriver},
    event::Mode,
    model::bmc::Bmc,
    plan::bmc::{self, Request},
    trouble::{Result, Trouble},
};

/// Asks every chosen host's BMC; `words` are those after `overcloud bmc`.
pub(super) async fn execute(cx: &Context, words: &str, request: Request) -> Result<Exit> {
    let command = format!("overcloud bmc {words}");
    let session = Session::open(cx, &command)?;
    let hosts = chosen(cx, &session.variables)?;
    refuse_everybody(cx, &command, &hosts, request)?;
    let plan = bmc::plan(&command, &hosts, request);
    let driver = BmcDriver::new(Arc::clone(&session.variables) as _, session.earlier()?, cx.mode());
    let drivers = Drivers { bmc: Some(Box::new(driver)), ..Drivers::default() };
    session.run(&plan, &drivers).await
}

/// What ends everything that runs on a host is not done to all hosts by a forgotten option.
fn refuse_everybody(
    cx: &Context,
    command: &str,
    hosts: &[(String, Bmc)],
    request: Request,
) -> Result<()> {
    if !request.disrupts() || cx.options.limit.is_some() || cx.mode() == Mode::Check {
        return Ok(());
    }
    let count = hosts.len();
    Err(Trouble::usage(format!("`{command}` is for hosts that are named"))
        .because(format!("without --limit it would end what runs on all {count} overcloud hosts"))
        .hint("name them: --limit HOST; if all are meant: --limit overcloud"))
}
