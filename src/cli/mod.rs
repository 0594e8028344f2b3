//! The command tree; each command's file composes the layers.

pub mod ask;
pub mod configuration;
pub mod exit;
pub mod lab;
pub mod options;
pub mod overcloud;
pub mod run;
pub mod seed;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{exit::Exit, options::Options};
use crate::{settings::Environment, trouble::Result};

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
    let cli = match Cli::try_parse_from(options::long_forms(args)) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let environment = Environment::of_this_process();
    options::start_logging(&cli.options);
    let runtime = tokio::runtime::Runtime::new().expect("starting the async runtime");
    let outcome = runtime.block_on(execute(cli, environment));
    // Blocking work that was aborted must not hold the process.
    runtime.shutdown_background();
    exit::code(outcome)
}

async fn execute(cli: Cli, environment: Environment) -> Result<Exit> {
    let cx = options::Context { options: cli.options, environment };
    match cli.command {
        Command::Configuration(command) => configuration::execute(&cx, command),
        Command::Lab(command) => lab::execute(&cx, command).await,
        Command::Overcloud(command) => overcloud::execute(&cx, command).await,
        Command::Run(command) => run::execute(&cx, command).await,
        Command::Seed(command) => seed::execute(&cx, command).await,
    }
}
