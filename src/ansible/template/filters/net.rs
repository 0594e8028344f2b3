//! Kayobe's filters on network names: `net_x` reads the variable `<network>_x`, of this host or of another.

use std::sync::Arc;

use ipnet::IpNet;

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::{Key, Val},
};

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
    let attribute = name.strip_prefix("net_")?;
    Some(match attribute {
        "attr" => net_attr,
        "ip" => ip,
        "mask" => mask,
        "prefix" => prefix,
        "mtu" => mtu,
        "libvirt_network_name" => libvirt_network_name,
        "libvirt_network" => libvirt_network,
        "libvirt_vm_network" => libvirt_vm_network,
        "physical_interface" => physical_interface,
        "is_ether" => |env, input, args| is(env, input, args, &Kind::Ether),
        "is_bridge" => |env, input, args| is(env, input, args, &Kind::Bridge),
        "is_bond" => |env, input, args| is(env, input, args, &Kind::Bond),
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
        _ => plain(attribute)?,
    })
}

/// A network as one host sees it.
struct Network {
    env: Arc<Env>,
    name: String,
}

impl Network {
    fn of(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome<Self> {
        let name = text::str_of(input)?;
        let env = match args.take("inventory_hostname") {
            None | Some(Val::None) => Arc::clone(env),
            Some(host) => other(env, &text::str_of(&host)?)?,
        };
        args.end()?;
        Ok(Self { env, name })
    }

    /// The attribute's value; `None` where nothing sets it.
    fn attribute(&self, attribute: &str) -> Outcome {
        match self.env.variable(&format!("{}_{attribute}", self.name)) {
            Some(value) => value.used(),
            None => Ok(Val::None),
        }
    }
}

fn other(env: &Arc<Env>, host: &str) -> Outcome<Arc<Env>> {
    if host == &**env.host() {
        return Ok(Arc::clone(env));
    }
    let missing = || Fault::new(format!("Inventory hostname '{host}' not in hostvars"));
    env.other(host).ok_or_else(missing)
}

fn net_attr(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let attribute = args.text("attr")?;
    Network::of(env, input, args)?.attribute(&attribute)
}

fn ip(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    let Val::Dict(addresses) = network.attribute("ips")? else { return Ok(Val::None) };
    let address = addresses.get(&Key::text(network.env.host()));
    address.map_or(Ok(Val::None), Val::used)
}

fn block(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome<Option<IpNet>> {
    let network = Network::of(env, input, args)?;
    let Val::Str(text) = network.attribute("cidr")? else { return Ok(None) };
    let block = text.parse().ok().or_else(|| {
        // An address without a prefix length is a network of that one address.
        text.parse::<std::net::IpAddr>().ok().map(IpNet::from)
    });
    let name = &network.name;
    block.map(Some).ok_or_else(|| Fault::new(format!("`{name}_cidr` is no network: {text}")))
}

fn mask(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let block = block(env, input, args)?;
    Ok(block.map_or(Val::None, |block| Val::str(block.netmask().to_string())))
}

fn prefix(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let block = block(env, input, args)?;
    Ok(block.map_or(Val::None, |block| Val::str(block.prefix_len().to_string())))
}

fn mtu(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    match network.attribute("mtu")? {
        Val::Str(found) => text::parse_int(&found, 10)
            .map(Val::Int)
            .ok_or_else(|| Fault::new(format!("`{}_mtu` is no number: {found}", network.name))),
        other => Ok(other),
    }
}

fn libvirt_network_name(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    let name = network.attribute("libvirt_network_name")?;
    Ok(if name.truth()? { name } else { Val::str(&network.name) })
}

fn libvirt_network(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let name = libvirt_network_name(env, input, &mut args.clone())?;
    let bridge = Network::of(env, input, args)?.attribute("interface")?;
    Ok(Val::dict([("name", name), ("mode", Val::str("bridge")), ("bridge", bridge)]))
}

fn libvirt_vm_network(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let name = libvirt_network_name(env, input, args)?;
    Ok(Val::dict([("network", name), ("net_name", input.clone())]))
}

/// What a network's interface is on this host.
#[derive(PartialEq, Eq)]
enum Kind {
    Ether,
    Bridge,
    Bond,
}

impl Network {
    fn kind(&self) -> Outcome<Kind> {
        let (bridge, bond) = (self.attribute("bridge_ports")?, self.attribute("bond_slaves")?);
        match (matches!(bridge, Val::None), matches!(bond, Val::None)) {
            (true, true) => Ok(Kind::Ether),
            (false, true) => Ok(Kind::Bridge),
            (true, false) => Ok(Kind::Bond),
            (false, false) => Err(Fault::new(format!(
                "network `{}` has both bridge ports and bond slaves",
                self.name
            ))),
        }
    }

    fn is_vlan(&self) -> Outcome<bool> {
        Ok(!matches!(self.attribute("vlan")?, Val::None))
    }
}

fn is(env: &Arc<Env>, input: &Val, args: &mut Args, kind: &Kind) -> Outcome {
    Ok(Val::Bool(Network::of(env, input, args)?.kind()? == *kind))
}

fn selected(
    env: &Arc<Env>,
    input: &Val,
    args: &mut Args,
    wanted: impl Fn(&Network) -> Outcome<bool>,
) -> Outcome {
    let mut kept = Vec::new();
    for name in input.items()? {
        if wanted(&Network::of(env, &name, &mut args.clone())?)? {
            kept.push(name);
        }
    }
    Ok(Val::list(kept))
}

fn physical_interface(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let network = Network::of(env, input, args)?;
    match network.kind()? {
        Kind::Bridge => network.attribute("bridge_ports"),
        Kind::Bond => network.attribute("bond_slaves"),
        Kind::Ether => Ok(Val::list(vec![network.attribute("interface")?])),
    }
}
