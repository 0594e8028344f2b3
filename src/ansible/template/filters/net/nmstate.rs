//! Kayobe's filter that writes a host's whole network as nmstate wants it.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    ethtool, interfaces,
    network::{Kind, Network, View, names_of, vlan_of},
    routes::{priorities, whole},
    veths,
};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::Outcome,
    filters::{Filter, logic},
    ops, text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    (name == "nmstate_config").then_some(nmstate_config as Filter)
}

/// The document while it is written.
pub(super) struct Document {
    pub(super) view: View,
    pub(super) names: Vec<String>,
    pub(super) tables: Vec<(Val, Val)>,
    pub(super) interfaces: IndexMap<String, Dict>,
    pub(super) routes: Vec<Val>,
    pub(super) rules: Vec<Val>,
}

fn set(dict: &Dict, name: &str, value: Val) {
    dict.change(|pairs| pairs.insert(Key::text(name), value));
}

fn set_default(dict: &Dict, name: &str, value: Val) {
    dict.change(|pairs| {
        pairs.entry(Key::text(name)).or_insert(value);
    });
}

fn nmstate_config(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let view = View::of(env, args)?;
    args.end()?;
    let tables = view.variable("network_route_tables")?;
    let tables = if tables.truth()? { View::route_tables(&tables)? } else { Vec::new() };
    let mut document = Document {
        view,
        names: names_of(input)?,
        tables,
        interfaces: IndexMap::new(),
        routes: Vec::new(),
        rules: Vec::new(),
    };
    for name in document.names.clone() {
        let network = document.view.network(&name);
        if let Some(device) = network.given("interface")? {
            document.add(&network, &text::str_of(&device)?)?;
        }
    }
    document.add_veths()?;
    Ok(document.value())
}

impl Document {
    fn value(self) -> Val {
        let rank = |interface: &Dict| match interface.get_str("type").as_ref().and_then(Val::as_str)
        {
            None | Some("dummy" | "ethernet") => 0,
            Some("bond") => 1,
            Some("veth") => 2,
            Some("vlan") => 3,
            Some("linux-bridge") => 4,
            Some(_) => 5,
        };
        let mut interfaces: Vec<Dict> = self.interfaces.into_values().collect();
        interfaces.sort_by_key(rank);
        let config = |items| Val::dict([("config", Val::list(items))]);
        Val::dict([
            ("interfaces", Val::list(interfaces.into_iter().map(Val::Dict).collect())),
            ("routes", config(self.routes)),
            ("route-rules", config(self.rules)),
        ])
    }

    fn interface(&mut self, name: &str) -> Dict {
        let new = || match Val::dict([("name", Val::str(name)), ("state", Val::str("up"))]) {
            Val::Dict(dict) => dict,
            _ => Dict::new(IndexMap::new()),
        };
        self.interfaces.entry(name.to_owned()).or_insert_with(new).clone()
    }

    fn add(&mut self, network: &Network, device: &str) -> Outcome<()> {
        let interface = self.interface(device);
        let mtu = network.mtu()?;
        if mtu.truth()? {
            set(&interface, "mtu", mtu.clone());
        }
        let default_route = match network.attribute("defroute")? {
            Val::None => None,
            flag => Some(logic::to_bool(&flag)?),
        };
        add_addresses(network, &interface, default_route)?;
        if let Some(gateway) = network.given("gateway")?
            && default_route.unwrap_or(true)
        {
            self.routes.push(Val::dict([
                ("destination", Val::str("0.0.0.0/0")),
                ("next-hop-address", gateway),
                ("next-hop-interface", Val::str(device)),
            ]));
        }
        self.add_routes(network, device)?;
        self.add_rules(network)?;
        match network.kind()? {
            Kind::Bridge => self.bridge(network, &interface, &mtu),
            Kind::Bond => self.bond(network, &interface),
            Kind::Ether if network.is_vlan_interface()? => {
                self.vlan(network, &interface, device, &mtu)
            }
            Kind::Ether => ether(network, &interface, device),
        }
    }

    fn bridge(&mut self, network: &Network, interface: &Dict, mtu: &Val) -> Outcome<()> {
        set(interface, "type", Val::str("linux-bridge"));
        let ports = names_of_given(&network.bridge_ports()?)?;
        let listed = ports.iter().map(|port| Val::dict([("name", Val::str(port))])).collect();
        let mut bridge = vec![("port", Val::list(listed))];
        let stp = network.bridge_stp()?;
        if !matches!(stp, Val::None) {
            let enabled = Val::Bool(stp.as_str() == Some("true"));
            bridge.push(("options", Val::dict([("stp", Val::dict([("enabled", enabled)]))])));
        }
        set(interface, "bridge", Val::dict(bridge));
        for port in ports {
            let own = self.interface(&port);
            if mtu.truth()? {
                set_default(&own, "mtu", mtu.clone());
            }
            set_type(network, &own, &format!("port_type_{port}"), &port)?;
        }
        Ok(())
    }

    fn bond(&mut self, network: &Network, interface: &Dict) -> Outcome<()> {
        set(interface, "type", Val::str("bond"));
        let members = network.given("bond_slaves")?.unwrap_or_else(|| Val::list(Vec::new()));
        let mode = match network.attribute("bond_mode")? {
            Val::None => Val::str("balance-rr"),
            mode => mode,
        };
        let mut bond = vec![("port", members.clone()), ("mode", mode)];
        let names =
            ["ad_select", "downdelay", "lacp_rate", "miimon", "updelay", "xmit_hash_policy"];
        let mut options = Vec::new();
        for name in names {
            let value = network.attribute(&format!("bond_{name}"))?;
            if !matches!(value, Val::None) {
                options.push((name, value));
            }
        }
        if !options.is_empty() {
            bond.push(("options", Val::dict(options)));
        }
        set(interface, "link-aggregation", Val::dict(bond));
        for member in names_of(&members)? {
            let own = self.interface(&member);
            set_type(network, &own, &format!("slave_type_{member}"), &member)?;
        }
        Ok(())
    }

