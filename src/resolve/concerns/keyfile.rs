//! The text of NetworkManager's files, as the role that Kayobe uses writes it.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    ethtool,
    network::HEADER,
    routing_lines::{Tables, length, route_lines, rule_line},
    truth,
};
use crate::{ansible::python_str, host::concern::Keyfile};

/// Why an interface cannot be described.
pub(super) type Why = String;

/// An interface as Kayobe's filters describe it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Described {
    pub(super) device: String,
    address: Value,
    netmask: Value,
    gateway: Value,
    vlan: Value,
    mtu: Value,
    bootproto: String,
    defroute: Value,
    ethtool_opts: Value,
    zone: Value,
    route: Option<Vec<Map<String, Value>>>,
    rules: Option<Vec<Value>>,
    ports: Option<Vec<String>>,
    stp: Value,
    bond_slaves: Option<Vec<String>>,
    bond_mode: Value,
    bond_ad_select: Value,
    bond_miimon: Value,
    bond_updelay: Value,
    bond_downdelay: Value,
    bond_xmit_hash_policy: Value,
    bond_lacp_rate: Value,
    /// What the filters leave out: the interface that a VLAN is on whose name does not say so.
    #[serde(skip)]
    pub(super) parent: Option<String>,
}

/// A pair of interfaces that connects a bridge with Open vSwitch.
#[derive(Debug, Deserialize)]
pub(super) struct Veth {
    device: String,
    peer_device: String,
    bridge: String,
    mtu: Value,
}

/// A value as text; nothing for what is not said.
pub(super) fn said(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| python_str(value)).filter(|text| !text.is_empty())
}

/// `name=value`, if there is a value.
fn line(name: &str, value: &Value) -> String {
    said(value).map_or_else(String::new, |value| format!("{name}={value}\n"))
}

/// The interface and the number that a VLAN's name consists of.
fn vlan_name(device: &str) -> Option<(&str, &str)> {
    let (on, number) = device.rsplit_once('.')?;
    let fits = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (fits && !number.starts_with('0') && !on.is_empty()).then_some((on, number))
}

fn kind(device: &str) -> &'static str {
    if vlan_name(device).is_some() {
        "vlan"
    } else if device.starts_with("dummy") {
        "dummy"
    } else {
        "ethernet"
    }
}

fn head(device: &str, kind: &str) -> String {
    format!("{HEADER}[connection]\nid={device}\ntype={kind}\ninterface-name={device}\n")
}

fn member(of: Option<&str>, kind: &str) -> String {
    of.map_or_else(String::new, |of| format!("controller={of}\nport-type={kind}\n"))
}

fn ethernet(mtu: &Value) -> String {
    said(mtu).map_or_else(String::new, |mtu| format!("[ethernet]\nmtu={mtu}\n"))
}

fn vlan(device: &str, on: &str, number: &str) -> String {
    format!("[vlan]\ninterface-name={device}\nparent={on}\nid={number}\n")
}

fn keyfile(device: &str, content: String, follows: Option<&str>) -> Keyfile {
    let follows = follows.into_iter().map(str::to_owned).collect();
    Keyfile { device: device.into(), content, follows }
}

impl Described {
    pub(super) fn ports(&self) -> &[String] {
        self.ports.as_deref().unwrap_or_default()
    }

    pub(super) fn slaves(&self) -> &[String] {
        self.bond_slaves.as_deref().unwrap_or_default()
    }

    /// The interface that a VLAN is on, and its number.
    pub(super) fn vlan_on(&self) -> Option<(String, String)> {
        if let Some((on, number)) = vlan_name(&self.device) {
            return Some((self.parent.clone().unwrap_or_else(|| on.into()), number.into()));
        }
        Some((self.parent.clone()?, said(&self.vlan)?))
    }

    /// An interface that is neither bridge nor bond; VLANs are such.
    pub(super) fn ethernet(&self, bridge: Option<&str>, tables: &Tables) -> Result<Keyfile, Why> {
        let on = self.vlan_on();
        let kind = if on.is_some() { "vlan" } else { kind(&self.device) };
        let zone = line("zone", &self.zone);
        let (member, mtu) = (member(bridge, "bridge"), ethernet(&self.mtu));
        let vlan =
            on.as_ref().map_or_else(String::new, |(on, number)| vlan(&self.device, on, number));
        let (head, features, ip) =
            (head(&self.device, kind), self.features(&self.device)?, self.ip(tables)?);
        let content = format!("{head}{zone}\n{member}\n{mtu}\n{vlan}\n{features}{ip}");
        let follows = bridge.or(on.as_ref().map(|(on, _)| on.as_str()));
        Ok(keyfile(&self.device, content, follows))
    }

    pub(super) fn bridge(&self, tables: &Tables) -> Result<Keyfile, Why> {
        let (head, zone) = (head(&self.device, "bridge"), line("zone", &self.zone));
        let (mtu, stp) = (ethernet(&self.mtu), line("stp", &self.stp));
        let (device, ip) = (&self.device, self.ip(tables)?);
        let content =
            format!("{head}{zone}\n{mtu}\n[bridge]\ninterface-name={device}\n{stp}\n{ip}");
        Ok(keyfile(device, content, None))
    }

