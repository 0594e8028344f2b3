//! A network as the variables of a host describe it.

use std::sync::Arc;

use ipnet::IpNet;

use crate::ansible::template::{
    access,
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::{logic, regex},
    text,
    value::{Key, Val},
};

/// The host that a filter is asked about, and the one whose template asks.
#[derive(Clone)]
pub(super) struct View {
    pub(super) here: Arc<Env>,
    pub(super) env: Arc<Env>,
}

/// What a network's interface is on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ether,
    Bridge,
    Bond,
}

/// A network as one host sees it.
pub(super) struct Network {
    pub(super) view: View,
    pub(super) name: String,
}

impl View {
    /// The view of the host that the call names, else of the host at hand.
    pub(super) fn of(env: &Arc<Env>, args: &mut Args) -> Outcome<Self> {
        let here = Arc::clone(env);
        let env = match args.take("inventory_hostname") {
            None | Some(Val::None) => Arc::clone(env),
            Some(host) => other(env, &text::str_of(&host)?)?,
        };
        Ok(Self { here, env })
    }

    pub(super) fn network(&self, name: &str) -> Network {
        Network { view: self.clone(), name: name.to_owned() }
    }

    /// The networks of a list that the test lets through.
    pub(super) fn selected(
        &self,
        names: &[String],
        wanted: impl Fn(&Network) -> Outcome<bool>,
    ) -> Outcome<Vec<Network>> {
        let mut kept = Vec::new();
        for name in names {
            let network = self.network(name);
            if wanted(&network)? {
                kept.push(network);
            }
        }
        Ok(kept)
    }

    /// A variable's value; `None` where nothing sets it.
    pub(super) fn variable(&self, name: &str) -> Outcome {
        self.env.variable(name).map_or(Ok(Val::None), Val::used)
    }

    /// The numbers of the host's routing tables by their names.
    pub(super) fn route_tables(tables: &Val) -> Outcome<Vec<(Val, Val)>> {
        let table = |table: &Val| {
            let part = |name| access::item(table, &Val::str(name))?.used();
            Ok((part("name")?, part("id")?))
        };
        tables.items()?.iter().map(table).collect()
    }
}

fn other(env: &Arc<Env>, host: &str) -> Outcome<Arc<Env>> {
    if host == &**env.host() {
        return Ok(Arc::clone(env));
    }
    let missing = || Fault::new(format!("Inventory hostname '{host}' not in hostvars"));
    env.other(host).ok_or_else(missing)
}

