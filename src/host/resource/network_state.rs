//! The network as a document of nmstate's says it, brought about by nmstate at one go.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;

use super::Thing;
use crate::host::{
    change::Change,
    fault::{Fault, Tried},
    machine::Machine,
    nmstate::{Kind, Part, as_far_as, parts},
    programs::Call,
    record::Trace,
    removal::Verdict,
    way_back::Step,
};

const PROGRAM: &str = "nmstatectl";
/// nmstate waits for servers that give out addresses, and goes back by itself if what it did does not hold.
const LIMIT: Duration = Duration::from_mins(5);
/// What a restart of the host leaves.
const KEPT: &str = "/etc/";
const CONNECTIONS: &str = "/etc/NetworkManager/system-connections";
/// Where connections are that nmstate may change, and where it puts new ones.
const DIRECTORIES: [&str; 3] =
    [CONNECTIONS, "/run/NetworkManager/system-connections", "/etc/sysconfig/network-scripts"];

/// All that a document asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkState {
    pub document: Value,
}

/// The network as it is; nothing is known before nmstate is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    shown: Option<Value>,
    profiles: Vec<Profile>,
    /// By interface: addresses that its connection asks for and the document does not.
    further: BTreeMap<String, Vec<String>>,
}

/// A connection of NetworkManager's that is in force on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(super) uuid: String,
    pub(super) device: String,
    file: String,
}

impl Thing for NetworkState {
    type Seen = Seen;

    fn key(&self) -> String {
        "nmstate".into()
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let Some(shown) = shown(machine)? else { return Ok(Seen::default()) };
        let profiles = profiles(machine)?;
        let mut further = BTreeMap::new();
        for part in parts(&self.document) {
            let strange = part.found(&shown).map(|found| part.further_addresses(found));
            let device = part.interface().unwrap_or_default();
            let profile = profiles.iter().find(|profile| profile.device == device);
            if let (Some(strange), Some(profile)) = (strange, profile)
                && !strange.is_empty()
            {
                let mut asked = addresses(machine, profile)?;
                // Others are keepalived's, say.
                asked.retain(|address| strange.contains(address));
                further.insert(device.to_owned(), asked);
            }
        }
        Ok(Seen { shown: Some(shown), profiles, further })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        parts(&self.document).iter().filter_map(|part| self.change(part, seen)).collect()
    }

