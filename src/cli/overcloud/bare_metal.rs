//! What the bare-metal commands have in common: the checked site and the drivers that act on it.

use std::sync::Arc;

use super::host_image;
use crate::{
    ansible::Variables,
    cli::{execute::Session, options::Context},
    drivers::{
        Drivers,
        host::HostDriver,
        image::ramdisk,
        ironic::{IronicDriver, lease::Owner, process::Process},
    },
    model::{Site, check},
    report::write,
    resolve::{hosts, images::images},
    run::lock::Holder,
    secret::Secrets,
    trouble::{Result, Trouble},
};

/// The site as the command line selects it, refused where it cannot be.
pub(super) fn site(cx: &Context, variables: &Variables) -> Result<Site> {
    let site = hosts::site(variables, cx.options.limit.as_deref())?;
    let files = images(&host_image::site(variables), &cx.config_path()?)?.catalogue.files();
    check::check(&site, &files)?;
    for text in hosts::left_out(variables, cx.options.limit.as_deref())? {
        write::stderr(&format!("note: {text}\n"));
    }
    Ok(site)
}

/// Refuses to boot hosts into a ramdisk that was never built.
pub(super) fn check_ramdisk(site: &Site) -> Result<()> {
    let booting = site.hosts.iter().filter(|host| host.node.boots_to_be_inspected());
    let missing = booting.filter_map(|host| Some((host, ramdisk::missing(&host.image.directory)?)));
    let Some((host, file)) = missing.into_iter().next() else { return Ok(()) };
    Err(Trouble::refused(format!("{}: there is no deployment ramdisk to boot", host.name))
        .because(format!("{file} does not exist"))
        .hint(
            "run `ymir seed deployment image build`; `ymir_image_path` says where it is published",
        ))
}

/// Ironic and SSH, with the name that stands in the leases on nodes.
pub(super) fn drivers(cx: &Context, session: &Session) -> Drivers<'static> {
    drivers_with(cx, Arc::clone(&session.variables) as _)
}

/// The same, with secrets from elsewhere than the variables.
pub(super) fn drivers_with(cx: &Context, secrets: Arc<dyn Secrets>) -> Drivers<'static> {
    Drivers {
        ironic: Some(Box::new(ironic_with(cx, secrets))),
        host: Some(Box::new(HostDriver::new())),
        ..Drivers::default()
    }
}

/// Ironic alone, for what is asked before there is a plan.
pub(super) fn ironic_driver(cx: &Context, session: &Session) -> IronicDriver {
    ironic_with(cx, Arc::clone(&session.variables) as _)
}

fn ironic_with(cx: &Context, secrets: Arc<dyn Secrets>) -> IronicDriver {
    let me = Holder::this_process(cx.user(), "");
    let owner = Owner {
        user: me.user,
        host: me.machine,
        environment: cx.environment_name().unwrap_or_else(|| "base".into()),
        process: Process::this(),
    };
    IronicDriver::new(secrets, owner)
}
