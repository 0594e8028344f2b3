//! `ymir overcloud host image …`

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::image_list;
use crate::{
    ansible::Variables,
    cli::{execute::Session, exit::Exit, host_configure, options::Context},
    drivers::{Drivers, image::ImageDriver},
    model::image::Images,
    plan::host_image::{self, Request},
    resolve::{Reader, concerns::Class, hosts::image_names, images::images},
    trouble::{Result, Trouble},
};

/// The host whose variables say what a site has only one of.
const SITE: &str = "localhost";

#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Host(host_configure::Command),
    /// Root disk images for the hosts.
    #[command(subcommand)]
    Image(Image),
}

#[derive(Debug, Subcommand)]
pub enum Image {
    /// Build the images that are out of date, and publish them
    Build(Build),
    /// Show which images there are, and which hosts are meant to run them and do
    List,
}

#[derive(Debug, Args)]
pub struct Build {
    /// Names of images [default: those that the hosts of --limit get; without it all of the site]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Build even what is up to date
    #[arg(long)]
    force_rebuild: bool,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let build = match command {
        Command::Host(command) => {
            return host_configure::command(cx, Class::Overcloud, "overcloud host", command).await;
        }
        Command::Image(Image::List) => return image_list::execute(cx).await,
        Command::Image(Image::Build(build)) => build,
    };
    let session = Session::open(cx, "overcloud host image build")?;
    let images = images(&site(&session.variables), &cx.config_path()?)?;
    let force = build.force_rebuild.then_some(cx.given);
    let names = names(cx, &session.variables, &images, build.names)?;
    let plan = host_image::plan(&images, &Request { names, force, given: cx.given })?;
    let drivers = driver(cx, &session.variables);
    session.run(&plan, &drivers).await
}

/// The images to build: those that are named, or those that the hosts of `--limit` get.
fn names(
    cx: &Context,
    variables: &Variables,
    images: &Images,
    named: Vec<String>,
) -> Result<Vec<String>> {
    match &cx.options.limit {
        None => Ok(named),
        Some(limit) if named.is_empty() => built_here(images, image_names(variables, limit)?),
        Some(_) => cx.refuse_limit("the images are named").map(|()| named),
    }
}

/// Hosts may get images that are not built here; none at all to build is a mistake.
fn built_here(images: &Images, names: Vec<String>) -> Result<Vec<String>> {
    let (own, others): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| images.names().contains(&name.as_str()));
    if own.is_empty() {
        return Err(Trouble::refused("the hosts of --limit get no image that is built here")
            .because(format!("they get {}", others.join(", "))));
    }
    Ok(own)
}

/// Reads what a site has only one of.
pub(in crate::cli) fn site(variables: &Variables) -> Reader<'_> {
    Reader::new(variables, SITE)
}

/// The image builder alone.
pub(in crate::cli) fn driver(cx: &Context, variables: &Arc<Variables>) -> Drivers<'static> {
    let image = ImageDriver::new(
        cx.environment.cache_dir(),
        Arc::clone(variables) as _,
        cx.environment.get("PATH").map(str::to_owned),
    );
    Drivers { image: Some(Box::new(image)), ..Drivers::default() }
}
