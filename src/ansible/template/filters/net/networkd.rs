//! Kayobe's filters that write the configuration of systemd-networkd.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    network::{Kind, Network, View, names_of, required_part},
    veths::veths,
};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    filters::Filter,
    text,
    value::Val,
};

/// The options of a section, in order; what is `None` is left out.
pub(super) type Options = Vec<(&'static str, Val)>;
/// Groups of sections: each group is one dict.
pub(super) type Sections = Vec<Vec<(&'static str, Options)>>;

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "networkd_netdevs" => netdevs,
        "networkd_links" => links,
        "networkd_networks" => super::stacks::networks,
        _ => return None,
    })
}

/// The sections without empty options, empty sections and empty groups.
pub(super) fn written(groups: Sections) -> Val {
    let mut found = Vec::new();
    for group in groups {
        let sections = group.into_iter().filter_map(|(name, options)| {
            let options = options.into_iter().filter(|(_, value)| !matches!(value, Val::None));
            let options: Vec<Val> = options.map(|option| Val::dict([option])).collect();
            (!options.is_empty()).then(|| (name, Val::list(options)))
        });
        let sections: Vec<_> = sections.collect();
        if !sections.is_empty() {
            found.push(Val::dict(sections));
        }
    }
    Val::list(found)
}

/// The files by their names.
pub(super) struct Files {
    prefix: String,
    found: IndexMap<String, Val>,
}

impl Files {
    pub(super) fn new(view: &View) -> Outcome<Self> {
        let prefix = text::str_of(&view.variable("networkd_prefix")?)?;
        Ok(Self { prefix, found: IndexMap::new() })
    }

    pub(super) fn add(&mut self, device: &str, content: Val) -> Outcome<()> {
        let file = format!("{}{device}", self.prefix);
        if self.found.insert(file, content).is_some() {
            return Err(Fault::with_hint(
                format!("duplicate interface configuration for {device}"),
                "two networks have the same interface",
            ));
        }
        Ok(())
    }

    pub(super) fn value(self) -> Val {
        Val::dict(self.found)
    }
}

pub(super) fn view_and_names(
    env: &Arc<Env>,
    input: &Val,
    args: &mut Args,
) -> Outcome<(View, Vec<String>)> {
    let view = View::of(env, args)?;
    args.end()?;
    Ok((view, names_of(input)?))
}

pub(super) fn of_kind(view: &View, names: &[String], kind: Kind) -> Outcome<Vec<Network>> {
    view.selected(names, |network| Ok(network.kind()? == kind))
}

fn netdevs(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (view, names) = view_and_names(env, input, args)?;
    let mut files = Files::new(&view)?;
    for network in view.selected(&names, Network::is_vlan_interface)? {
        let section = vec![
            ("Id", network.attribute("vlan")?),
            ("IngressQOSMaps", priorities(&network.attribute("ingress_qos_map")?)?),
            ("EgressQOSMaps", priorities(&network.attribute("egress_qos_map")?)?),
        ];
        let own = vec![vec![("VLAN", section)]];
        files.add(&network.device()?, netdev(&network, "vlan", Vec::new(), own)?)?;
    }
    for network in of_kind(&view, &names, Kind::Bridge)? {
        let stp = vec![("Bridge", vec![("STP", network.bridge_stp()?)])];
        files.add(&network.device()?, netdev(&network, "bridge", stp, Vec::new())?)?;
    }
    for network in of_kind(&view, &names, Kind::Bond)? {
        let own = vec![vec![("Bond", bond(&network)?)]];
        files.add(&network.device()?, netdev(&network, "bond", Vec::new(), own)?)?;
    }
    for veth in veths(&view, &names)? {
        let content = written(vec![
            vec![("NetDev", vec![("Name", Val::str(&veth.name)), ("Kind", Val::str("veth"))])],
            vec![("Peer", vec![("Name", Val::str(&veth.peer))])],
        ]);
        files.add(&veth.name, content)?;
    }
    Ok(files.value())
}

fn netdev(
    network: &Network,
    kind: &str,
    beside: Vec<(&'static str, Options)>,
    after: Sections,
) -> Outcome {
    let section = vec![
        ("Name", Val::str(network.device()?)),
        ("Kind", Val::str(kind)),
        ("MTUBytes", network.mtu()?),
    ];
    let mut first = vec![("NetDev", section)];
    first.extend(beside);
    let mut groups = vec![first];
    groups.extend(after);
    Ok(written(groups))
}

fn priorities(map: &Val) -> Outcome {
    if matches!(map, Val::None) {
        return Ok(Val::None);
    }
    let pair = |entry: &Val| {
        let part = |name| text::str_of(&required_part(entry, name)?);
        Ok(format!("{}-{}", part("from")?, part("to")?))
    };
    let pairs = map.items()?.iter().map(pair).collect::<Outcome<Vec<_>>>()?;
    Ok(Val::str(pairs.join(" ")))
}

fn bond(network: &Network) -> Outcome<Options> {
    let seconds = |name: &str| match network.attribute(name)? {
        Val::None => Ok::<_, Faulty>(Val::None),
        found => {
            let number = match &found {
                Val::Str(text) => text::parse_float(text),
                other => crate::ansible::template::filters::numbers::number(other),
            };
            let wrong = || Fault::new(format!("`{}_{name}` is no number", network.name));
            Ok(Val::Float(number.ok_or_else(wrong)? / 1000.0))
        }
    };
    Ok(vec![
        ("Mode", network.attribute("bond_mode")?),
        ("AdSelect", network.attribute("bond_ad_select")?),
        ("TransmitHashPolicy", network.attribute("bond_xmit_hash_policy")?),
        ("LACPTransmitRate", network.attribute("bond_lacp_rate")?),
        ("MIIMonitorSec", seconds("bond_miimon")?),
        ("UpDelaySec", seconds("bond_updelay")?),
        ("DownDelaySec", seconds("bond_downdelay")?),
    ])
}

fn links(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (view, names) = view_and_names(env, input, args)?;
    let mut files = Files::new(&view)?;
    for network in of_kind(&view, &names, Kind::Ether)? {
        let (device, address) = (network.device()?, network.attribute("macaddress")?);
        if !matches!(address, Val::None) {
            let content = written(vec![
                vec![("Match", vec![("PermanentMACAddress", address)])],
                vec![("Link", vec![("Name", Val::str(&device))])],
            ]);
            files.add(&device, content)?;
        }
    }
    Ok(files.value())
}
