//! `ymir overcloud hardware …`

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use super::bare_metal::{check_ramdisk, drivers, drivers_with, site};
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    model::check,
    plan::{hardware_inspect, hardware_register},
    resolve::{
        hosts::{self, node_defaults},
        node_list::{ListSecrets, NodeList},
    },
    trouble::{Result, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register the hosts as nodes in Ironic, and let it verify that it can talk to their BMCs
    Register(Register),
    /// Boot the inspection ramdisk on the hosts and record their hardware in Ironic
    Inspect,
}

#[derive(Debug, Args)]
pub struct Register {
    /// Register the nodes of this file instead of the inventory's: Bifrost's baremetal.csv, or comma-separated values
    /// whose first line names the columns
    #[arg(long, value_name = "FILE")]
    csv: Option<Utf8PathBuf>,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Register(Register { csv: Some(file) }) => listed(cx, &file).await,
        Command::Register(Register { csv: None }) => {
            let session = Session::open(cx, hardware_register::COMMAND)?;
            let site = site(cx, &session.variables)?;
            let nodes: Vec<_> = site.hosts.iter().map(Into::into).collect();
            let drivers = drivers(cx, &session);
            session.run(&hardware_register::plan(&nodes), &drivers).await
        }
        Command::Inspect => {
            let session = Session::open(cx, hardware_inspect::COMMAND)?;
            let site = site(cx, &session.variables)?;
            if !cx.options.list_tasks {
                check_ramdisk(&site)?;
            }
            let drivers = drivers(cx, &session);
            session.run(&hardware_inspect::plan(&site, cx.given), &drivers).await
        }
    }
}

/// Registers the nodes of a file, which need not be in the inventory.
async fn listed(cx: &Context, file: &Utf8Path) -> Result<Exit> {
    cx.refuse_limit("the file says which nodes are registered")?;
    let session = Session::open(cx, hardware_register::COMMAND)?;
    let variables = &session.variables;
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| {
        Trouble::usage(format!("reading the nodes of {file}")).because(error).hint("check --csv")
    })?;
    let list = NodeList::parse(&text, file)?;
    let nodes = list.enrolments(&list.names(), &node_defaults(variables)?)?;
    let mut claims = hosts::claims_beside(variables, &list.names());
    claims.extend(list.claims(&nodes));
    check::alone(&claims)?;
    let others = Arc::clone(&session.variables) as _;
    let drivers = drivers_with(cx, Arc::new(ListSecrets { list, others }));
    session.run(&hardware_register::plan(&nodes), &drivers).await
}
