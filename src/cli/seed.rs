//! `ymir seed …`

use clap::{Args, Subcommand};

use super::{
    execute::Session,
    exit::Exit,
    host_configure,
    options::Context,
    overcloud::host_image::{driver, site},
};
use crate::{
    plan::deployment_image,
    resolve::{
        concerns::Class,
        images::{apt_sources, deployment_image, image_path, signing_key},
    },
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The kernel and ramdisk that deploy hosts.
    #[command(subcommand)]
    Deployment(Deployment),
    /// The seed as a host.
    #[command(subcommand)]
    Host(host_configure::Command),
    /// The machine that the seed runs on.
    #[command(subcommand)]
    Hypervisor(Hypervisor),
}

#[derive(Debug, Subcommand)]
pub enum Hypervisor {
    /// The machine that the seed runs on, as a host.
    #[command(subcommand)]
    Host(host_configure::Command),
}

#[derive(Debug, Subcommand)]
pub enum Deployment {
    /// The kernel and ramdisk that deploy hosts.
    #[command(subcommand)]
    Image(Image),
}

#[derive(Debug, Subcommand)]
pub enum Image {
    /// Build kernel and ramdisk if they are out of date, and publish them
    Build(Build),
}

#[derive(Debug, Args)]
pub struct Build {
    /// Build even if it is up to date
    #[arg(long)]
    force_rebuild: bool,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let build = match command {
        Command::Host(command) => {
            return host_configure::command(cx, Class::Seed, "seed host", command).await;
        }
        Command::Hypervisor(Hypervisor::Host(command)) => {
            let class = Class::SeedHypervisor;
            return host_configure::command(cx, class, "seed hypervisor host", command).await;
        }
        Command::Deployment(Deployment::Image(Image::Build(build))) => build,
    };
    cx.refuse_limit("one kernel and one ramdisk serve every host")?;
    let session = Session::open(cx, "seed deployment image build")?;
    let site = site(&session.variables);
    let force = build.force_rebuild.then_some(cx.given);
    let (image, sources) = (deployment_image(&site)?, apt_sources(&site)?);
    let (path, key) = (image_path(&site)?.value, signing_key(&site)?);
    let plan = deployment_image::plan(&image, &sources, (&path, key.as_deref()), force);
    let drivers = driver(cx, &session.variables);
    session.run(&plan, &drivers).await
}
