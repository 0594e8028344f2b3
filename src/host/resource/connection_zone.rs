//! The zone of firewalld's that an interface is in, as the connection that is in force on it names it.

use serde::Serialize;

use super::{
    Thing,
    network_state::{self, Profile},
};
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

/// An interface's connection names the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionZone {
    pub device: String,
    pub zone: String,
}

impl Thing for ConnectionZone {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("connection-zone:{}", self.device)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        now(machine, &self.device)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let Self { device, zone } = self;
        if seen.as_ref() == Some(zone) {
            return Vec::new();
        }
        vec![Change::new(format!("have the connection of {device} name the zone {zone}"))]
    }

    fn perform(&self, machine: &Machine, _seen: &Option<String>) -> Result<(), Fault> {
        choose(machine, &self.device, &self.zone)
    }

    fn trace(&self, _machine: &Machine, _seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let Self { device, zone } = self.clone();
        Ok(Some(Trace::ConnectionZone { device, zone }))
    }
}

fn profile(machine: &Machine, device: &str) -> Result<Option<Profile>, Fault> {
    let profiles = network_state::profiles(machine)?;
    Ok(profiles.into_iter().find(|profile| profile.device == device))
}

/// The zone that is named now; empty for firewalld's own default.
fn now(machine: &Machine, device: &str) -> Result<Option<String>, Fault> {
    let Some(Profile { uuid, .. }) = profile(machine, device)? else { return Ok(None) };
    let words = ["--get-values", "connection.zone", "connection", "show", "uuid", &uuid];
    let said = machine.must(&Call::new("nmcli", words))?.stdout;
    Ok(Some(said.trim().to_owned()))
}

/// What has the zone count on the interface: firewalld hears of it only then.
pub(in crate::host) fn counts(device: &str) -> Vec<String> {
    ["nmcli", "device", "reapply", device].map(str::to_owned).into()
}

/// Has the connection of an interface name no zone any more.
pub(in crate::host) fn take_away(machine: &Machine, device: &str) -> Result<(), Fault> {
    choose(machine, device, "")?;
    let [program, words @ ..] = &counts(device)[..] else { return Ok(()) };
    machine.must(&Call::new(program, words.iter().cloned())).map(drop)
}

fn choose(machine: &Machine, device: &str, zone: &str) -> Result<(), Fault> {
    let Some(Profile { uuid, .. }) = profile(machine, device)? else {
        return Err(Fault::new(format!("putting {device} into the zone {zone}"))
            .because("no connection of NetworkManager's is in force on it")
            .hint(
                "see the network's `interface` and `zone`; `nmcli device` on the host tells more",
            ));
    };
    let words = ["connection", "modify", "uuid", &uuid, "connection.zone", zone];
    machine.must(&Call::new("nmcli", words)).map(drop)
}

/// What becomes of a zone that nobody asks for any more.
pub(in crate::host) fn judge(
    machine: &Machine,
    device: &str,
    zone: &str,
) -> Result<Verdict, Fault> {
    Ok(match now(machine, device)? {
        Some(found) if found == zone => Verdict::Remove(Change::new(format!(
            "have the connection of {device} name no zone any more"
        ))),
        _ => Verdict::Forget,
    })
}
