//! Interfaces, addresses and the ways out, as `ip` tells them.

use serde_json::{Map, Value, json};

use super::{Facts, number, put, said, text};
use crate::host::{fault::Fault, machine::Machine};

pub(super) fn add(facts: &mut Facts, machine: &Machine) -> Result<(), Fault> {
    let links = told(machine, &["-json", "address", "show"]);
    let (mut names, mut all4, mut all6) = (Vec::new(), Vec::new(), Vec::new());
    for link in &links {
        let Some(name) = link["ifname"].as_str() else { continue };
        let interface = interface(machine, name, link)?;
        all4.extend(addresses_of(link, "inet").filter(|address| !address.starts_with("127.")));
        all6.extend(addresses_of(link, "inet6").filter(|address| address != "::1"));
        put(facts, &name.replace(['-', ':'], "_"), interface);
        names.push(name.to_owned());
    }
    names.sort();
    put(facts, "interfaces", names);
    put(facts, "all_ipv4_addresses", all4);
    put(facts, "all_ipv6_addresses", all6);
    for (fact, family, option) in [("default_ipv4", "inet", "-4"), ("default_ipv6", "inet6", "-6")]
    {
        let routes = told(machine, &["-json", option, "route", "show", "default"]);
        put(facts, fact, way_out(&links, routes.first(), family));
    }
    Ok(())
}

fn told(machine: &Machine, words: &[&str]) -> Vec<Value> {
    serde_json::from_str(&said(machine, "ip", words)).unwrap_or_default()
}

fn addresses_of<'l>(link: &'l Value, family: &'l str) -> impl Iterator<Item = String> + 'l {
    let addresses = link["addr_info"].as_array().into_iter().flatten();
    let own = addresses.filter(move |address| address["family"] == family);
    own.filter_map(|address| address["local"].as_str().map(str::to_owned))
}

fn interface(machine: &Machine, name: &str, link: &Value) -> Result<Value, Fault> {
    let base = format!("/sys/class/net/{name}");
    let has = |part: &str| machine.path(&format!("{base}/{part}")).exists();
    let kind = match link["link_type"].as_str() {
        Some("loopback") => "loopback",
        _ if has("bridge") => "bridge",
        _ if has("bonding") => "bonding",
        Some("infiniband") => "infiniband",
        Some("none") => "tunnel",
        _ => "ether",
    };
    let mut told = Map::new();
    told.insert("device".into(), name.into());
    told.insert("type".into(), kind.into());
    told.insert("active".into(), (text(machine, &format!("{base}/operstate")) != "down").into());
    told.insert("mtu".into(), link["mtu"].clone());
    told.insert("promisc".into(), is_promiscuous(&text(machine, &format!("{base}/flags"))).into());
    if kind != "loopback" {
        told.insert("macaddress".into(), link["address"].clone());
    }
    if let Some(speed) = number(machine, &format!("{base}/speed")) {
        told.insert("speed".into(), speed.into());
    }
    if has("bridge") {
        told.insert("id".into(), text(machine, &format!("{base}/bridge/bridge_id")).into());
        told.insert("interfaces".into(), machine.names(&format!("{base}/brif"))?.into());
        told.insert(
            "stp".into(),
            (number(machine, &format!("{base}/bridge/stp_state")) == Some(1)).into(),
        );
    }
    if has("bonding") {
        let slaves = text(machine, &format!("{base}/bonding/slaves"));
        let slaves: Vec<&str> = slaves.split_whitespace().collect();
        told.insert("slaves".into(), json!(slaves));
        let mode = text(machine, &format!("{base}/bonding/mode"));
        told.insert("mode".into(), mode.split(' ').next().unwrap_or_default().into());
    }
    let (first, others) = four(link);
    told.extend(first.map(|first| ("ipv4".to_owned(), first)));
    if !others.is_empty() {
        told.insert("ipv4_secondaries".into(), others.into());
    }
    let six = six(link);
    if !six.is_empty() {
        told.insert("ipv6".into(), six.into());
    }
    Ok(told.into())
}

/// By the kernel's own flags: `ip` hides it where only the kernel has asked for it, as it does for a bridge.
fn is_promiscuous(flags: &str) -> bool {
    const PROMISCUOUS: u32 = 0x100;
    let flags = flags.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
    flags.is_some_and(|flags| flags & PROMISCUOUS != 0)
}

/// The first address, and the others.
fn four(link: &Value) -> (Option<Value>, Vec<Value>) {
    let addresses = link["addr_info"].as_array().into_iter().flatten();
    let mut told = addresses.filter(|one| one["family"] == "inet").filter_map(four_of);
    (told.next(), told.collect())
}

fn four_of(address: &Value) -> Option<Value> {
    let local: std::net::Ipv4Addr = address["local"].as_str()?.parse().ok()?;
    let prefix = u32::try_from(address["prefixlen"].as_u64()?).ok()?;
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(prefix)?).unwrap_or(0);
    Some(json!({
        "address": local.to_string(),
        "broadcast": address["broadcast"].as_str().unwrap_or_default(),
        "netmask": std::net::Ipv4Addr::from(mask).to_string(),
        "network": std::net::Ipv4Addr::from(u32::from(local) & mask).to_string(),
        "prefix": prefix.to_string(),
    }))
}

fn six(link: &Value) -> Vec<Value> {
    let addresses = link["addr_info"].as_array().into_iter().flatten();
    let own = addresses.filter(|address| address["family"] == "inet6");
    let one = |address: &Value| {
        json!({
            "address": address["local"],
            "prefix": address["prefixlen"].to_string(),
            "scope": address["scope"],
        })
    };
    own.map(one).collect()
}

/// The interface of the default route with its address, and the gateway.
fn way_out(links: &[Value], route: Option<&Value>, family: &str) -> Value {
    let Some(route) = route else { return json!({}) };
    let Some(link) = links.iter().find(|link| link["ifname"] == route["dev"]) else {
        return json!({});
    };
    let mut told = Map::new();
    told.extend(route["gateway"].as_str().map(|gateway| ("gateway".to_owned(), gateway.into())));
    told.insert("interface".into(), route["dev"].clone());
    told.insert("macaddress".into(), link["address"].clone());
    told.insert("mtu".into(), link["mtu"].clone());
    told.insert(
        "type".into(),
        if link["link_type"] == "loopback" { "loopback" } else { "ether" }.into(),
    );
    let address = if family == "inet" {
        told.insert("alias".into(), route["dev"].clone());
        four(link).0
    } else {
        six(link).into_iter().find(|address| address["scope"] == "global")
    };
    if let Some(Value::Object(address)) = address {
        told.extend(address);
    }
    told.into()
}
