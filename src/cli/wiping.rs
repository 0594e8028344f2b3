//! `--wipe-disks`: lists the disks of all hosts and finds out which of them the operator wants wiped.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::IsTerminal,
};

use super::{ask, host_configure::Disks, options::Context, removal::pair};
use crate::{
    drivers::agent::AgentDriver,
    event::Mode,
    host::{
        concern::WipeDisks,
        wipe::{Candidate, Device, Fate, candidates},
    },
    model::configured::Configured,
    report::write,
    trouble::{Result, Trouble},
};

/// What has to be typed.
const WORD: &str = "wipe";

type Serials = BTreeMap<String, BTreeSet<String>>;

/// Lists the disks, asks, and gives what is wiped on each host; nothing has been changed when it fails.
pub(super) async fn chosen(
    cx: &Context,
    agent: &AgentDriver,
    hosts: &[Configured],
    given: &Disks,
) -> Result<BTreeMap<String, WipeDisks>> {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let named = named(&given.confirm_wipe, &names)?;
    let logins: Vec<_> = hosts.iter().map(|host| (host.name.as_str(), &host.login)).collect();
    let listed = listed(agent.disks(&logins).await, &named)?;
    write::stderr(&shown(&listed));
    if !named.is_empty() {
        check_named(&listed, &named)?;
        return Ok(wiped(named, true));
    }
    let free = free(&listed);
    if cx.mode() == Mode::Apply && !free.is_empty() {
        confirm(&free)?;
    }
    Ok(wiped(free, false))
}

/// What would be wiped as far as the command line tells; without a word of it, each host is looked at.
pub(super) fn unseen(hosts: &[Configured], given: &Disks) -> Result<BTreeMap<String, WipeDisks>> {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let named = named(&given.confirm_wipe, &names)?;
    if !named.is_empty() {
        return Ok(wiped(named, true));
    }
    Ok(wiped(names.into_iter().map(|name| (name.to_owned(), BTreeSet::new())).collect(), false))
}

fn wiped(serials: Serials, named: bool) -> BTreeMap<String, WipeDisks> {
    let of =
        |serials: BTreeSet<String>| WipeDisks { serials: serials.into_iter().collect(), named };
    serials.into_iter().map(|(host, serials)| (host, of(serials))).collect()
}

/// What `--confirm-wipe` names, by host.
fn named(words: &[String], hosts: &[&str]) -> Result<Serials> {
    let mut named = Serials::new();
    for word in words {
        let (host, serial) = pair(word, hosts, "SERIAL")?;
        named.entry(host).or_default().insert(serial);
    }
    Ok(named)
}

/// The judged disks of each host. A host that cannot be looked at may have disks that should be wiped, too.
fn listed(
    disks: BTreeMap<String, Result<Vec<Device>>>,
    named: &Serials,
) -> Result<BTreeMap<String, Vec<Candidate>>> {
    let mut listed = BTreeMap::new();
    for (host, found) in disks {
        let devices = found.map_err(|trouble| {
            trouble
                .while_trying(format!("{host}: listing its disks; nothing was changed"))
                .hint(format!("`--limit 'all:!{host}'` leaves the host out"))
        })?;
        let named = named.get(&host).cloned().unwrap_or_default();
        listed.insert(host, candidates(&devices, &named));
    }
    Ok(listed)
}

fn shown(listed: &BTreeMap<String, Vec<Candidate>>) -> String {
    let mut text = String::new();
    for (host, disks) in listed {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{host}:");
        for disk in disks {
            let fate = match (&disk.fate, disk.blank) {
                (Fate::Wipeable, true) => "nothing to wipe".to_owned(),
                (Fate::Wipeable, false) => "can be wiped".to_owned(),
                (Fate::OnlyIfNamed(why), _) => {
                    let serial = disk.serial.as_deref().unwrap_or_default();
                    format!("stays: {why}; only `--confirm-wipe {host}:{serial}` wipes it")
                }
                (Fate::Kept(why), _) => format!("stays: {why}"),
            };
            let _ = writeln!(text, "  {}; {fate}", disk.described);
        }
    }
    text
}

/// What nobody has named and nothing uses.
fn free(listed: &BTreeMap<String, Vec<Candidate>>) -> Serials {
    let of = |disks: &[Candidate]| -> BTreeSet<String> {
        let free = disks.iter().filter(|disk| disk.fate == Fate::Wipeable && !disk.blank);
        free.filter_map(|disk| disk.serial.clone()).collect()
    };
    let free = listed.iter().map(|(host, disks)| (host.clone(), of(disks)));
    free.filter(|(_, serials)| !serials.is_empty()).collect()
}

/// Refuses what was named and is not there, or stays whatever is said.
fn check_named(listed: &BTreeMap<String, Vec<Candidate>>, named: &Serials) -> Result<()> {
    let pairs = named.iter().flat_map(|(host, all)| all.iter().map(move |serial| (host, serial)));
    for (host, serial) in pairs {
        let trouble =
            || Trouble::refused(format!("{host}: wiping the disk {serial}; nothing was changed"));
        let disks = listed.get(host).map(Vec::as_slice).unwrap_or_default();
        let is_it = |disk: &&Candidate| disk.serial.as_ref() == Some(serial);
        match disks.iter().find(is_it).map(|disk| &disk.fate) {
            None => return Err(trouble().because("the host has no such disk; see the list above")),
            Some(Fate::Kept(why)) => return Err(trouble().because(why)),
            Some(Fate::Wipeable | Fate::OnlyIfNamed(_)) => {}
        }
    }
    Ok(())
}

/// Asks on the terminal; without one, each disk must have been named.
fn confirm(free: &Serials) -> Result<()> {
    let count: usize = free.values().map(BTreeSet::len).sum();
    let trouble = Trouble::refused("wiping was not confirmed; nothing was changed");
    if !std::io::stdin().is_terminal() {
        let pairs = free.iter().flat_map(|(host, all)| {
            all.iter().map(move |serial| format!("--confirm-wipe {host}:{serial}"))
        });
        return Err(trouble
            .because(format!("{count} disks can be wiped, and there is no terminal to ask on"))
            .hint(format!("name each: {}", pairs.collect::<Vec<_>>().join(" "))));
    }
    let prompt = format!(
        "Everything on the {count} disks that can be wiped is lost. Type `{WORD}` to go on: "
    );
    match ask::line(&prompt)?.as_deref() {
        Some(WORD) => Ok(()),
        answer => Err(trouble
            .because(format!("the answer was `{}`, not `{WORD}`", answer.unwrap_or_default()))),
    }
}

#[cfg(test)]
#[path = "wiping_tests.rs"]
mod tests;
