//! The command tree; each command's file composes the layers.

mod allocation;
pub mod ask;
pub mod baremetal;
pub mod configuration;
pub mod control;
mod drift;
pub mod environment;
pub mod execute;
pub mod exit;
pub mod hooks;
pub mod host;
pub mod host_command;
pub mod host_configure;
pub mod host_package;
mod illustrate;
pub mod infra;
pub mod inventory;
pub mod known_hosts;
pub mod lab;
mod manual;
mod meant;
pub mod network;
pub mod options;
pub mod overcloud;
pub mod rack;
mod removal;
pub mod run;
pub mod seed;
mod tags;
mod tasks;
pub mod vault;
pub mod why;
mod wiping;
mod withheld;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use tokio::runtime::{Builder, Runtime};

use self::{exit::Exit, options::Options};
use crate::{
    run::store::Request,
    settings::Environment,
    trouble::{Result, Tell, Trouble},
};

/// What `ymir --version` says after the name.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("YMIR_COMMIT"), ")");

/// Takes racked servers to hosts that are ready for containers.
#[derive(Debug, Parser)]
#[command(name = "ymir", version = VERSION, max_term_width = 100, subcommand_required = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bare metal that the cloud's own Ironic gives to its tenants.
    #[command(subcommand)]
    Baremetal(baremetal::Command),
    /// What the configuration says, and why.
    #[command(subcommand)]
    Configuration(configuration::Command),
    /// The machine that Ymir runs on.
    #[command(subcommand)]
    Control(control::Command),
    /// The environments of the site repository.
    #[command(subcommand)]
    Environment(environment::Command),
    /// Write a script that completes commands and options in a shell
    Complete(manual::Complete),
    /// Write the manual pages
    #[command(hide = true)]
    Man(manual::Man),
    /// All hosts of the site, whatever they are for.
    #[command(subcommand)]
    Host(host::Command),
    /// Machines beside the cloud.
    #[command(subcommand)]
    Infra(infra::Command),
    /// Hosts, groups and their variables, as an inventory for Ansible
    Inventory(inventory::Args),
    /// Virtual hardware on this machine, to try Ymir on.
    #[command(subcommand)]
    Lab(lab::Command),
    /// The networks between the hosts.
    #[command(subcommand)]
    Network(network::Command),
    /// The hosts of the cloud.
    #[command(subcommand)]
    Overcloud(overcloud::Command),
    /// A simulated site in one process, for scale and faults.
    #[command(subcommand)]
    Rack(rack::Command),
    /// Earlier runs: what they did, and how to go on.
    #[command(subcommand)]
    Run(run::Command),
    /// The machine that deploys the others.
    #[command(subcommand)]
    Seed(seed::Command),
    /// Put the hosts' SSH keys into your known_hosts: those that Ymir gave them, and of others what they show
    SshKnownHosts,
    /// Tell why hosts wait or have failed: the way from BMC to SSH, the broken hop, and the likely causes
    Why(why::Args),
}

/// Runs the command line and gives the exit code of the process.
pub fn main(args: Vec<String>) -> ExitCode {
    let args = kayobes_output(options::long_forms(args));
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => meant::explained(error, &Cli::command(), &args).exit(),
    };
    options::start_logging(&cli.options);
    let kept = args.into_iter().skip(1).collect();
    let cx = options::Context::new(cli.options, Environment::of_this_process(), kept);
    let runtime = cli.command.runtime().expect("starting the async runtime");
    let outcome = runtime.block_on(execute(&cx, cli.command));
    // Blocking work that was aborted must not hold the process.
    runtime.shutdown_background();
    let outcome = outcome.map_err(|trouble| illustrate::illustrated(&cx, trouble));
    exit::code(outcome, cx.options.output)
}

impl Command {
    fn is_of_environment(&self) -> bool {
        match self {
            Self::Configuration(command) => command.is_of_environment(),
            Self::Environment(_) | Self::Complete(_) | Self::Man(_) | Self::Rack(_) => false,
            Self::Control(_)
            | Self::Baremetal(_)
            | Self::Host(_)
            | Self::Infra(_)
            | Self::Inventory(_)
            | Self::Lab(_)
            | Self::Network(_)
            | Self::Overcloud(_)
            | Self::Run(_)
            | Self::Seed(_)
            | Self::SshKnownHosts
            | Self::Why(_) => true,
        }
    }

    /// Threads for what is done side by side; a command that only reads is over before they had begun.
    fn runtime(&self) -> std::io::Result<Runtime> {
        match self {
            Self::Configuration(_) | Self::Environment(_) | Self::Inventory(_) => {
                Builder::new_current_thread().enable_all().build()
            }
            _ => Runtime::new(),
        }
    }

    /// Whether it plans steps, which can be listed; a resumed run does.
    fn plans(&self) -> bool {
        let hosts = matches!(self, Self::Control(_) | Self::Infra(_));
        hosts
            || matches!(
                self,
                Self::Baremetal(_)
                    | Self::Overcloud(_)
                    | Self::Seed(_)
                    | Self::SshKnownHosts
                    | Self::Run(run::Command::Resume { .. })
            )
    }

    fn compares(&self) -> bool {
        matches!(self, Self::Configuration(configuration::Command::Diff(_)) | Self::Host(_))
    }
}

