//! `ymir … host command run`: the same for every class of hosts.

use clap::{Args, Subcommand};

use super::{execute::Session, exit::Exit, options::Context};
use crate::{
    drivers::{Drivers, command::CommandDriver},
    plan::host_command::{self, Runner},
    resolve::{
        concerns::{Class, selected},
        reached::{becomes, reached},
    },
    trouble::{Result, Trouble},
};

/// What is done with commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a shell command on the hosts, side by side
    Run(Run),
}

#[derive(Debug, Args)]
pub struct Run {
    /// The command, for `/bin/sh` on the hosts; --become runs it as root
    #[arg(long, value_name = "COMMAND")]
    command: String,
    /// Show what the command says, each line behind its host's name
    #[arg(long)]
    show_output: bool,
}

/// Runs the command on the hosts of a class; `words` are those before `command run`.
pub async fn execute(cx: &Context, class: Class, words: &str, command: Command) -> Result<Exit> {
    let Command::Run(args) = command;
    if args.command.trim().is_empty() {
        return Err(Trouble::usage("there is no command to run")
            .hint("give it: --command 'systemctl status docker'"));
    }
    let session = Session::open(cx, &format!("{words} command run"))?;
    let variables = &session.variables;
    let names = selected(variables, class, cx.options.limit.as_deref())?;
    let mut runners = Vec::new();
    for host in reached(variables, &names)? {
        let r#become = becomes(variables, &host.name, cx.options.r#become)?;
        runners.push(Runner { host, r#become });
    }
    let plan = host_command::plan(&format!("{words} command run"), &runners, &args.command);
    let driver = CommandDriver::new(session.earlier()?, args.show_output);
    let drivers = Drivers { command: Some(Box::new(driver)), ..Drivers::default() };
    session.run(&plan, &drivers).await
}