    fn vlan(
        &mut self,
        network: &Network,
        interface: &Dict,
        device: &str,
        mtu: &Val,
    ) -> Outcome<()> {
        set(interface, "type", Val::str("vlan"));
        let vlan = match network.attribute("vlan")? {
            Val::None => match vlan_of(device)? {
                Some(vlan) => Val::str(vlan),
                None => return Ok(()),
            },
            vlan => vlan,
        };
        let parent = network.vlan_parent(device, &vlan)?;
        // NetworkManager stumbles over a VLAN with the same MTU as its bridge.
        let bridge = interfaces::bridge_mtu(&self.view, &self.names, &parent)?;
        if mtu.truth()? && bridge.map_or(Ok(false), |bridge| ops::equal(mtu, &bridge))? {
            interface.change(|pairs| pairs.shift_remove(&Key::text("mtu")));
        }
        let mut written = vec![("base-iface", Val::str(&parent)), ("id", whole(&vlan)?)];
        for (key, direction) in [("ingress-qos-map", "ingress"), ("egress-qos-map", "egress")] {
            let map = network.attribute(&format!("{direction}_qos_map"))?;
            if !matches!(map, Val::None) {
                written.push((key, priorities(&network.name, direction, &map)?));
            }
        }
        set(interface, "vlan", Val::dict(written));
        self.interface(&parent);
        Ok(())
    }

    /// The pairs of virtual interfaces that connect bridges with Open vSwitch.
    fn add_veths(&mut self) -> Outcome<()> {
        for veth in veths::veths(&self.view, &self.names)? {
            let bridge = self.interface(&veth.bridge);
            set(&bridge, "type", Val::str("linux-bridge"));
            let parts = match bridge.get_str("bridge") {
                Some(Val::Dict(parts)) => parts,
                _ => Dict::new(IndexMap::new()),
            };
            let mut ports = match parts.get_str("port") {
                Some(Val::List(ports)) => ports.items(),
                _ => Vec::new(),
            };
            let port = Val::dict([("name", Val::str(&veth.name))]);
            if !ops::contains(&Val::list(ports.clone()), &port)? {
                ports.push(port);
            }
            set(&parts, "port", Val::list(ports));
            set(&bridge, "bridge", Val::Dict(parts));
            self.add_end(&veth.name, &veth.peer, &veth.mtu)?;
            self.add_end(&veth.peer, &veth.name, &veth.mtu)?;
        }
        Ok(())
    }
}

impl Document {
    fn add_end(&mut self, own: &str, other: &str, mtu: &Val) -> Outcome<()> {
        let end = self.interface(own);
        set(&end, "type", Val::str("veth"));
        set(&end, "veth", Val::dict([("peer", Val::str(other))]));
        if mtu.truth()? {
            set(&end, "mtu", mtu.clone());
        }
        for family in ["ipv4", "ipv6"] {
            set(&end, family, Val::dict([("enabled", Val::Bool(false))]));
        }
        Ok(())
    }
}

fn names_of_given(value: &Val) -> Outcome<Vec<String>> {
    if value.truth()? { names_of(value) } else { Ok(Vec::new()) }
}

fn add_addresses(network: &Network, interface: &Dict, default_route: Option<bool>) -> Outcome<()> {
    let ip = network.ip()?;
    let mut config = vec![("enabled", Val::Bool(true))];
    let mut address = Val::None;
    if network.attribute("bootproto")?.as_str() == Some("dhcp") {
        config.push(("dhcp", Val::Bool(true)));
        if default_route == Some(false) {
            config.push(("auto-routes", Val::Bool(false)));
        }
    } else if ip.truth()? {
        let mut fields = vec![("ip", ip)];
        if let Some(block) = network.block()? {
            fields.push(("prefix-length", Val::Int(block.prefix_len().into())));
        }
        address = Val::dict(fields);
        config.push(("dhcp", Val::Bool(false)));
        config.push(("address", Val::list(vec![address.clone()])));
    } else {
        return Ok(());
    }
    match interface.get_str("ipv4") {
        Some(Val::Dict(before)) if matches!(before.get_str("enabled"), Some(Val::Bool(true))) => {
            if !matches!(address, Val::None) {
                let mut all =
                    before.get_str("address").map_or(Ok(Vec::new()), |all| all.items())?;
                all.push(address);
                set(&before, "address", Val::list(all));
            }
        }
        _ => set(interface, "ipv4", Val::dict(config)),
    }
    Ok(())
}

/// The type that a variable of the network says, else the one that the name suggests.
fn set_type(network: &Network, interface: &Dict, attribute: &str, device: &str) -> Outcome<()> {
    if interface.get_str("type").is_none() {
        let guess = if device.starts_with("dummy") { "dummy" } else { "ethernet" };
        let kind = network.given(attribute)?.unwrap_or_else(|| Val::str(guess));
        set(interface, "type", kind);
    }
    Ok(())
}

fn ether(network: &Network, interface: &Dict, device: &str) -> Outcome<()> {
    set_type(network, interface, "type", device)?;
    if let Some(config) = network.given("ethtool_config")? {
        let written = ethtool::settings(&network.name, &config)?;
        if written.truth()? {
            set(interface, "ethtool", written);
        }
    }
    Ok(())
}