/// The command that lists hosts.
const INVENTORY: &str = "inventory";

/// In `kayobe inventory`, `--output` names a file; here it names a format if it is one.
fn kayobes_output(mut args: Vec<String>) -> Vec<String> {
    let is_meant = || first_word(&args) == Some(INVENTORY);
    if !args.iter().any(|arg| arg == INVENTORY) || !is_meant() {
        return args;
    }
    let names_file = |value: &str| options::Format::from_str(value, false).is_err();
    for at in 1..args.len() {
        let file = args.get(at + 1).is_some_and(|value| names_file(value));
        if args[at] == "--output" && file {
            args[at] = "--output-file".into();
        } else if let Some(file) =
            args[at].strip_prefix("--output=").filter(|value| names_file(value))
        {
            args[at] = format!("--output-file={file}");
        }
    }
    args
}

/// The first word of a command, whatever options stand before it.
fn first_word(args: &[String]) -> Option<&str> {
    let cli = Cli::command();
    let is = |known: &clap::Arg, arg: &str| {
        let long = known.get_long().is_some_and(|long| arg.strip_prefix("--") == Some(long));
        let short = known.get_short().is_some_and(|short| arg == format!("-{short}"));
        long || short
    };
    let takes_value = |arg: &str| {
        let mut known = cli.get_arguments();
        known.any(|known| known.get_action().takes_values() && is(known, arg))
    };
    let mut args = args.iter().skip(1);
    while let Some(arg) = args.next() {
        if takes_value(arg) {
            args.next();
        } else if !arg.starts_with('-') {
            return Some(arg);
        }
    }
    None
}

async fn execute(cx: &options::Context, command: Command) -> Result<Exit> {
    if cx.options.detailed_exitcode && !cx.options.check && !command.compares() {
        return Err(Trouble::usage("--detailed-exitcode says what a check has found")
            .hint("give --check, too"));
    }
    if cx.options.list_tasks && !command.plans() {
        return Err(Trouble::usage("--list-tasks means nothing here")
            .because("the command has no steps that could be listed")
            .hint("give the command without --list-tasks"));
    }
    if command.is_of_environment() {
        cx.check_environment()?;
    }
    match command {
        Command::Baremetal(command) => baremetal::execute(cx, command).await,
        Command::Configuration(command) => configuration::execute(cx, command).await,
        Command::Control(command) => control::execute(cx, command).await,
        Command::Host(command) => host::execute(cx, command).await,
        Command::Infra(command) => infra::execute(cx, command).await,
        Command::Environment(command) => environment::execute(cx, command).await,
        Command::Complete(args) => manual::complete(&args, &mut Cli::command()),
        Command::Man(args) => manual::man(&args, Cli::command()),
        Command::Inventory(args) => inventory::execute(cx, &args),
        Command::Lab(command) => lab::execute(cx, command).await,
        Command::Network(command) => network::execute(cx, command).await,
        Command::Overcloud(command) => overcloud::execute(cx, command).await,
        Command::Rack(command) => rack::execute(command).await,
        Command::Run(command) => run::execute(cx, command).await,
        Command::Seed(command) => seed::execute(cx, command).await,
        Command::SshKnownHosts => known_hosts::execute(cx).await,
        Command::Why(args) => why::execute(cx, &args).await,
    }
}

/// Gives a kept command line again, in the directory and for the site that it was given for.
async fn repeat(cx: &options::Context, run: u64, request: &Request) -> Result<Exit> {
    let dir = &request.dir;
    std::env::set_current_dir(dir)
        .or_host(|| format!("changing to {dir}, where the run was started"))?;
    let words = std::iter::once("ymir").chain(request.args.iter().map(String::as_str));
    let cli = Cli::try_parse_from(words)
        .map_err(|error| Trouble::internal("reading the kept command line").because(error))?;
    let mut options = cli.options;
    options.config_path = Some(request.config_path.clone());
    options.environment.clone_from(&request.environment);
    // How it is shown is this command's choice, not the earlier one's.
    options.output = cx.options.output;
    options.no_progress = cx.options.no_progress;
    options.diff |= cx.options.diff;
    options.check |= cx.options.check;
    options.list_tasks |= cx.options.list_tasks;
    options.take_vault_passwords(&cx.options);
    let mut cx = options::Context::new(options, cx.environment.clone(), request.args.clone());
    (cx.given, cx.resumed) = (request.given, Some(run));
    Box::pin(execute(&cx, cli.command)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_names_a_file_only_for_an_inventory() {
        let table = [
            ("inventory --list --output hosts", "inventory --list --output-file hosts"),
            (
                "-i inventory inventory --output=a.json",
                "-i inventory inventory --output-file=a.json",
            ),
            ("inventory --list --output yaml", "inventory --list --output yaml"),
            ("--output json run list", "--output json run list"),
            (
                "--environment inventory run list --output x",
                "--environment inventory run list --output x",
            ),
        ];
        for (given, expected) in table {
            let words = std::iter::once("ymir").chain(given.split(' ')).map(str::to_owned);
            assert_eq!(kayobes_output(words.collect())[1..].join(" "), expected);
        }
    }
}
