//! The networks of systemd-networkd: which interface stands on which, with its addresses and routes.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    network::{Kind, Network, View, names_of, part, required_part},
    networkd::{Files, Options, Sections, of_kind, view_and_names, written},
    veths::{Veth, larger, veths},
};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters::logic,
    ops, text,
    value::Val,
};

/// What stands on what: masters by their members, and VLANs with their MTUs by what carries them.
struct Stacking {
    bridges: BTreeMap<String, String>,
    bonds: BTreeMap<String, String>,
    vlans: BTreeMap<String, Vec<(String, Val)>>,
}

impl Stacking {
    fn of(view: &View, names: &[String]) -> Outcome<Self> {
        let members = |kind: Kind| {
            let mut found = BTreeMap::new();
            for network in of_kind(view, names, kind)? {
                let device = network.device()?;
                let members = members(&network, kind)?.into_iter();
                found.extend(members.map(|member| (member, device.clone())));
            }
            Ok::<_, Faulty>(found)
        };
        let mut vlans: BTreeMap<String, Vec<(String, Val)>> = BTreeMap::new();
        for network in view.selected(names, Network::is_vlan)? {
            let device = network.device()?;
            let parent = network.vlan_parent(&device, &network.attribute("vlan")?)?;
            vlans.entry(parent).or_default().push((device, network.mtu()?));
        }
        Ok(Self { bridges: members(Kind::Bridge)?, bonds: members(Kind::Bond)?, vlans })
    }

    fn vlans_on(&self, device: &str) -> Options {
        let found = self.vlans.get(device).into_iter().flatten();
        found.map(|(vlan, _)| ("VLAN", Val::str(vlan))).collect()
    }

    fn master(masters: &BTreeMap<String, String>, device: &str) -> Val {
        masters.get(device).map_or(Val::None, Val::str)
    }
}

fn members(network: &Network, kind: Kind) -> Outcome<Vec<String>> {
    let members = if kind == Kind::Bridge {
        network.bridge_ports()?
    } else {
        network.attribute("bond_slaves")?
    };
    names_of(&members)
}

pub(super) fn networks(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (view, names) = view_and_names(env, input, args)?;
    let stacking = Stacking::of(&view, &names)?;
    let mut files = Files::new(&view)?;
    let mut devices = Vec::new();
    for name in &names {
        let network = view.network(name);
        let device = network.device()?;
        files.add(&device, declared(&network, &device, &stacking)?)?;
        devices.push(device);
    }
    implied_parents(&stacking, &devices, &mut files)?;
    for (kind, option) in [(Kind::Bridge, "Bridge"), (Kind::Bond, "Bond")] {
        for network in of_kind(&view, &names, kind)? {
            let mut implied = members(&network, kind)?;
            implied.retain(|member| !devices.contains(member));
            implied.sort();
            implied.dedup();
            for member in implied {
                let mut options = vec![(option, Val::str(network.device()?))];
                options.extend(stacking.vlans_on(&member));
                files.add(&member, file(&member, options, network.mtu()?))?;
            }
        }
    }
    for veth in veths(&view, &names)? {
        add_veth(&veth, &mut files)?;
    }
    Ok(files.value())
}

fn file(device: &str, options: Options, mtu: Val) -> Val {
    written(vec![
        vec![("Match", vec![("Name", Val::str(device))])],
        vec![("Network", options)],
        vec![("Link", vec![("MTUBytes", mtu)])],
    ])
}

/// What carries VLANs without being a network, a bridge's port or a bond's member itself.
fn implied_parents(stacking: &Stacking, devices: &[String], files: &mut Files) -> Outcome<()> {
    for (parent, vlans) in &stacking.vlans {
        let known = devices.contains(parent)
            || stacking.bridges.contains_key(parent)
            || stacking.bonds.contains_key(parent);
        if known {
            continue;
        }
        let mut mtu = Val::None;
        for (_, own) in vlans {
            mtu = larger(&mtu, own)?;
        }
        files.add(parent, file(parent, stacking.vlans_on(parent), mtu))?;
    }
    Ok(())
}