impl Network {
    pub(super) fn of(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome<Self> {
        let name = text::str_of(input)?;
        let view = View::of(env, args)?;
        args.end()?;
        Ok(Self { view, name })
    }

    /// The attribute's value; `None` where nothing sets it.
    pub(super) fn attribute(&self, attribute: &str) -> Outcome {
        self.view.variable(&format!("{}_{attribute}", self.name))
    }

    /// The attribute's value if Python takes it for true.
    pub(super) fn given(&self, attribute: &str) -> Outcome<Option<Val>> {
        let value = self.attribute(attribute)?;
        Ok(if value.truth()? { Some(value) } else { None })
    }

    pub(super) fn ip(&self) -> Outcome {
        let addresses = match self.attribute("ips")? {
            Val::Dict(addresses) => addresses,
            other if other.truth()? => {
                let (name, kind) = (&self.name, other.type_name());
                let why = format!("`{name}_ips` is '{kind}', not a map of hosts to addresses");
                return Err(Fault::new(why));
            }
            _ => return Ok(Val::None),
        };
        let address = addresses.get(&Key::text(self.view.env.host()));
        address.map_or(Ok(Val::None), Val::used)
    }

    pub(super) fn block(&self) -> Outcome<Option<IpNet>> {
        let Val::Str(text) = self.attribute("cidr")? else { return Ok(None) };
        let name = &self.name;
        let wrong = || Fault::new(format!("`{name}_cidr` is no network: {text}"));
        block_of(&text).map(Some).ok_or_else(wrong)
    }

    pub(super) fn mask(&self) -> Outcome {
        Ok(self.block()?.map_or(Val::None, |block| Val::str(block.netmask().to_string())))
    }

    pub(super) fn prefix(&self) -> Outcome {
        Ok(self.block()?.map_or(Val::None, |block| Val::str(block.prefix_len().to_string())))
    }

    pub(super) fn mtu(&self) -> Outcome {
        match self.attribute("mtu")? {
            Val::Str(found) => text::parse_int(&found, 10)
                .map(Val::Int)
                .ok_or_else(|| Fault::new(format!("`{}_mtu` is no number: {found}", self.name))),
            other => Ok(other),
        }
    }

    /// The name of the interface, which must be there.
    pub(super) fn device(&self) -> Outcome<String> {
        let host = self.view.env.host();
        let missing = || {
            Fault::with_hint(
                format!("Network interface for network '{}' on host '{host}' not found", self.name),
                format!("set {}_interface", self.name),
            )
        };
        text::str_of(&self.given("interface")?.ok_or_else(missing)?)
    }

    pub(super) fn kind(&self) -> Outcome<Kind> {
        let (bridge, bond) = (self.bridge_ports()?, self.attribute("bond_slaves")?);
        match (matches!(bridge, Val::None), matches!(bond, Val::None)) {
            (true, true) => Ok(Kind::Ether),
            (false, true) => Ok(Kind::Bridge),
            (true, false) => Ok(Kind::Bond),
            (false, false) => Err(Fault::new(format!(
                "Network {} on host {} has both bridge ports and bond slaves defined",
                self.name,
                self.view.env.host()
            ))),
        }
    }

    /// Kayobe looks at the host at hand here, whatever host is asked about, and values are to be equal.
    pub(super) fn is_vlan(&self) -> Outcome<bool> {
        let here = View { here: Arc::clone(&self.view.here), env: Arc::clone(&self.view.here) };
        Ok(!matches!(here.network(&self.name).attribute("vlan")?, Val::None))
    }

    /// Whether the interface is one of a VLAN, by its attributes or by its name.
    pub(super) fn is_vlan_interface(&self) -> Outcome<bool> {
        if self.given("parent")?.is_some() && self.given("vlan")?.is_some() {
            return Ok(true);
        }
        Ok(vlan_of(&self.device()?)?.is_some())
    }

    /// The interface that carries the VLAN.
    pub(super) fn vlan_parent(&self, device: &str, vlan: &Val) -> Outcome<String> {
        if let Some(parent) = self.given("parent")? {
            return text::str_of(&parent);
        }
        let vlan = text::str_of(vlan)?;
        Ok(device.strip_suffix(&format!(".{vlan}")).unwrap_or(device).to_owned())
    }

    /// Whether a bridge speaks the spanning tree protocol, as text; the default depends on the host's system.
    pub(super) fn bridge_stp(&self) -> Outcome {
        let stp = self.attribute("bridge_stp")?;
        let facts =
            self.view.here.variable("ansible_facts").unwrap_or_else(|| Val::dict::<&str>([]));
        let family = access::item(&facts, &Val::str("os_family"))?.used()?;
        Ok(match stp {
            Val::None if family.as_str() == Some("RedHat") => Val::str("false"),
            Val::None => Val::None,
            stp => Val::str(logic::to_bool(&stp)?.to_string()),
        })
    }

    pub(super) fn bridge_ports(&self) -> Outcome {
        let ports = self.attribute("bridge_ports")?;
        if ports.truth()? && !matches!(ports, Val::List(_)) {
            let name = &self.name;
            return Err(Fault::new(format!("Bridge ports for network '{name}' should be a list")));
        }
        Ok(ports)
    }
}

/// A network; an address without a prefix length is a network of that one address.
pub(super) fn block_of(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// The VLAN in an interface's name such as `eth0.12`.
pub(super) fn vlan_of(device: &str) -> Outcome<Option<String>> {
    let pattern = regex::compiled(r"^[a-zA-Z0-9_\-]+\.([1-9][\d]{0,3})$", false, false)?;
    let found = pattern.captures(device).ok().flatten();
    Ok(found.and_then(|found| found.get(1)).map(|vlan| vlan.as_str().to_owned()))
}

/// A dict without what is `None`.
pub(super) fn record<'name>(pairs: impl IntoIterator<Item = (&'name str, Val)>) -> Val {
    Val::dict(pairs.into_iter().filter(|(_, value)| !matches!(value, Val::None)))
}

/// The names in a list of networks.
pub(super) fn names_of(input: &Val) -> Outcome<Vec<String>> {
    input.items()?.iter().map(text::str_of).collect()
}

/// An item of a dict; `None` where it has none.
pub(super) fn part(dict: &Val, name: &str) -> Outcome {
    match access::item(dict, &Val::str(name))? {
        Val::Missing(fault) if fault.undefined => Ok(Val::None),
        found => found.used(),
    }
}

/// An item that a dict must have.
pub(super) fn required_part(dict: &Val, name: &str) -> Outcome {
    access::item(dict, &Val::str(name))?.used()
}
