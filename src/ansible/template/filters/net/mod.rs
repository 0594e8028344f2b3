//! Kayobe's filters on network names: `net_x` reads the variable `<network>_x`, of this host or of another.

mod ethtool;
mod interfaces;
mod network;
mod networkd;
mod nmstate;
mod routes;
mod stacks;
mod switches;
mod veths;

use std::sync::Arc;

use self::network::{Kind, Network, View, names_of};
use super::Filter;
use crate::ansible::template::{call::Args, env::Env, fault::Outcome, value::Val};

/// Declares one filter for each attribute that is given as it is: a filter is a plain function and cannot carry a name.
macro_rules! plain_attributes {
    ($($name:literal),+ $(,)?) => {
        fn plain(attribute: &str) -> Option<Filter> {
            Some(match attribute {
                $($name => |env, input, args| Network::of(env, input, args)?.attribute($name),)+
                _ => return None,
            })
        }
    };
}

plain_attributes! {
    "vip_address",
    "fqdn",
    "interface",
    "parent",
    "no_ip",
    "cidr",
    "gateway",
    "vlan",
    "macaddress",
    "routes",
    "rules",
    "physical_network",
    "bootproto",
    "defroute",
    "ethtool_opts",
    "zone",
    "allocation_pool_start",
    "allocation_pool_end",
    "inspection_allocation_pool_start",
    "inspection_allocation_pool_end",
    "inspection_gateway",
    "inspection_dns_servers",
    "neutron_allocation_pool_start",
    "neutron_allocation_pool_end",
    "neutron_gateway",
    "neutron_dns_servers",
}

pub(super) fn find(name: &str) -> Option<Filter> {
    let Some(attribute) = name.strip_prefix("net_") else {
        return networkd::find(name)
            .or_else(|| nmstate::find(name))
            .or_else(|| switches::find(name));
    };
    Some(match attribute {
        "attr" => net_attr,
        "ip" => |env, input, args| Network::of(env, input, args)?.ip(),
        "mask" => |env, input, args| Network::of(env, input, args)?.mask(),
        "prefix" => |env, input, args| Network::of(env, input, args)?.prefix(),
        "mtu" => |env, input, args| Network::of(env, input, args)?.mtu(),
        "bridge_stp" => |env, input, args| Network::of(env, input, args)?.bridge_stp(),
        "libvirt_network_name" => libvirt_network_name,
        "libvirt_network" => libvirt_network,
        "libvirt_vm_network" => libvirt_vm_network,
        "physical_interface" => physical_interface,
        "is_ether" => |env, input, args| is(env, input, args, Kind::Ether),
        "is_bridge" => |env, input, args| is(env, input, args, Kind::Bridge),
        "is_bond" => |env, input, args| is(env, input, args, Kind::Bond),
        "is_vlan" => |env, input, args| Ok(Val::Bool(Network::of(env, input, args)?.is_vlan()?)),
        "select_ethers" => |env, input, args| {
            selected(env, input, args, |network| Ok(network.kind()? == Kind::Ether))
        },
        "select_bridges" => |env, input, args| {
            selected(env, input, args, |network| Ok(network.kind()? == Kind::Bridge))
        },
        "select_bonds" => |env, input, args| {
            selected(env, input, args, |network| Ok(network.kind()? == Kind::Bond))
        },
        "select_vlans" => |env, input, args| selected(env, input, args, Network::is_vlan),
        "reject_vlans" => {
            |env, input, args| selected(env, input, args, |network| Ok(!network.is_vlan()?))
        }
        _ => return plain(attribute).or_else(|| interfaces::find(attribute)),
    })
}

fn net_attr(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let attribute = args.text("attr")?;
    Network::of(env, input, args)?.attribute(&attribute)
}

fn libvirt_name(network: &Network) -> Outcome {
    Ok(network.given("libvirt_network_name")?.unwrap_or_else(|| Val::str(&network.name)))
}

fn libvirt_network_name(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    libvirt_name(&Network::of(env, input, args)?)
}

fn libvirt_network(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    Ok(Val::dict([
        ("name", libvirt_name(&network)?),
        ("mode", Val::str("bridge")),
        ("bridge", network.attribute("interface")?),
    ]))
}

fn libvirt_vm_network(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let name = libvirt_network_name(env, input, args)?;
    Ok(Val::dict([("network", name), ("net_name", input.clone())]))
}

fn is(env: &Arc<Env>, input: &Val, args: &mut Args, kind: Kind) -> Outcome {
    Ok(Val::Bool(Network::of(env, input, args)?.kind()? == kind))
}

fn selected(
    env: &Arc<Env>,
    input: &Val,
    args: &mut Args,
    wanted: impl Fn(&Network) -> Outcome<bool>,
) -> Outcome {
    let view = View::of(env, args)?;
    args.end()?;
    let kept = view.selected(&names_of(input)?, wanted)?;
    Ok(Val::strings(kept.iter().map(|network| &network.name)))
}

fn physical_interface(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    match network.kind()? {
        Kind::Bridge => network.bridge_ports(),
        Kind::Bond => network.attribute("bond_slaves"),
        Kind::Ether => Ok(Val::list(vec![network.attribute("interface")?])),
    }
}
