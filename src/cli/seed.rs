//! `ymir seed …`

use clap::{Args, Subcommand};

use super::{
    execute::Session,
    exit::Exit,
    options::Context,
    overcloud::host_image::{driver, site},
};
use crate::{
    plan::deployment_image,
    resolve::images::{apt_sources, deployment_image, image_path},
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The kernel and ramdisk that deploy hosts.
    #[command(subcommand)]
    Deployment(Deployment),
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
    let Command::Deployment(Deployment::Image(Image::Build(build))) = command;
    cx.refuse_limit("one kernel and one ramdisk serve every host")?;
    let session = Session::open(cx, "seed deployment image build")?;
    let site = site(&session.variables);
    let force = build.force_rebuild.then_some(cx.given);
    let (image, sources) = (deployment_image(&site)?, apt_sources(&site)?);
    let plan = deployment_image::plan(&image, &sources, &image_path(&site)?.value, force);
    session.run(&plan, &driver(cx)).await
}