fn add_veth(veth: &Veth, files: &mut Files) -> Outcome<()> {
    let bridge = vec![("Bridge", Val::str(&veth.bridge))];
    files.add(&veth.name, file(&veth.name, bridge, veth.mtu.clone()))?;
    // It comes up without an address.
    let up = vec![("ConfigureWithoutCarrier", Val::str("true"))];
    files.add(&veth.peer, file(&veth.peer, up, veth.mtu.clone()))
}

fn declared(network: &Network, device: &str, stacking: &Stacking) -> Outcome {
    let mut gateway = network.attribute("gateway")?;
    let mut address = network.ip()?;
    if matches!(address, Val::None) {
        gateway = Val::None;
    } else {
        address = with_prefix(network, &address)?;
    }
    let dhcp = match network.given("bootproto")? {
        Some(kind) => text::str_of(&kind)?.to_lowercase() == "dhcp",
        None => false,
    };
    let without_route = match network.attribute("defroute")? {
        Val::None => false,
        flag => !logic::to_bool(&flag)?,
    };
    let word = |yes: bool, word: &str| if yes { Val::str(word) } else { Val::None };
    let mut options = vec![
        ("Address", address.clone()),
        ("Gateway", gateway),
        ("DHCP", word(dhcp, "yes")),
        ("UseGateway", word(without_route, "false")),
        ("Bridge", Stacking::master(&stacking.bridges, device)),
        ("Bond", Stacking::master(&stacking.bonds, device)),
    ];
    options.extend(stacking.vlans_on(device));
    let mut link = vec![("MTUBytes", network.mtu()?)];
    link.push(("RequiredForOnline", word(!address.truth()?, "false")));
    let mut groups = vec![
        vec![("Match", vec![("Name", Val::str(device))])],
        vec![("Network", options)],
        vec![("Link", link)],
    ];
    groups.extend(routing(network)?);
    Ok(written(groups))
}

fn with_prefix(network: &Network, address: &Val) -> Outcome {
    let name = &network.name;
    let Some(block) = network.block()? else {
        return Err(Fault::new(format!(
            "No CIDR attribute configured for '{name}' network but it has an IP address"
        )));
    };
    if block.addr() != block.network() {
        return Err(Fault::new(format!("`{name}_cidr`: {block} has host bits set")));
    }
    Ok(Val::str(format!("{}/{}", text::str_of(address)?, block.prefix_len())))
}

/// The network's routes and rules.
fn routing(network: &Network) -> Outcome<Sections> {
    let tables = View::route_tables(&network.view.variable("network_route_tables")?)?;
    let table = |of: &Val| {
        let wanted = part(of, "table")?;
        for (name, number) in &tables {
            if ops::equal(name, &wanted)? {
                return Ok::<_, Faulty>(number.clone());
            }
        }
        Ok(wanted)
    };
    let mut groups = Vec::new();
    for route in network.given("routes")?.map_or(Ok(Vec::new()), |routes| routes.items())? {
        groups.push(vec![(
            "Route",
            vec![
                ("Destination", required_part(&route, "cidr")?),
                ("Gateway", part(&route, "gateway")?),
                ("Table", table(&route)?),
            ],
        )]);
    }
    for rule in network.given("rules")?.map_or(Ok(Vec::new()), |rules| rules.items())? {
        if !matches!(rule, Val::Dict(_)) {
            return Err(Fault::new(
                "Routing policy rules must be defined in dictionary format for systemd-networkd",
            ));
        }
        groups.push(vec![(
            "RoutingPolicyRule",
            vec![
                ("From", part(&rule, "from")?),
                ("To", part(&rule, "to")?),
                ("Priority", part(&rule, "priority")?),
                ("Table", table(&rule)?),
            ],
        )]);
    }
    Ok(groups)
}
