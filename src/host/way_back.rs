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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{resource::File, stage::Stage, undo};

    const ETH1: &str = "/etc/systemd/network/50-kayobe-eth1.network";

    fn file(address: &str) -> String {
        format!("[Match]\nName=eth1\n\n[Network]\nAddress={address}/24\n")
    }

    /// What an undo calls for eth1, given the addresses that are on it then.
    fn called(addresses: &[&str]) -> Vec<String> {
        let stage = Stage::new(&[(ETH1, &file("10.0.0.1"))]);
        let machine = stage.machine();
        let written: Resource = File::new(ETH1, file("10.0.0.2")).into();
        let way = Way::Reconfigure("eth1".into());
        let anew = Refresh::after("configure eth1 anew", way, std::slice::from_ref(&written));
        undo::arm(&machine, vec![ETH1.into()], &[written, anew.into()], "network").unwrap();
        stage.put(ETH1, &file("10.0.0.2"));
        let address = |one: &&str| {
            let (local, length) = one.split_once('/').unwrap();
            format!(r#"{{"local": "{local}", "prefixlen": {length}, "scope": "global"}}"#)
        };
        let all: Vec<String> = addresses.iter().map(address).collect();
        stage.answer("ip -json address", &format!(r#"[{{"addr_info": [{}]}}]"#, all.join(",")));
        stage.called();
        undo::undo(&machine).unwrap();
        assert_eq!(stage.text(ETH1).unwrap(), file("10.0.0.1"));
        let of_network = |line: &String| line.starts_with("networkctl") || line.contains("delete");
        stage.called().into_iter().filter(of_network).collect()
    }

    #[test]
    fn an_undo_leaves_addresses_of_others() {
        assert_eq!(called(&["10.0.0.2/24"]), ["networkctl reconfigure eth1"]);
        assert_eq!(
            called(&["10.0.0.1/24", "10.0.0.2/24", "10.0.0.200/32"]),
            ["ip address delete 10.0.0.2/24 dev eth1"]
        );
    }

    /// An agent of an earlier release wrote programs only.
    #[test]
    fn steps_of_earlier_releases_are_read() {
        let text = r#"[["nmcli", "connection", "reload"], {"reconfigure": "eth1"}, {"connect": "eth1", "uuid": "u"}]"#;
        let steps: Vec<Step> = serde_json::from_str(text).unwrap();
        assert_eq!(
            steps,
            [
                Step::Run(["nmcli", "connection", "reload"].map(str::to_owned).into()),
                Step::Reconfigure { reconfigure: "eth1".into() },
                Step::Connect { connect: "eth1".into(), uuid: "u".into() },
            ]
        );
        let again = serde_json::to_string(&steps).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Step>>(&again).unwrap(), steps);
    }
}
