//! What the bare-metal commands have in common: the checked site and the drivers that act on it.

use std::sync::Arc;

use super::host_image;
use crate::{
    ansible::Variables,
    cli::{execute::Session, options::Context},
    drivers::{
        Drivers,
        host::HostDriver,
        ironic::{IronicDriver, lease::Owner, process::Process},
    },
    model::{Site, check},
    resolve::{hosts, images::images},
    run::lock::Holder,
    trouble::Result,
};

/// The site as the command line selects it, refused where it cannot be.
pub(super) fn site(cx: &Context, variables: &Variables) -> Result<Site> {
    let site = hosts::site(variables, cx.options.limit.as_deref())?;
    let files = images(&host_image::site(variables), &cx.config_path()?)?.catalogue.files();
    check::check(&site, &files)?;
    Ok(site)
}

/// Ironic and SSH, with the name that stands in the leases on nodes.
pub(super) fn drivers(cx: &Context, session: &Session) -> Drivers<'static> {
    let me = Holder::this_process(cx.user(), "");
    let owner = Owner {
        user: me.user,
        host: me.machine,
        environment: cx.environment_name().unwrap_or_else(|| "base".into()),
        process: Process::this(),
    };
    let ironic = IronicDriver::new(Arc::clone(&session.variables) as _, owner);
    Drivers {
        ironic: Some(Box::new(ironic)),
        host: Some(Box::new(HostDriver::new())),
        ..Drivers::default()
    }
}
