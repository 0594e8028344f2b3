//! `ymir overcloud facts …`

use clap::Subcommand;

use crate::{
    cli::{execute::Session, exit::Exit, host_configure::errands, options::Context},
    drivers::{Drivers, agent::errand::ErrandDriver},
    plan::facts_gather,
    resolve::{
        concerns::{Class, selected},
        reached::reached,
    },
    trouble::{Result, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask the hosts what they are, and keep it for templates and for Ansible
    Gather,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Gather = command;
    let words = facts_gather::COMMAND;
    let session = Session::open(cx, words)?;
    let variables = &session.variables;
    let names = selected(variables, Class::Overcloud, cx.options.limit.as_deref())?;
    let hosts = reached(variables, &names)?;
    let cache = variables.fact_cache().ok_or_else(|| {
        Trouble::refused("finding where facts are kept")
            .because(
                "`fact_caching` is `jsonfile`, but `fact_caching_connection` names no directory",
            )
            .hint("set both in the section [defaults] of ansible.cfg, or neither")
    })?;
    let plan = facts_gather::plan(&hosts, |host| cache.file(host));
    let driver = ErrandDriver::new(errands(cx, words)?, cx.mode());
    let drivers = Drivers { errand: Some(Box::new(driver)), ..Drivers::default() };
    session.run(&plan, &drivers).await
}
