//! The way back from a change: what puts the running host back, once its files are as before.

use serde::{Deserialize, Serialize};

use super::{
    fault::Fault,
    machine::Machine,
    programs::Call,
    resource::{Refresh, Resource, Way, connection, network_state, selinux, strangers, unit},
};

/// One step on the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    /// Runs a program.
    Run(Vec<String>),
    /// Has systemd-networkd configure an interface as its files say again.
    Reconfigure { reconfigure: String },
    /// Puts a connection of NetworkManager's in force on its interface again.
    Connect { connect: String, uuid: String },
}

impl Step {
    /// Does it, given what systemd-networkd's files held in the change that is undone.
    pub(super) fn perform(&self, machine: &Machine, undone: &[String]) -> Result<(), Fault> {
        match self {
            Self::Run(words) => match words.split_first() {
                Some((program, args)) => {
                    machine.run(&Call::new(program, args.iter().cloned())).map(drop)
                }
                None => Ok(()),
            },
            Self::Reconfigure { reconfigure } => {
                strangers::reconfigure(machine, reconfigure, undone)
            }
            Self::Connect { connect, uuid } => connection::connect(machine, connect, uuid),
        }
    }
}

/// What puts the running host back, once the files are as before.
pub(super) fn inverse(machine: &Machine, resource: &Resource) -> Result<Vec<Step>, Fault> {
    let programs = match resource {
        Resource::NetworkState(state) => return network_state::back(state, machine),
        Resource::Refresh(Refresh { way: Way::Reconfigure(device), .. }) => {
            return Ok(vec![Step::Reconfigure { reconfigure: device.clone() }]);
        }
        Resource::Refresh(refresh) => refresh.calls(),
        Resource::Unit(unit) => unit::back(unit, machine)?,
        Resource::Connection(connection) => connection::back(connection, machine)?,
        Resource::Selinux(selinux) => selinux::back(selinux, machine)?,
        // What systemd-networkd makes stays when the file is gone.
        Resource::File(file) => match made_by(&file.path, &file.content) {
            Some(device) if !machine.path(&format!("/sys/class/net/{device}")).exists() => {
                vec![["ip", "link", "delete", device].map(str::to_owned).to_vec()]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Ok(programs.into_iter().map(Step::Run).collect())
}

/// The interface that a file of systemd-networkd's makes.
fn made_by<'f>(path: &str, content: &'f str) -> Option<&'f str> {
    let line = content.lines().find_map(|line| line.strip_prefix("Name="));
    line.filter(|_| path.ends_with(".netdev"))
}
