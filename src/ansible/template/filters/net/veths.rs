//! The virtual interfaces that connect a host's bridges with Open vSwitch.

use std::sync::Arc;

use super::network::{Kind, View, names_of};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    ops,
    value::Val,
};

/// A pair of virtual interfaces that connects a bridge with Open vSwitch.
pub(super) struct Veth {
    pub(super) name: String,
    pub(super) peer: String,
    pub(super) bridge: String,
    pub(super) mtu: Val,
}

/// The pairs that a host needs for the networks of workloads and for external networks.
pub(super) fn veths(view: &View, names: &[String]) -> Outcome<Vec<Veth>> {
    let mut candidates =
        vec![view.variable("provision_wl_net_name")?, view.variable("cleaning_net_name")?];
    let external = view.variable("external_net_names")?;
    if external.truth()? {
        candidates.extend(external.items()?);
    }
    let bridges = view.selected(names, |network| Ok(network.kind()? == Kind::Bridge))?;
    let bridges: Vec<Val> =
        bridges.iter().map(|bridge| bridge.attribute("interface")).collect::<Outcome<_>>()?;
    let mut found: Vec<Veth> = Vec::new();
    for candidate in candidates {
        let Some(name) = candidate.as_str().filter(|name| names.iter().any(|known| known == name))
        else {
            continue;
        };
        let network = view.network(name);
        let device = network.device()?;
        let carrier = match network.given("vlan")? {
            Some(vlan) => network.vlan_parent(&device, &vlan)?,
            None => device,
        };
        if bridges.iter().any(|bridge| bridge.as_str() == Some(&carrier)) {
            let mtu = network.mtu()?;
            match found.iter_mut().find(|veth| veth.bridge == carrier) {
                Some(veth) => veth.mtu = larger(&veth.mtu, &mtu)?,
                None => found.push(veth(view, &carrier, mtu)?),
            }
        }
    }
    Ok(found)
}

/// The larger of two MTUs, each of which may be `None`.
pub(super) fn larger(one: &Val, other: &Val) -> Outcome {
    Ok(match (one.truth()?, other.truth()?) {
        (true, true) if ops::order(one, other)?.is_some_and(std::cmp::Ordering::is_lt) => {
            other.clone()
        }
        (false, true) => other.clone(),
        _ => one.clone(),
    })
}

fn veth(view: &View, bridge: &str, mtu: Val) -> Outcome<Veth> {
    let word = |name: &str| match view.variable(name)? {
        Val::Str(word) => Ok(word),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("`{name}` must be text, not '{kind}'")))
        }
    };
    let prefix = word("network_patch_prefix")?;
    // Linux knows no longer names than this.
    let named = |suffix: &str| {
        let suffix = word(suffix)?;
        let room = 15_usize.saturating_sub(prefix.chars().count() + suffix.chars().count());
        let cut: String = bridge.chars().take(room).collect();
        Ok::<_, Faulty>(format!("{prefix}{cut}{suffix}"))
    };
    Ok(Veth {
        name: named("network_patch_suffix_phy")?,
        peer: named("network_patch_suffix_ovs")?,
        bridge: bridge.to_owned(),
        mtu,
    })
}

pub(super) fn ovs_veths(env: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let view = View::of(env, args)?;
    args.end()?;
    let described = |veth: Veth| {
        Val::dict([
            ("device", Val::str(&veth.name)),
            ("bootproto", Val::str("static")),
            ("bridge", Val::str(&veth.bridge)),
            ("mtu", veth.mtu.clone()),
            ("peer_device", Val::str(&veth.peer)),
            ("peer_bootproto", Val::str("static")),
            ("peer_mtu", veth.mtu),
            ("onboot", Val::str("yes")),
        ])
    };
    Ok(Val::list(veths(&view, &names_of(input)?)?.into_iter().map(described).collect()))
}
