//! Interfaces as Kayobe's own filters describe them for NetworkManager, in the order in which they are brought up.

use serde_json::Value;

use super::{
    Class,
    keyfile::{self, Described},
    network::{described, fit_for_a_file, tables, tried},
    routing_lines::Tables,
};
use crate::{
    ansible::Play,
    host::concern::{Keyfile, NetworkManager},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// What is asked of the filters; answers have the names of the filters that matter.
const TEMPLATES: [(&str, &str); 5] = [
    ("net_select_ethers", "{{ network_interfaces | net_select_ethers | list }}"),
    (
        "net_interface_obj",
        "{{ network_interfaces | net_select_ethers | map('net_interface_obj', names=network_interfaces) | list }}",
    ),
    (
        "net_bridge_obj",
        "{{ network_interfaces | net_select_bridges | map('net_bridge_obj') | list }}",
    ),
    ("net_bond_obj", "{{ network_interfaces | net_select_bonds | map('net_bond_obj') | list }}"),
    ("net_ovs_veths", "{{ network_interfaces | net_ovs_veths }}"),
];

pub(super) fn read(reader: &Reader, class: Class) -> Result<NetworkManager> {
    let play = described(reader, "RedHat", &TEMPLATES)?;
    let mut ethers = interfaces(reader, &play, "net_interface_obj")?;
    let networks: Vec<String> = listed(reader, &play, "net_select_ethers")?;
    for (ether, network) in ethers.iter_mut().zip(&networks) {
        ether.parent =
            super::filled(reader, &format!("{network}_parent"))?.map(|parent| parent.value);
    }
    let names = Names {
        bridges: interfaces(reader, &play, "net_bridge_obj")?,
        bonds: interfaces(reader, &play, "net_bond_obj")?,
        tables: tables(reader)?,
    };
    let mut all = names.all(&ethers).map_err(|why| {
        Trouble::refused(tried(reader)).because(why).set_by(&reader.setting("network_interfaces"))
    })?;
    if class == Class::Overcloud {
        for veth in listed::<keyfile::Veth>(reader, &play, "net_ovs_veths")? {
            all.extend(veth.keyfiles());
        }
    }
    all.iter().try_for_each(|keyfile| fit_for_a_file(reader, &keyfile.device))?;
    Ok(NetworkManager { keyfiles: all })
}

fn interfaces(reader: &Reader, play: &Play, name: &str) -> Result<Vec<Described>> {
    listed(reader, play, name)
}

fn listed<T: serde::de::DeserializeOwned>(
    reader: &Reader,
    play: &Play,
    name: &str,
) -> Result<Vec<T>> {
    let found = play.variable(name).map_err(|trouble| trouble.while_trying(tried(reader)))?;
    let found = found.unwrap_or(Value::Array(Vec::new()));
    serde_json::from_value(found).map_err(|error| {
        Trouble::refused(tried(reader))
            .because(error)
            .set_by(&reader.setting("network_interfaces"))
            .hint("one of the networks' attributes is of another kind than Kayobe documents")
    })
}

/// What connections refer to.
struct Names {
    bridges: Vec<Described>,
    bonds: Vec<Described>,
    tables: Vec<String>,
}

impl Names {
    /// Ethernet, bridges, bonds, their ports, and VLANs on any of these. An interface that a network is on has its own
    /// connection, even if it is a port, too.
    fn all(&self, ethers: &[Described]) -> std::result::Result<Vec<Keyfile>, String> {
        let tables = Tables::of(&self.tables);
        let bridge = |device: &str| {
            let of = |bridge: &&Described| bridge.ports().iter().any(|port| port == device);
            self.bridges.iter().find(of).map(|bridge| bridge.device.as_str())
        };
        let (vlans, plain): (Vec<_>, Vec<_>) =
            ethers.iter().partition(|ether| ether.vlan_on().is_some());
        let mut all = Vec::new();
        for one in plain {
            all.push(one.ethernet(bridge(&one.device), &tables)?);
        }
        for one in &self.bridges {
            all.push(one.bridge(&tables)?);
        }
        for one in &self.bonds {
            all.push(one.bond(bridge(&one.device), &tables)?);
        }
        for one in &self.bridges {
            let ports = one
                .ports()
                .iter()
                .filter(|port| self.bonds.iter().all(|bond| bond.device != **port));
            for port in ports {
                all.push(one.port(port)?);
            }
        }
        for one in &self.bonds {
            for slave in one.slaves() {
                all.push(one.slave(slave)?);
            }
        }
        for one in vlans {
            all.push(one.ethernet(bridge(&one.device), &tables)?);
        }
        Ok(one_each(all, ethers))
    }
}

/// A network's own connection counts before one that only makes its interface a port.
fn one_each(all: Vec<Keyfile>, ethers: &[Described]) -> Vec<Keyfile> {
    let mut kept: Vec<Keyfile> = Vec::new();
    for keyfile in all {
        let own = ethers.iter().any(|ether| ether.device == keyfile.device);
        match kept.iter().position(|known| known.device == keyfile.device) {
            Some(at) if !own || keyfile.content.contains("\n[ipv4]\n") => kept[at] = keyfile,
            Some(_) => {}
            None => kept.push(keyfile),
        }
    }
    kept
}
