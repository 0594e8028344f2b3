//! A connection of NetworkManager's that is in force on its interface.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call};

/// Long enough for a server that gives out addresses, short enough to wait for.
const SECONDS: &str = "45";

/// The connection of this name, which is its interface's, is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    pub name: String,
}

/// A connection that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Active {
    uuid: String,
    state: String,
    device: String,
    name: String,
}

impl Thing for Connection {
    type Seen = bool;

    fn key(&self) -> String {
        format!("connection:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        let all = active(machine)?;
        // A bridge or bond waits for the link of its ports, which come after it.
        let is_up = |one: &Active| one.state == "activated" || one.state == "activating";
        Ok(all.iter().any(|one| one.name == self.name && is_up(one)))
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen { Vec::new() } else { vec![Change::new(format!("activate {}", self.name))] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        activate(machine, &self.name)
    }
}

/// Brings a connection up, anew if it is up.
pub(super) fn activate(machine: &Machine, name: &str) -> Result<(), Fault> {
    machine.must(&up(&[name])).map(drop).map_err(|fault| {
        fault.hint(format!(
            "does the host have the interface {name}? `nmcli device` and `journalctl --unit NetworkManager` on the \
             host tell more"
        ))
    })
}

/// The program that brings a connection up.
pub(super) fn words(name: &str) -> Vec<String> {
    let call = up(&[name]);
    std::iter::once(call.program).chain(call.args).collect()
}

/// Puts a connection in force on its interface as it is written now, without taking the interface down where that can be.
pub(in crate::host) fn connect(machine: &Machine, device: &str, uuid: &str) -> Result<(), Fault> {
    let words = ["--get-values", "GENERAL.CON-UUID", "device", "show", device];
    let now = machine.run(&Call::new("nmcli", words))?.stdout;
    let reapply = Call::new("nmcli", ["device", "reapply", device]);
    if now.trim() == uuid && machine.run(&reapply)?.code == 0 {
        return Ok(());
    }
    machine.must(&up(&["uuid", uuid])).map(drop)
}

fn up(which: &[&str]) -> Call {
    Call::new("nmcli", ["--wait", SECONDS, "connection", "up"]).also(which.iter().copied())
}

/// Connections that are in force, asked for once; none where NetworkManager does not run.
fn active(machine: &Machine) -> Result<Vec<Active>, Fault> {
    if let Some(known) = &machine.memory.borrow().connections {
        return Ok(known.clone());
    }
    let words = ["--terse", "--fields", "UUID,STATE,DEVICE,NAME", "connection", "show", "--active"];
    let said = machine.run(&Call::new("nmcli", words))?;
    let found: Vec<Active> = said.stdout.lines().filter_map(read).collect();
    machine.memory.borrow_mut().connections = Some(found.clone());
    Ok(found)
}

/// NetworkManager's release, `1.52.0`, asked for once.
pub(crate) fn release(machine: &Machine) -> Result<String, Fault> {
    if let Some(known) = &machine.memory.borrow().network_manager {
        return Ok(known.clone());
    }
    let said = machine.run(&Call::new("nmcli", ["--version"]))?.stdout;
    let release = said.split_whitespace().last().unwrap_or_default().to_owned();
    machine.memory.borrow_mut().network_manager = Some(release.clone());
    Ok(release)
}

/// The name comes last, as it may have colons in it, which are written `\:`.
fn read(line: &str) -> Option<Active> {
    let mut parts = line.splitn(4, ':');
    let mut next = || parts.next().map(str::to_owned);
    let (uuid, state, device) = (next()?, next()?, next()?);
    Some(Active { uuid, state, device, name: next()?.replace("\\:", ":") })
}

/// What gives an interface the connection back that is in force on it now, if that is another one.
pub(crate) fn back(connection: &Connection, machine: &Machine) -> Result<Vec<Vec<String>>, Fault> {
    let others = active(machine)?
        .into_iter()
        .filter(|one| one.device == connection.name && one.name != connection.name);
    Ok(others
        .map(|one| {
            let call = up(&["uuid", &one.uuid]);
            std::iter::once(call.program).chain(call.args).collect()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nmclis_lines() {
        let active = read("5d1b:activated:eth1:cloud-init eth1\\:0").unwrap();
        assert_eq!((active.device.as_str(), active.name.as_str()), ("eth1", "cloud-init eth1:0"));
        assert_eq!(read("Error"), None);
    }
}
