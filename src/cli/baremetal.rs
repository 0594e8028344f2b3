//! `ymir baremetal compute …`

use clap::{Args, Subcommand};

use super::{
    allocation::keeping,
    execute::Session,
    exit::Exit,
    options::Context,
    overcloud::{bare_metal::drivers, introspection::Save},
};
use crate::{
    ansible::entries::Entry,
    plan::{
        Plan,
        baremetal_compute::{Aim, plan},
        compute_nodes, introspection_save, serial_console,
    },
    resolve::{
        baremetal_compute::{hosts, ironics, nodes, ramdisks, renames},
        serial_console::{FILE, VARIABLE, off, on},
    },
    trouble::Result,
};

const SAVE: &str = "baremetal compute introspection data save";

/// Kayobe's directory, below the one that the command is given in.
const DIRECTORY: &str = "baremetal-compute-introspection-data";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The hosts of the group `baremetal-compute`, in the Ironic behind Keystone.
    #[command(subcommand)]
    Compute(Compute),
}

#[derive(Debug, Subcommand)]
pub enum Compute {
    /// Register the hosts as nodes in the cloud's Ironic, and let it verify that it can talk to their BMCs
    Register,
    /// Boot the inspection ramdisk on the hosts and record their hardware in the cloud's Ironic
    Inspect,
    /// What inspection found of the hosts.
    #[command(subcommand)]
    Introspection(Introspection),
    /// Take the nodes back, so that nobody can deploy to them
    Manage,
    /// Make the nodes available to the cloud's users
    Provide,
    /// Call nodes as the site calls their hosts, which are known by their BMCs
    Rename,
    /// Serial consoles of the nodes.
    #[command(subcommand)]
    Serial(Serial),
    /// What nodes boot to be deployed.
    #[command(subcommand)]
    Update(Update),
}

#[derive(Debug, Subcommand)]
pub enum Introspection {
    /// What it found.
    #[command(subcommand)]
    Data(Data),
}

#[derive(Debug, Subcommand)]
pub enum Data {
    /// Save what inspection found, a file for each host, and notice hardware that was swapped
    Save(Save),
}

#[derive(Debug, Subcommand)]
pub enum Serial {
    /// Serial consoles of the nodes.
    #[command(subcommand)]
    Console(Console),
}

#[derive(Debug, Subcommand)]
pub enum Console {
    /// Turn serial consoles on, each at a TCP port of its own
    Enable(Chosen),
    /// Turn serial consoles off; their ports stay theirs
    Disable(Chosen),
}

#[derive(Debug, Subcommand)]
pub enum Update {
    /// What nodes boot to be deployed.
    #[command(subcommand)]
    Deployment(Deployment),
}

#[derive(Debug, Subcommand)]
pub enum Deployment {
    /// Have nodes boot the kernel and the ramdisk that are in Glance now
    Image(Chosen),
}

/// Which nodes a command is for.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Only these hosts of `baremetal-compute`, as an Ansible pattern
    #[arg(long, value_name = "PATTERN")]
    baremetal_compute_limit: Option<String>,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Compute(compute) = command;
    let aim = match compute {
        Compute::Register => Aim::Registered,
        Compute::Inspect => Aim::Inspected(cx.given),
        Compute::Manage => Aim::Manageable,
        Compute::Provide => Aim::Available,
        Compute::Introspection(Introspection::Data(Data::Save(save))) => {
            return save_data(cx, save).await;
        }
        Compute::Rename => return rename(cx).await,
        Compute::Serial(Serial::Console(console)) => return switch(cx, console).await,
        Compute::Update(Update::Deployment(Deployment::Image(chosen))) => {
            return update(cx, &chosen).await;
        }
    };
    let session = Session::open(cx, aim.command())?;
    let nodes = nodes(&session.variables, &names(cx, &session, None)?)?;
    run(cx, session, &plan(aim, &nodes)).await
}

async fn save_data(cx: &Context, save: Save) -> Result<Exit> {
    let session = Session::open(cx, SAVE)?;
    let (directory, format) = save.place(&session.variables, DIRECTORY)?;
    let hosts = ironics(&session.variables, &names(cx, &session, None)?)?;
    let looks = cx.store()?.hardware();
    let plan = introspection_save::plan(SAVE, &hosts, &directory, format, &looks);
    run(cx, session, &plan).await
}

async fn rename(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, compute_nodes::RENAME)?;
    let nodes = renames(&session.variables, &names(cx, &session, None)?)?;
    run(cx, session, &compute_nodes::rename(&nodes)).await
}

async fn update(cx: &Context, chosen: &Chosen) -> Result<Exit> {
    let session = Session::open(cx, compute_nodes::UPDATE)?;
    let nodes = ramdisks(&session.variables, &names(cx, &session, Some(chosen))?)?;
    run(cx, session, &compute_nodes::update(&nodes)).await
}

async fn switch(cx: &Context, console: Console) -> Result<Exit> {
    let (command, chosen) = match &console {
        Console::Enable(chosen) => (serial_console::ENABLE, chosen),
        Console::Disable(chosen) => (serial_console::DISABLE, chosen),
    };
    let session = Session::open(cx, command)?;
    let names = names(cx, &session, Some(chosen))?;
    let read = if matches!(console, Console::Enable(_)) { on } else { off };
    let consoles = read(&session.variables, &names)?;
    let mut drivers = drivers(cx, &session);
    let new = consoles.iter().filter(|console| console.is_new);
    let entries: Vec<_> = new
        .filter_map(|console| {
            let (variable, key) = (VARIABLE.to_owned(), console.host.clone());
            Some(Entry { variable, key, value: console.port?.into() })
        })
        .collect();
    if !entries.is_empty() {
        let kept = keeping(&session.variables, FILE, &entries, "TCP ports of serial consoles")?;
        drivers.allocation = Some(Box::new(kept.driver()));
    }
    session.run(&serial_console::plan(command, &consoles), &drivers).await
}

fn names(cx: &Context, session: &Session<'_>, chosen: Option<&Chosen>) -> Result<Vec<String>> {
    let pattern = chosen.and_then(|chosen| chosen.baremetal_compute_limit.as_deref());
    hosts(&session.variables, cx.options.limit.as_deref(), pattern)
}

async fn run(cx: &Context, session: Session<'_>, plan: &Plan) -> Result<Exit> {
    let drivers = drivers(cx, &session);
    session.run(plan, &drivers).await
}
