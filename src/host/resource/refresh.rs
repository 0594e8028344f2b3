//! What has to be done after something else has changed: a restart, a reload, a list made anew.
//!
//! Whether it is due is told by the record, not by what changed just now: a run that was killed between a change and
//! its restart is made good by the next one.

use std::time::Duration;

use serde::Serialize;

use super::{connection, packages, rpm, strangers};
use crate::host::{fault::Fault, machine::Machine, programs::Call, record};

/// How long interfaces may take to be as they should.
const SETTLE_SECONDS: u32 = 20;

/// How long one of its programs may take: what makes an initramfs anew takes minutes on a slow host.
const LIMIT: Duration = Duration::from_mins(15);

/// Something to do when one of the resources with these keys has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refresh {
    /// `restart chrony.service`; stands once in the record of a host.
    pub name: String,
    pub of: Vec<String>,
    /// Kinds of things after whose removal it is due, too: the beginnings of their keys.
    pub of_removed: &'static [&'static str],
    pub way: Way,
    /// Of what is wanted of those resources.
    pub digest: String,
}

/// How it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Way {
    Restart(String),
    /// Restarts a unit if it runs.
    TryRestart(String),
    Reload(String),
    /// Has systemd-networkd read its files anew, and waits until the interfaces are as they say.
    RestartNetwork,
    /// Has systemd-networkd configure an interface anew, as a restart alone keeps addresses of before. It would take
    /// addresses of others away, too; where there are such, only those of before go.
    Reconfigure(String),
    /// Has NetworkManager put a connection in force anew.
    Activate(String),
    /// Has apt fetch its lists anew.
    AptLists,
    /// dnf with these words.
    Dnf(Vec<String>),
    /// Programs, one after the other.
    Run(Vec<Vec<String>>),
}

impl Refresh {
    /// Due after a change of `of`.
    pub fn after(name: impl Into<String>, way: Way, of: &[super::Resource]) -> Self {
        let digest = record::digest(&serde_json::to_vec(of).unwrap_or_default());
        let of = of.iter().map(super::Resource::key).collect();
        let of_removed =
            &["file", "line", "block", "section", "setting", "repository", "link", "firewall"];
        Self { name: name.into(), of, of_removed, way, digest }
    }

    /// Restarts a unit after a change of `of`.
    pub fn restart(unit: &str, of: &[super::Resource]) -> Self {
        Self::after(format!("restart {unit}"), Way::Restart(unit.into()), of)
    }

    /// Whether it is due after something with this key is gone. What nobody asks for any more is in no list of
    /// today's; it was of the same concern, and files decide.
    pub fn follows_removal_of(&self, key: &str) -> bool {
        let kind = |key: &str| key.split(':').next().unwrap_or_default().to_owned();
        self.of_removed.iter().any(|known| *known == kind(key))
    }

    /// The programs that do it.
    pub fn calls(&self) -> Vec<Vec<String>> {
        let systemctl = |verb: &str, unit: &str| {
            vec![words(&["systemctl", "daemon-reload"]), words(&["systemctl", verb, unit])]
        };
        match &self.way {
            Way::Restart(unit) => systemctl("restart", unit),
            Way::TryRestart(unit) => systemctl("try-restart", unit),
            Way::Reload(unit) => systemctl("reload", unit),
            Way::RestartNetwork => systemctl("restart", "systemd-networkd.service"),
            Way::Reconfigure(device) => vec![words(&["networkctl", "reconfigure", device])],
            Way::Activate(name) => vec![connection::words(name)],
            // Nothing risky has to do with it, so nobody undoes it.
            Way::AptLists | Way::Dnf(_) => Vec::new(),
            Way::Run(calls) => calls.clone(),
        }
    }

    pub(super) fn perform(&self, machine: &Machine) -> Result<(), Fault> {
        if let Way::Reconfigure(device) = &self.way
            && !machine.path(&format!("/sys/class/net/{device}")).exists()
        {
            // It is configured when it appears.
            return Ok(());
        }
        match &self.way {
            Way::Activate(name) => return connection::activate(machine, name),
            Way::Reconfigure(device) if strangers::are_left_alone(machine, device)? => {
                return Ok(());
            }
            Way::AptLists => return packages::refresh(machine),
            Way::Dnf(words) => return rpm::dnf(machine, words),
            _ => {}
        }
        for words in self.calls() {
            let Some((program, args)) = words.split_first() else { continue };
            machine.must(&Call::new(program, args.iter().cloned()).limit(LIMIT))?;
        }
        match &self.way {
            Way::Restart(unit) | Way::TryRestart(unit) | Way::Reload(unit) => {
                has_not_failed(machine, unit)
            }
            Way::RestartNetwork | Way::Reconfigure(_) => settle(machine),
            Way::Activate(_) | Way::AptLists | Way::Dnf(_) | Way::Run(_) => Ok(()),
        }
    }
}

/// A service that says nothing of its start can have ended just behind it.
fn has_not_failed(machine: &Machine, unit: &str) -> Result<(), Fault> {
    let said = machine.run(&Call::new("systemctl", ["is-failed", unit]))?;
    if said.stdout.trim() != "failed" {
        return Ok(());
    }
    let words = ["--lines=8", "--no-pager", "--full", "status", unit];
    let status = machine.run(&Call::new("systemctl", words))?;
    Err(Fault::new(format!("restarting {unit}"))
        .because("it was started and failed")
        .because(status.stdout.trim_end())
        .hint(format!("see `journalctl --unit {unit}` on the host")))
}

/// Waits until no interface is being configured: before, an old address may still answer. An interface that gets no
/// address from a server is not waited for longer than this.
fn settle(machine: &Machine) -> Result<(), Fault> {
    for _ in 0..SETTLE_SECONDS {
        let listed =
            machine.must(&Call::new("networkctl", ["list", "--no-legend", "--no-pager"]))?;
        let is_busy = |line: &str| {
            let state = line.split_whitespace().last().unwrap_or_default();
            ["configuring", "pending", "initialized"].contains(&state)
        };
        if !listed.stdout.lines().any(is_busy) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