    fn perform(&self, machine: &Machine, _seen: &Seen) -> Result<(), Fault> {
        apply(machine, &self.document)
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::NetworkParts { parts: parts(&self.document) }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

impl NetworkState {
    /// What differs of one part.
    fn change(&self, part: &Part, seen: &Seen) -> Option<Change> {
        let name = part.name();
        let Some(shown) = &seen.shown else {
            return Some(Change::new(format!("have nmstate bring about the {name}")));
        };
        let Some(found) = part.found(shown) else {
            let wanted = pretty(&part.wanted);
            return Some(Change::of_text(format!("add the {name}"), "", &wanted));
        };
        let device = part.interface().unwrap_or_default();
        let has_further = seen.further.get(device).is_some_and(|further| !further.is_empty());
        if !part.is_in(found) || has_further || self.has_further_ports(part, found) {
            let found = pretty(&as_far_as(&part.wanted, found));
            return Some(Change::of_text(
                format!("change the {name}"),
                &found,
                &pretty(&part.wanted),
            ));
        }
        let is_kept = |one: &Profile| one.device == device && one.file.starts_with(KEPT);
        let lasts = part.kind != Kind::Interface || seen.profiles.iter().any(is_kept);
        (!lasts).then(|| Change::new(format!("keep the {name} beyond a restart")))
    }

    /// Whether a port of the document's is where the document does not want it; others are machines', say.
    fn has_further_ports(&self, part: &Part, found: &Value) -> bool {
        let own: BTreeSet<String> = self.devices().collect();
        part.further_ports(found).intersection(&own).next().is_some()
    }

    fn devices(&self) -> impl Iterator<Item = String> {
        let interfaces = parts(&self.document).into_iter();
        interfaces
            .filter(|part| part.kind == Kind::Interface)
            .filter_map(|part| part.interface().map(str::to_owned))
    }

    /// One key per part.
    pub(super) fn keys(&self) -> Vec<String> {
        parts(&self.document).iter().map(key).collect()
    }

    /// The files of connections that are there, and those that nmstate would add.
    pub(super) fn paths(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
        let mut paths: BTreeSet<String> = self.devices().map(|device| file(&device)).collect();
        for directory in DIRECTORIES {
            let names = machine.names(directory)?;
            paths.extend(names.into_iter().map(|name| format!("{directory}/{name}")));
        }
        Ok(paths.into_iter().collect())
    }

    /// Whether the record knows by this key a file that nmstate changes from now on.
    pub(super) fn decides(&self, key: &str) -> bool {
        self.devices().any(|device| key == format!("file:{}", file(&device)))
    }
}

fn file(device: &str) -> String {
    format!("{CONNECTIONS}/{device}.nmconnection")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Under which the record knows a part.
pub(super) fn key(part: &Part) -> String {
    format!("nmstate:{}", part.name())
}

/// Whether the record knows by this key what a connection of the interface's own is about.
pub(super) fn is_of(key: &str, device: &str) -> bool {
    let Some(name) = key.strip_prefix("nmstate:") else { return false };
    name == format!("interface {device}")
        || (name.starts_with("route ") && format!("{name} ").contains(&format!(" on {device} ")))
}

/// What nmstate tells of the network, asked for once; `None` where it is not there.
pub(in crate::host) fn shown(machine: &Machine) -> Result<Option<Value>, Fault> {
    if let Some(known) = &machine.memory.borrow().network_state {
        return Ok(Some(known.clone()));
    }
    if !machine.path("/usr/bin/nmstatectl").exists() {
        return Ok(None);
    }
    let said = machine.must(&Call::new(PROGRAM, ["show", "--json"]))?.stdout;
    let found: Value = serde_json::from_str(&said)
        .tried(|| "reading what `nmstatectl show --json` says".into())?;
    machine.memory.borrow_mut().network_state = Some(found.clone());
    Ok(Some(found))
}

/// Has nmstate bring a document about.
pub(in crate::host) fn apply(machine: &Machine, document: &Value) -> Result<(), Fault> {
    let call = Call::new(PROGRAM, ["apply", "-q"]).input(document.to_string()).limit(LIMIT);
    machine.must(&call).map(drop).map_err(|fault| {
        fault.hint("does the host have the interfaces that `network_interfaces` lead to? `journalctl --unit NetworkManager` on the host tells more")
    })
}

/// Connections that are in force, asked for once.
pub(super) fn profiles(machine: &Machine) -> Result<Vec<Profile>, Fault> {
    if let Some(known) = &machine.memory.borrow().profiles {
        return Ok(known.clone());
    }
    let words = ["--terse", "--fields", "UUID,DEVICE,FILENAME", "connection", "show", "--active"];
    let said = machine.must(&Call::new("nmcli", words))?;
    let found: Vec<Profile> = said.stdout.lines().filter_map(read).collect();
    machine.memory.borrow_mut().profiles = Some(found.clone());
    Ok(found)
}

fn read(line: &str) -> Option<Profile> {
    let mut fields = line.splitn(3, ':').map(str::to_owned);
    let (uuid, device) = (fields.next()?, fields.next()?);
    Some(Profile { uuid, device, file: fields.next()? })
}

/// The addresses that a connection asks for.
fn addresses(machine: &Machine, profile: &Profile) -> Result<Vec<String>, Fault> {
    let words = ["--get-values", "ipv4.addresses", "connection", "show", "uuid", &profile.uuid];
    let said = machine.must(&Call::new("nmcli", words))?.stdout;
    let words = said.split([',', '|', ' ', '\n']).filter(|word| !word.is_empty());
    Ok(words.map(str::to_owned).collect())
}

/// What puts the connections in force again that are in force now, and takes away interfaces that are not there yet.
pub(in crate::host) fn back(state: &NetworkState, machine: &Machine) -> Result<Vec<Step>, Fault> {
    let words = |words: &[&str]| Step::Run(words.iter().map(|word| (*word).to_owned()).collect());
    let mut steps = vec![words(&["nmcli", "connection", "reload"])];
    let profiles = profiles(machine)?;
    for device in state.devices() {
        let profile = profiles.iter().find(|profile| profile.device == device);
        if let Some(Profile { uuid, .. }) = profile {
            steps.push(Step::Connect { connect: device, uuid: uuid.clone() });
        } else if !machine.path(&format!("/sys/class/net/{device}")).exists() {
            steps.push(words(&["ip", "link", "delete", &device]));
        }
    }
    Ok(steps)
}

/// What becomes of parts that nobody asks for any more.
pub(in crate::host) fn judge(machine: &Machine, parts: &[Part]) -> Result<Verdict, Fault> {
    let shown = shown(machine)?.unwrap_or_default();
    let is_up = |found: &Value| found.get("state").is_none_or(|state| state == "up");
    let there: Vec<String> =
        parts.iter().filter(|part| part.found(&shown).is_some_and(is_up)).map(Part::name).collect();
    Ok(if there.is_empty() {
        Verdict::Forget
    } else {
        Verdict::Remove(Change::new(format!("take the {} away", there.join(", the "))))
    })
}

/// Has nmstate take parts away.
pub(in crate::host) fn take_away(machine: &Machine, parts: &[Part]) -> Result<(), Fault> {
    parts.iter().try_for_each(|part| apply(machine, &part.absent()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_what_a_connection_is_about() {
        let table = [
            ("nmstate:interface eth1", true),
            ("nmstate:interface eth10", false),
            ("nmstate:route to 10.0.0.0/8 via 10.1.0.1 on eth1 in table 5", true),
            ("nmstate:route to 10.0.0.0/8 via 10.1.0.1 on eth10", false),
            ("nmstate:rule from 10.0.0.0/8", false),
            ("file:/etc/hosts", false),
        ];
        for (key, is) in table {
            assert_eq!(is_of(key, "eth1"), is, "{key}");
        }
    }

    #[test]
    fn nmclis_lines() {
        let line = "5d1b:eth1:/etc/NetworkManager/system-connections/a\\:b.nmconnection";
        let profile = read(line).unwrap();
        assert_eq!((profile.uuid.as_str(), profile.device.as_str()), ("5d1b", "eth1"));
        assert!(profile.file.starts_with(KEPT));
        assert_eq!(read("Error"), None);
    }
}
