//! `ymir … host configure`: the same for every class of hosts.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{
    allocation, execute::Session, exit::Exit, host_command, host_package, options::Context,
    removal::Removals, tags, wiping,
};
use crate::{
    ansible::Variables,
    drivers::{
        Drivers,
        agent::{AgentDriver, binary, errand::Errands},
    },
    host::{
        concern::{Concern, WipeDisks},
        lock::Owner,
    },
    model::configured::Configured,
    plan::host_configure,
    report::write,
    resolve::{
        concerns::{Class, comes_before_wiping, configured, selected, without_effect},
        tolerance::tolerated,
    },
    run::lock::Holder,
    trouble::Result,
};

/// What is done with hosts of every class.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the hosts what the site says, topic by topic
    Configure(Disks),
    /// Commands on the hosts.
    #[command(subcommand)]
    Command(host_command::Command),
    /// Packages on the hosts.
    #[command(subcommand)]
    Package(host_package::Command),
}

/// What may be lost with its data.
#[derive(Debug, Clone, Default, Args)]
pub struct Disks {
    /// List the disks that nothing uses, and wipe those that are confirmed
    #[arg(long)]
    pub wipe_disks: bool,
    /// Wipe this disk, without a question; may be given several times. Only so is a disk wiped that is part of
    /// something
    #[arg(long, value_name = "HOST:SERIAL", requires = "wipe_disks")]
    pub confirm_wipe: Vec<String>,
    /// Remove this with all its data where nothing asks for it any more; may be given several times
    #[arg(long, value_name = "HOST:PATH")]
    pub confirm_removal: Vec<String>,
    /// Refuse to take away more than this share of what Ymir put on the hosts, in percent [default:
    /// ymir_removal_limit]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub removal_limit: Option<u8>,
}

/// A command for hosts of a class; `words` are those before it.
pub async fn command(cx: &Context, class: Class, words: &str, command: Command) -> Result<Exit> {
    match command {
        Command::Configure(disks) => {
            execute(cx, class, &format!("{words} configure"), &disks).await
        }
        Command::Command(command) => host_command::execute(cx, class, words, command).await,
        Command::Package(command) => host_package::execute(cx, class, words, command).await,
    }
}

/// Configures the hosts of a class; `command` are the words that were given.
pub async fn execute(cx: &Context, class: Class, command: &str, disks: &Disks) -> Result<Exit> {
    let session = Session::open(cx, command)?;
    let (tags, limit) = (tags::given(cx), cx.options.limit.as_deref());
    tags::check(&tags, session.has_hooks())?;
    let given = if tags.have("ip-allocation") {
        let names = selected(&session.variables, class, limit)?;
        allocation::given(cx, &session.variables, &names)?
    } else {
        allocation::unchanged(&session.variables)
    };
    let mut hosts = configured(&given.variables, class, limit, &tags)?;
    if let Some((setting, why)) = without_effect(&given.variables, &hosts, &tags) {
        write::stderr(&format!("warning: {setting} has no effect: {why}\n"));
    }
    let removals = Removals::of(cx, &given.variables, &hosts, disks.removal_limit)?;
    let agent = agents(cx, &given.variables, command)?;
    let agent = agent.asking(Arc::new(removals), disks.confirmed(&hosts)?);
    if disks.wipe_disks && tags.have("wipe-disks") {
        // Which disks they are is seen on the hosts, and a list of tasks looks at none.
        let chosen = if cx.options.list_tasks {
            wiping::unseen(&hosts, disks)?
        } else {
            wiping::chosen(cx, &agent, &hosts, disks).await?
        };
        for host in &mut hosts {
            wipe(host, chosen.get(&host.name));
        }
    }
    let tolerated = tolerated(&given.variables, class, limit)?;
    let plan = host_configure::plan(command, &hosts, &given.allocated).tolerating(tolerated);
    let allocation = given.driver.map(|driver| Box::new(driver) as _);
    let drivers = Drivers { agent: Some(Box::new(agent)), allocation, ..Drivers::default() };
    session.run(&plan, &drivers).await
}

/// The driver that configures hosts.
pub(super) fn agents(
    cx: &Context,
    variables: &Arc<Variables>,
    command: &str,
) -> Result<AgentDriver> {
    Ok(AgentDriver::new(binaries(cx)?, Arc::clone(variables) as _, owner(cx, command)))
}

/// Hosts' agents, for what is no part of their configuration.
pub(super) fn errands(cx: &Context, command: &str) -> Result<Errands> {
    Ok(Errands::new(binaries(cx)?, owner(cx, command)))
}

fn binaries(cx: &Context) -> Result<binary::Binaries> {
    let directory = cx.environment.get("YMIR_AGENT_DIR");
    binary::find(directory.map(camino::Utf8Path::new))
}

/// Adds the disks to be wiped to what the host shall be, in their place.
fn wipe(host: &mut Configured, disks: Option<&WipeDisks>) {
    let Some(disks) = disks else { return };
    let before = |concern: &&Concern| comes_before_wiping(concern);
    let at = host.concerns.iter().take_while(before).count();
    host.concerns.insert(at, disks.clone().into());
}

fn owner(cx: &Context, command: &str) -> Owner {
    let me = Holder::this_process(cx.user(), command);
    Owner {
        who: format!("{}@{}", me.user, me.machine),
        command: command.into(),
        since: cx.given.to_string(),
    }
}
