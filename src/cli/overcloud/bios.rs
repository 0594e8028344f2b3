//! `ymir overcloud bios raid configure`

use std::collections::BTreeMap;

use clap::Subcommand;

use super::bare_metal::{agreed, confirmed, drivers, ironic, site};
use crate::{
    ansible::Variables,
    cli::{execute::Session, exit::Exit, options::Context},
    drivers::ironic::bios_raid::wiped,
    event::Mode,
    model::{Host, Site},
    plan::{
        action::ironic::BiosRaid,
        bios_raid::{self, Wanted},
    },
    report::write,
    resolve::{Reader, bios_raid as read},
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// BIOS settings and RAID volumes together.
    #[command(subcommand)]
    Raid(Raid),
}

#[derive(Debug, Subcommand)]
pub enum Raid {
    /// Set the BIOS and make the RAID volumes of hosts on which nothing runs, through Ironic; asks before volumes are
    /// made anew, unless `-e confirm_bios_raid=yes` is given
    Configure,
}

const CONFIRM: &str = "confirm_bios_raid";

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Raid(Raid::Configure) = command;
    let session = Session::open(cx, bios_raid::COMMAND)?;
    let site = site(cx, &session.variables)?;
    let mut wanted = wanted(&site, &session.variables)?;
    if wanted.is_empty() {
        write::stderr(
            "note: no host has `bios_config` or `raid_config`, so nothing is to be done\n",
        );
    }
    if cx.mode() == Mode::Check || confirmed(&session.variables, &site.hosts, CONFIRM)? {
        for (_, action) in &mut wanted {
            action.may_wipe = true;
        }
    } else if !cx.options.list_tasks {
        agree(cx, &session, &mut wanted).await?;
    }
    let drivers = drivers(cx, &session);
    session.run(&bios_raid::plan(&wanted), &drivers).await
}

/// The hosts of which the site says something.
fn wanted(site: &Site, variables: &Variables) -> Result<Vec<Wanted>> {
    let of = |host: &Host| -> Result<Option<Wanted>> {
        let reader = Reader::new(variables, &host.name);
        let (bios, raid) = (read::bios(&reader)?, read::raid(&reader)?);
        if bios.is_none() && raid.is_none() {
            return Ok(None);
        }
        let (ironic, node) = (host.ironic.clone(), host.node.clone());
        let patience = host.patience.clone();
        let action = BiosRaid { ironic, node, bios, raid, may_wipe: false, patience };
        Ok(Some((host.name.clone(), action)))
    };
    site.hosts.iter().filter_map(|host| of(host).transpose()).collect()
}

/// Asks about the hosts whose volumes would be made anew, if there are any.
async fn agree(cx: &Context, session: &Session<'_>, wanted: &mut [Wanted]) -> Result<()> {
    let driver = ironic(cx, &session.variables);
    let mut looks = BTreeMap::new();
    let mut lines = Vec::new();
    for (host, action) in wanted.iter_mut().filter(|(_, action)| action.raid.is_some()) {
        let url = action.ironic.url.value.clone();
        if !looks.contains_key(&url) {
            looks.insert(url.clone(), driver.nodes(&action.ironic).await?);
        }
        let wiped = looks.get(&url).map_or_else(Vec::new, |seen| wiped(host, action, seen));
        action.may_wipe = !wiped.is_empty();
        lines.extend(wiped.iter().map(|line| format!("  {host}  {line}\n")));
    }
    if lines.is_empty() {
        return Ok(());
    }
    let lines = lines.concat();
    let warning = format!("Everything on the disks of these volumes is lost:\n{lines}");
    agreed(&warning, "making RAID volumes", CONFIRM)
}
