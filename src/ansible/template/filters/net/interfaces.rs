//! Kayobe's filters that describe interfaces to the roles which configure them.

use std::sync::Arc;

use super::network::{Kind, Network, View, block_of, names_of, record, required_part};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::Filter,
    ops, text,
    value::Val,
};

pub(super) fn find(attribute: &str) -> Option<Filter> {
    Some(match attribute {
        "interface_obj" => interface_obj,
        "bridge_obj" => bridge_obj,
        "bond_obj" => bond_obj,
        "configdrive_network_device" => configdrive_network_device,
        "ovs_veths" => super::veths::ovs_veths,
        "hosts_by_network" => hosts_by_network,
        _ => return None,
    })
}

/// What all kinds of interfaces have; `own` are the fields of one kind.
fn described(
    network: &Network,
    mtu: Val,
    own: impl IntoIterator<Item = (&'static str, Val)>,
) -> Outcome {
    let (mut ip, mut mask) = (network.ip()?, network.mask()?);
    let mut gateway = network.attribute("gateway")?;
    if matches!(ip, Val::None) {
        (ip, mask, gateway) = (Val::str(""), Val::None, Val::None);
    }
    let routes = match network.given("routes")? {
        Some(routes) => Val::list(routes.items()?.iter().map(route).collect::<Outcome<_>>()?),
        None => network.attribute("routes")?,
    };
    let rules = network.attribute("rules")?;
    check_rules(&rules)?;
    let allowed = network.given("vip_address")?.map_or(Val::None, |vip| Val::list(vec![vip]));
    let fields = [
        ("device", Val::str(network.device()?)),
        ("address", ip),
        ("netmask", mask),
        ("gateway", gateway),
        ("vlan", network.attribute("vlan")?),
        ("mtu", mtu),
        ("route", routes),
        ("rules", rules),
        ("bootproto", network.given("bootproto")?.unwrap_or_else(|| Val::str("static"))),
        ("defroute", network.attribute("defroute")?),
        ("ethtool_opts", network.attribute("ethtool_opts")?),
        ("zone", network.attribute("zone")?),
        ("allowed_addresses", allowed),
        ("onboot", Val::str("yes")),
    ];
    Ok(record(fields.into_iter().chain(own)))
}

fn route(route: &Val) -> Outcome {
    let cidr = text::str_of(&required_part(route, "cidr")?)?;
    let block = block_of(&cidr).ok_or_else(|| Fault::new(format!("invalid IPNetwork {cidr}")))?;
    let mut fields = vec![
        ("network", Val::str(block.network().to_string())),
        ("netmask", Val::str(block.netmask().to_string())),
    ];
    let Val::Dict(dict) = route else { return Err(Fault::new("a route must be a dict")) };
    for name in ["gateway", "table", "options"] {
        if let Some(value) = dict.get_str(name) {
            fields.push((name, value));
        }
    }
    Ok(Val::dict(fields))
}

fn check_rules(rules: &Val) -> Outcome<()> {
    if !rules.truth()? {
        return Ok(());
    }
    if rules.items()?.iter().all(|rule| matches!(rule, Val::Str(_) | Val::Dict(_))) {
        return Ok(());
    }
    Err(Fault::new("Routing policy rules must be defined in string or dict format for Rocky Linux"))
}

fn interface_obj(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = View::of(env, args)?.network(&text::str_of(input)?);
    let names = args.take("names").filter(|names| !matches!(names, Val::None));
    args.end()?;
    let device = network.device()?;
    let mut mtu = network.mtu()?;
    if let Some(names) = names
        && network.is_vlan_interface()?
    {
        let parent = network.vlan_parent(&device, &network.attribute("vlan")?)?;
        // NetworkManager stumbles over a VLAN with the same MTU as its bridge.
        if let Some(bridge) = bridge_mtu(&network.view, &names_of(&names)?, &parent)?
            && ops::equal(&mtu, &bridge)?
        {
            mtu = Val::None;
        }
    }
    described(&network, mtu, [("macaddress", network.attribute("macaddress")?)])
}

/// The MTU of the bridge with this interface, if one of the networks has it.
pub(super) fn bridge_mtu(view: &View, names: &[String], device: &str) -> Outcome<Option<Val>> {
    let mut found = None;
    for bridge in view.selected(names, |network| Ok(network.kind()? == Kind::Bridge))? {
        if bridge.attribute("interface")?.as_str() == Some(device) {
            found = Some(bridge.mtu()?);
        }
    }
    Ok(found)
}

fn bridge_obj(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    network.device()?;
    let own = [("ports", network.bridge_ports()?), ("stp", network.bridge_stp()?)];
    described(&network, network.mtu()?, own)
}

fn bond_obj(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    network.device()?;
    let names = [
        "bond_slaves",
        "bond_mode",
        "bond_ad_select",
        "bond_miimon",
        "bond_updelay",
        "bond_downdelay",
        "bond_xmit_hash_policy",
        "bond_lacp_rate",
    ];
    let own = names.into_iter().map(|name| Ok((name, network.attribute(name)?)));
    described(&network, network.mtu()?, own.collect::<Outcome<Vec<_>>>()?)
}

fn configdrive_network_device(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    let device = network.device()?;
    let (vlan, parent) = (network.given("vlan")?, network.given("parent")?);
    let backend = match (vlan, parent, device.split_once('.')) {
        (Some(_), Some(parent), _) => parent,
        (Some(_), None, Some((parent, _))) => Val::list(vec![Val::str(parent)]),
        _ => Val::None,
    };
    let kind = if backend.truth()? { Val::str("vlan") } else { Val::None };
    Ok(record([
        ("device", Val::str(&device)),
        ("address", network.ip()?),
        ("netmask", network.mask()?),
        ("gateway", network.attribute("gateway")?),
        ("bootproto", network.given("bootproto")?.unwrap_or_else(|| Val::str("static"))),
        ("mtu", network.mtu()?),
        ("backend", backend),
        ("type", kind),
    ]))
}

/// Which of the hosts have which network.
fn hosts_by_network(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    let mut found: indexmap::IndexMap<String, Vec<Val>> = indexmap::IndexMap::new();
    for host in input.items()? {
        let Some(view) = env.other(&text::str_of(&host)?) else { continue };
        let Some(interfaces) = view.variable("network_interfaces") else { continue };
        let interfaces = interfaces.used()?;
        if !interfaces.truth()? {
            continue;
        }
        for name in names_of(&interfaces)? {
            found.entry(name).or_default().push(host.clone());
        }
    }
    Ok(Val::dict(found.into_iter().map(|(name, hosts)| (name, Val::list(hosts)))))
}
