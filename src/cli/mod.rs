//! The command tree; each command's file composes the layers.

pub mod ask;
pub mod configuration;
pub mod environment;
pub mod execute;
pub mod exit;
pub mod hooks;
mod illustrate;
pub mod lab;
pub mod options;
pub mod overcloud;
pub mod run;
pub mod seed;
pub mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// What the configuration says, and why.
    #[command(subcommand)]
    Configuration(configuration::Command),
    /// The environments of the site repository.
    #[command(subcommand)]
    Environment(environment::Command),
    /// Virtual hardware on this machine, to try Ymir on.
    #[command(subcommand)]
    Lab(lab::Command),
    /// The hosts of the cloud.
    #[command(subcommand)]
    Overcloud(overcloud::Command),
    /// Earlier runs: what they did, and how to go on.
    #[command(subcommand)]
    Run(run::Command),
    /// The machine that deploys the others.
    #[command(subcommand)]
    Seed(seed::Command),
}

/// Runs the command line and gives the exit code of the process.
pub fn main(args: Vec<String>) -> ExitCode {
    let args = options::long_forms(args);
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    options::start_logging(&cli.options);
    let kept = args.into_iter().skip(1).collect();
    let cx = options::Context::new(cli.options, Environment::of_this_process(), kept);
    let runtime = tokio::runtime::Runtime::new().expect("starting the async runtime");
    let outcome = runtime.block_on(execute(&cx, cli.command));
    // Blocking work that was aborted must not hold the process.
    runtime.shutdown_background();
    exit::code(outcome.map_err(|trouble| illustrate::illustrated(&cx, trouble)))
}

impl Command {
    fn is_of_environment(&self) -> bool {
        match self {
            Self::Configuration(command) => command.is_of_environment(),
            Self::Environment(_) => false,
            _ => true,
        }
    }

    fn compares(&self) -> bool {
        matches!(self, Self::Configuration(configuration::Command::Diff(_)))
    }
}

async fn execute(cx: &options::Context, command: Command) -> Result<Exit> {
    if cx.options.detailed_exitcode && !cx.options.check && !command.compares() {
        return Err(Trouble::usage("--detailed-exitcode says what a check has found")
            .hint("give --check, too"));
    }
    if command.is_of_environment() {
        cx.check_environment()?;
    }
    match command {
        Command::Configuration(command) => configuration::execute(cx, command).await,
        Command::Environment(command) => environment::execute(cx, command).await,
        Command::Lab(command) => lab::execute(cx, command).await,
        Command::Overcloud(command) => overcloud::execute(cx, command).await,
        Command::Run(command) => run::execute(cx, command).await,
        Command::Seed(command) => seed::execute(cx, command).await,
    }
}

/// Gives a kept command line again, in the directory and for the site that it was given for.
async fn repeat(cx: &options::Context, request: &Request) -> Result<Exit> {
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
    if let Some(limit) = &cx.options.limit {
        // What two patterns select together is not worth a guess where hosts are reimaged.
        return Err(Trouble::usage("a resumed run keeps the hosts that it was given")
            .because(format!("--limit {limit} would change them"))
            .hint(format!("give the command again: ymir {}", request.args.join(" "))));
    }
    let mut cx = options::Context::new(options, cx.environment.clone(), request.args.clone());
    cx.given = request.given;
    Box::pin(execute(&cx, cli.command)).await
}