    pub(super) fn bond(&self, bridge: Option<&str>, tables: &Tables) -> Result<Keyfile, Why> {
        let miimon = said(&self.bond_miimon).unwrap_or_else(|| "100".into());
        let options = [
            line("ad_select", &self.bond_ad_select),
            line("downdelay", &self.bond_downdelay),
            line("lacp_rate", &self.bond_lacp_rate),
            format!("miimon={miimon}\n"),
            line("mode", &self.bond_mode),
            line("updelay", &self.bond_updelay),
            line("xmit_hash_policy", &self.bond_xmit_hash_policy),
        ];
        let (head, zone) = (head(&self.device, "bond"), line("zone", &self.zone));
        let (member, mtu) = (member(bridge, "bridge"), ethernet(&self.mtu));
        let (options, ip) = (options.concat(), self.ip(tables)?);
        let content = format!("{head}{zone}\n{member}\n{mtu}\n[bond]\n{options}\n{ip}");
        Ok(keyfile(&self.device, content, bridge))
    }

    /// An interface in this bridge.
    pub(super) fn port(&self, port: &str) -> Result<Keyfile, Why> {
        let vlan = vlan_name(port).map_or_else(String::new, |(on, number)| vlan(port, on, number));
        let (head, member) = (head(port, kind(port)), member(Some(&self.device), "bridge"));
        let (mtu, features) = (ethernet(&self.mtu), self.features(port)?);
        Ok(keyfile(port, format!("{head}{member}\n{mtu}\n{vlan}{features}"), Some(&self.device)))
    }

    /// An interface of this bond.
    pub(super) fn slave(&self, slave: &str) -> Result<Keyfile, Why> {
        let kind = if slave.starts_with("dummy") { "dummy" } else { "ethernet" };
        let (head, member) = (head(slave, kind), member(Some(&self.device), "bond"));
        let features = self.features(slave)?;
        Ok(keyfile(slave, format!("{head}{member}\n{features}[bond-port]\n"), Some(&self.device)))
    }

    fn features(&self, device: &str) -> Result<String, Why> {
        said(&self.ethtool_opts).map_or_else(
            || Ok(String::new()),
            |words| {
                ethtool::section(&words).map_err(|why| format!("`ethtool_opts` of {device}: {why}"))
            },
        )
    }

    fn ip(&self, tables: &Tables) -> Result<String, Why> {
        let mut text = "[ipv4]\n".to_owned();
        let address = said(&self.address);
        match (self.bootproto.as_str(), &address) {
            ("dhcp", _) => text.push_str("method=auto\n"),
            (_, Some(address)) => {
                text.push_str("method=manual\n");
                if let Some(length) = said(&self.netmask).and_then(|mask| length(&mask)) {
                    let _ = writeln!(text, "address1={address}/{length}");
                }
                text.push_str(&line("gateway", &self.gateway));
            }
            (_, None) => text.push_str("method=disabled\n"),
        }
        let never = !self.defroute.is_null() && !truth(&self.defroute);
        if never && (self.bootproto == "dhcp" || address.is_some()) {
            text.push_str("never-default=true\n");
        }
        for (at, route) in self.route.iter().flatten().enumerate() {
            text.push_str(&route_lines(at + 1, route, tables)?);
        }
        for (at, rule) in self.rules.iter().flatten().enumerate() {
            let _ = writeln!(text, "routing-rule{}={}", at + 1, rule_line(at, rule, tables)?);
        }
        Ok(text + "\n[ipv6]\nmethod=disabled\n")
    }
}

impl Veth {
    /// Both ends; the bridge's end comes up first.
    pub(super) fn keyfiles(&self) -> [Keyfile; 2] {
        let Self { device, peer_device, bridge, mtu } = self;
        let end = |device: &str| {
            let mtu = if truthy(mtu) { format!("{}\n", ethernet(mtu)) } else { String::new() };
            (format!("[connection]\nid={device}\ntype=veth\ninterface-name={device}\n"), mtu)
        };
        let ((phy, mtu), (ovs, _)) = (end(device), end(peer_device));
        let port = member(Some(bridge), "bridge");
        let phy = format!("{phy}{port}\n{mtu}[veth]\npeer={peer_device}\n\n[bridge-port]\n");
        let ovs = format!(
            "{ovs}\n{mtu}[veth]\npeer={device}\n\n[ipv4]\nmethod=disabled\n\n[ipv6]\n\
             addr-gen-mode=stable-privacy\nmethod=disabled\n\n[proxy]\n"
        );
        let peer = Keyfile { follows: vec![device.clone()], ..keyfile(peer_device, ovs, None) };
        [keyfile(device, phy, Some(bridge)), peer]
    }
}

fn truthy(value: &Value) -> bool {
    said(value).is_some_and(|text| text != "0" && text != "False")
}

#[cfg(test)]
#[path = "keyfile_tests.rs"]
mod tests;
