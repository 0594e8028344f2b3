//! `ymir … host package update`: the same for every class of hosts.

use clap::{Args, Subcommand};

use super::{execute::Session, exit::Exit, host_configure::errands, options::Context};
use crate::{
    drivers::{Drivers, agent::errand::ErrandDriver},
    host::errand::updates::Wanted,
    plan::package_update,
    resolve::{
        concerns::{Class, selected},
        reached::reached,
    },
    trouble::{Result, Trouble},
};

/// All packages, as in Kayobe.
const ALL: &str = "*";

/// What is done with packages.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring in newer versions of what is installed; --check shows which there are
    Update(Update),
}

#[derive(Debug, Args)]
pub struct Update {
    /// Names of packages with commas between them, patterns with `*`; `*` alone for all
    #[arg(long, value_name = "PACKAGES")]
    packages: String,
    /// Only updates that mend a weakness
    #[arg(long)]
    security: bool,
}

/// Updates packages on the hosts of a class; `words` are those before `package update`.
pub async fn execute(cx: &Context, class: Class, words: &str, command: Command) -> Result<Exit> {
    let Command::Update(args) = command;
    let wanted = wanted(&args)?;
    let words = format!("{words} package update");
    let session = Session::open(cx, &words)?;
    let names = selected(&session.variables, class, cx.options.limit.as_deref())?;
    let hosts = reached(&session.variables, &names)?;
    let plan = package_update::plan(&words, &hosts, &wanted);
    let driver = ErrandDriver::new(errands(cx, &words)?, cx.mode());
    let drivers = Drivers { errand: Some(Box::new(driver)), ..Drivers::default() };
    session.run(&plan, &drivers).await
}

fn wanted(args: &Update) -> Result<Wanted> {
    let names = args.packages.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let is_odd = |name: &&String| name.starts_with('-');
    if let Some(odd) = names.iter().find(is_odd) {
        return Err(Trouble::usage(format!("`{odd}` is no name of a package")));
    }
    match &names[..] {
        [] => Err(Trouble::usage("there are no packages to update")
            .hint("name them with commas between them, or all by --packages '*'")),
        [all] if all == ALL => Ok(Wanted { names: Vec::new(), security: args.security }),
        several if several.iter().any(|name| name == ALL) => {
            Err(Trouble::usage("`*` means all packages, so there can be no names beside it")
                .hint("give --packages '*', or names alone"))
        }
        _ => Ok(Wanted { names, security: args.security }),
    }
}
