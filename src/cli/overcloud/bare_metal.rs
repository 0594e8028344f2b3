//! What the bare-metal commands have in common: the checked site and the drivers that act on it.

use std::sync::Arc;

use super::host_image;
use crate::{
    ansible::Variables,
    cli::{ask, execute::Session, options::Context},
    drivers::{
        Drivers,
        host::HostDriver,
        image::ramdisk,
        ironic::{IronicDriver, lease::Owner, process::Process},
    },
    model::{Host, Site, check},
    report::write,
    resolve::{Reader, hosts, images::images},
    run::lock::Holder,
    secret::Secrets,
    trouble::{Result, Trouble},
};

/// What has to be typed or said, as in Kayobe.
const YES: &str = "yes";

/// The site as the command line selects it, refused where it cannot be.
pub(super) fn site(cx: &Context, variables: &Variables) -> Result<Site> {
    let site = hosts::site(variables, cx.options.limit.as_deref())?;
    let images = images(&host_image::site(variables), &cx.config_path()?)?;
    let mut files = images.files();
    if !files.is_empty() {
        // Somebody may have put a file there by hand, as in Kayobe.
        let own = site.hosts.iter().filter(|host| {
            let image = &host.image;
            image.directory.join(&image.file.value).is_file()
        });
        files.extend(own.map(|host| host.image.file.value.clone()));
    }
    check::check(&site, &files)?;
    let mut site = site;
    for host in &mut site.hosts {
        let image = &mut host.image;
        image.architecture =
            image.architecture.take().or_else(|| images.architecture(&image.file.value));
    }
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

/// Ironic and SSH.
pub(in crate::cli) fn drivers(cx: &Context, session: &Session) -> Drivers<'static> {
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

fn ironic_with(cx: &Context, secrets: Arc<dyn Secrets>) -> IronicDriver {
    IronicDriver::new(secrets, owner(cx))
}

/// Ironic, with the name that stands in the leases on nodes.
pub(super) fn ironic(cx: &Context, variables: &Arc<Variables>) -> IronicDriver {
    ironic_with(cx, Arc::clone(variables) as _)
}

/// The name that stands in leases on nodes.
pub(in crate::cli) fn owner(cx: &Context) -> Owner {
    let me = Holder::this_process(cx.user(), "");
    Owner {
        user: me.user,
        host: me.machine,
        environment: cx.environment_name().unwrap_or_else(|| "base".into()),
        process: Process::this(),
    }
}

/// Whether a variable says yes for every host, so that nobody need be asked.
pub(super) fn confirmed(variables: &Variables, hosts: &[Host], variable: &str) -> Result<bool> {
    let mut all = true;
    for host in hosts {
        let said = Reader::new(variables, &host.name).get::<serde_json::Value>(variable)?;
        all &= said.is_some_and(|said| said.value == YES || said.value == true);
    }
    Ok(all)
}

/// Asks whether to go on after a warning that ends in a line feed; refuses if the answer is not `yes`. `doing` begins the
/// refusal, as in "deprovisioning", and the variable says yes where nobody can be asked.
pub(super) fn agreed(warning: &str, doing: &str, variable: &str) -> Result<()> {
    let because = match ask::line(&format!("{warning}Type `{YES}` to go on: "))? {
        Some(answer) if answer == YES => return Ok(()),
        Some(answer) => format!("the answer was `{answer}`, not `{YES}`"),
        None => warning.trim_end().to_owned(),
    };
    Err(Trouble::refused(format!("{doing} was not confirmed; nothing was changed"))
        .because(because)
        .hint(format!(
            "type `{YES}`, or give `-e {variable}={YES}` where there is no terminal; `--check` only shows it"
        )))
}
