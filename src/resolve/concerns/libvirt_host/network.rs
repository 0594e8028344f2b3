//! Networks of libvirt's as Kayobe's role has them: bridges of the host's, or networks of libvirt's own.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    host::concern::VirtualNetwork,
    origin::Sourced,
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// Options of networks of libvirt's own that Ymir does not know.
const UNKNOWN: [&str; 4] = ["routes", "routesv6", "ipv6", "ipv6_prefix"];

/// One item of the list.
#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    mode: Option<String>,
    bridge: Option<String>,
    ip: Option<String>,
    netmask: Option<String>,
    domain: Option<String>,
    dhcp_start: Option<String>,
    dhcp_end: Option<String>,
    xml: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

pub(super) fn read(reader: &Reader, variable: &str) -> Result<Vec<VirtualNetwork>> {
    let Some(list) = reader.get::<Vec<Item>>(variable)? else { return Ok(Vec::new()) };
    let Sourced { value: items, setting } = list;
    let networks = items.into_iter().map(|item| {
        let refused = |why: String| {
            Trouble::refused(format!("{}: libvirt's network {}", reader.host, item.name))
                .because(why)
                .set_by(&setting)
        };
        if let Some(name) = UNKNOWN.iter().find(|name| item.others.contains_key(**name)) {
            return Err(refused(format!("Ymir does not know its option `{name}`")));
        }
        if let Some(xml) = &item.xml {
            return Ok(VirtualNetwork { name: item.name.clone(), bridge: None, xml: xml.clone() });
        }
        let bridge = item.bridge.clone().ok_or_else(|| refused("it needs a `bridge`".into()))?;
        if item.is_libvirts_own() && (item.ip.is_none() || item.netmask.is_none()) {
            return Err(refused("it needs an `ip` and a `netmask`".into()));
        }
        Ok(VirtualNetwork { name: item.name.clone(), xml: item.xml(&bridge), bridge: Some(bridge) })
    });
    networks.collect()
}

impl Item {
    /// libvirt makes the bridge, and gives it an address.
    fn is_libvirts_own(&self) -> bool {
        self.mode.as_deref().is_none_or(|mode| ["route", "nat", "open"].contains(&mode))
    }

    fn xml(&self, bridge: &str) -> String {
        let Self { name, .. } = self;
        let forward = self.mode.iter().map(|mode| format!("  <forward mode='{mode}'/>\n"));
        let forward: String = forward.collect();
        let own = if self.is_libvirts_own() { self.own() } else { String::new() };
        format!(
            "<network>\n  <name>{name}</name>\n{forward}  <bridge name='{bridge}'/>\n{own}</network>\n"
        )
    }

    fn own(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let domain = self.domain.as_ref().unwrap_or(&self.name);
        let range = self.dhcp_start.as_ref().zip(self.dhcp_end.as_ref());
        let range = range
            .map(|(start, end)| format!("    <dhcp><range start='{start}' end='{end}'/></dhcp>\n"));
        format!(
            "  <domain name='{domain}'/>\n  <ip address='{}' netmask='{}'>\n{}  </ip>\n",
            text(&self.ip),
            text(&self.netmask),
            range.unwrap_or_default()
        )
    }
}
