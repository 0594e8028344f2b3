//! One thing that a zone of firewalld's holds. It is looked for in firewalld's own files and changed by firewalld's own
//! program, which needs no daemon; a restart brings it into force.

mod element;

use serde::{Deserialize, Serialize};

use self::element::Element;
use super::Thing;
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

const MAIN: &str = "/etc/firewalld/firewalld.conf";
const OWN: &str = "/etc/firewalld/zones";
const OF_VENDOR: &str = "/usr/lib/firewalld/zones";

/// Something of a zone that is there, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallItem {
    pub zone: String,
    pub item: Item,
    pub on: bool,
    /// The file that it is in.
    pub path: String,
}

/// What a zone can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The zone itself.
    Zone,
    /// The zone is the one of interfaces that nobody speaks of.
    Default,
    Interface(String),
    /// Addresses, a MAC address, or `ipset:NAME`.
    Source(String),
    Service(String),
    /// `161-162` and `udp`
    Port(String, String),
    IcmpBlock(String),
    IcmpBlockInversion,
    Masquerade,
    RichRule(String),
}

/// The texts of firewalld's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    own: Option<String>,
    of_vendor: Option<String>,
    default_zone: Option<String>,
}

impl FirewallItem {
    pub fn new(zone: &str, item: Item, on: bool) -> Self {
        let path = match item {
            Item::Default => MAIN.to_owned(),
            _ => format!("{OWN}/{zone}.xml"),
        };
        Self { zone: zone.into(), item, on, path }
    }

    fn is_there(&self, seen: &Seen) -> bool {
        match &self.item {
            Item::Zone => seen.own.is_some() || seen.of_vendor.is_some(),
            Item::Default => seen.default_zone.as_deref() == Some(self.zone.as_str()),
            _ => self.item.is_in(seen.own.as_deref().or(seen.of_vendor.as_deref())),
        }
    }

    fn change(&self, on: bool) -> Change {
        let (zone, word) = (&self.zone, self.item.words());
        Change::new(match (&self.item, on) {
            (Item::Zone, true) => format!("make the firewall's zone {zone}"),
            (Item::Zone, false) => format!("remove the firewall's zone {zone}"),
            (Item::Default, _) => format!("make {zone} the firewall's default zone"),
            (_, true) => format!("add {word} to the firewall's zone {zone}"),
            (_, false) => format!("remove {word} from the firewall's zone {zone}"),
        })
    }

    fn set(&self, machine: &Machine, on: bool) -> Result<(), Fault> {
        let zone = &self.zone;
        let args = match (&self.item, on) {
            (Item::Zone, true) => vec![format!("--new-zone={zone}")],
            (Item::Zone, false) => vec![format!("--delete-zone={zone}")],
            (Item::Default, _) => vec![format!("--set-default-zone={zone}")],
            (item, on) => vec![format!("--zone={zone}"), item.option(on)],
        };
        machine.must(&Call::new("firewall-offline-cmd", args)).map(drop).map_err(|fault| {
            if fault.to_string().contains("INVALID_ZONE") {
                fault.hint(format!("there is no zone {zone}: `firewalld_zones` makes zones"))
            } else {
                fault
            }
        })
    }
}

impl Item {
    /// As firewalld's programs call it: `service=ssh`.
    fn words(&self) -> String {
        match self {
            Self::Zone => "zone".into(),
            Self::Default => "default".into(),
            Self::Interface(name) => format!("interface={name}"),
            Self::Source(source) => format!("source={source}"),
            Self::Service(name) => format!("service={name}"),
            Self::Port(port, protocol) => format!("port={port}/{protocol}"),
            Self::IcmpBlock(kind) => format!("icmp-block={kind}"),
            Self::IcmpBlockInversion => "icmp-block-inversion".into(),
            Self::Masquerade => "masquerade".into(),
            Self::RichRule(rule) => format!("rich-rule={rule}"),
        }
    }

    fn option(&self, on: bool) -> String {
        if let (Self::Service(name), false) = (self, on) {
            // The shorter name means another program's list, and knows no zone.
            return format!("--remove-service-from-zone={name}");
        }
        let verb = match (self, on) {
            // An interface is in one zone only.
            (Self::Interface(_), true) => "change",
            (_, true) => "add",
            (_, false) => "remove",
        };
        format!("--{verb}-{}", self.words())
    }

    fn is_in(&self, file: Option<&str>) -> bool {
        let Some(zone) = file.and_then(element::zone) else { return false };
        let has = |name: &str, attributes: &[(&str, &str)]| {
            zone.children.iter().any(|child| child.name == name && child.has(attributes))
        };
        match self {
            Self::Zone | Self::Default => true,
            Self::Interface(name) => has("interface", &[("name", name)]),
            Self::Source(source) => source_is_in(&zone, source),
            Self::Service(name) => has("service", &[("name", name)]),
            Self::Port(port, protocol) => has("port", &[("port", port), ("protocol", protocol)]),
            Self::IcmpBlock(kind) => has("icmp-block", &[("name", kind)]),
            Self::IcmpBlockInversion => has("icmp-block-inversion", &[]),
            Self::Masquerade => has("masquerade", &[]),
            Self::RichRule(rule) => {
                element::rich_rule(rule).is_some_and(|rule| zone.children.contains(&rule))
            }
        }
    }

    /// Whether a rich rule can be read as one; others always can.
    pub fn is_readable(&self) -> bool {
        !matches!(self, Self::RichRule(rule) if element::rich_rule(rule).is_none())
    }
}

fn source_is_in(zone: &Element, source: &str) -> bool {
    let is = |child: &Element| {
        let value = |name: &str| child.attributes.get(name).map(String::as_str);
        match source.strip_prefix("ipset:") {
            Some(set) => value("ipset") == Some(set),
            None => {
                value("address") == Some(source)
                    || value("mac").is_some_and(|mac| mac.eq_ignore_ascii_case(source))
            }
        }
    };
    zone.children.iter().any(|child| child.name == "source" && is(child))
}

impl Thing for FirewallItem {
    type Seen = Seen;

    fn key(&self) -> String {
        match self.item {
            Item::Default => format!("setting:{MAIN}::DefaultZone"),
            _ => format!("firewall:{}:{}", self.zone, self.item.words()),
        }
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let file = |directory: &str| machine.text(&format!("{directory}/{}.xml", self.zone));
        Ok(Seen {
            own: file(OWN)?,
            of_vendor: file(OF_VENDOR)?,
            default_zone: default_zone(machine)?,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        if self.is_there(seen) == self.on { Vec::new() } else { vec![self.change(self.on)] }
    }

    fn perform(&self, machine: &Machine, _seen: &Seen) -> Result<(), Fault> {
        self.set(machine, self.on)
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        if !self.on {
            return Ok(None);
        }
        let is_of_vendor = match &self.item {
            Item::Default => {
                let before = seen.default_zone.clone().filter(|zone| *zone != self.zone);
                return Ok(before.map(|before| Trace::Setting {
                    path: MAIN.into(),
                    section: String::new(),
                    name: "DefaultZone".into(),
                    values: vec![self.zone.clone()],
                    before: Some(before),
                }));
            }
            Item::Zone => seen.of_vendor.is_some(),
            item => item.is_in(seen.of_vendor.as_deref()),
        };
        Ok((!is_of_vendor).then(|| Trace::Firewall { item: self.clone() }))
    }

    /// What the distribution's zones lack was put there by somebody who meant the same: Kayobe, mostly.
    fn is_adopted(&self) -> bool {
        true
    }
}

/// The zone of interfaces that nobody speaks of.
pub(crate) fn default_zone(machine: &Machine) -> Result<Option<String>, Fault> {
    super::setting::value(machine, MAIN, "", "DefaultZone")
}

/// Zones, other than this one, whose files hold an interface.
pub(crate) fn other_zones_with(
    machine: &Machine,
    interface: &str,
    zone: &str,
) -> Result<Vec<String>, Fault> {
    let item = Item::Interface(interface.into());
    let mut found = Vec::new();
    for file in machine.names(OWN)? {
        let Some(name) = file.strip_suffix(".xml").filter(|name| *name != zone) else { continue };
        if item.is_in(machine.text(&format!("{OWN}/{file}"))?.as_deref()) {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}

/// What becomes of something that was put into a zone.
pub(crate) fn judge(machine: &Machine, item: &FirewallItem) -> Result<Verdict, Fault> {
    let there = match item.item {
        Item::Zone => machine.node(&item.path)?.is_some(),
        _ => item.is_there(&item.observe(machine)?),
    };
    // Without the program the firewall is gone, and its files say nothing.
    let program = machine.path("/usr/bin/firewall-offline-cmd");
    let usable = program.exists() || machine.path("/usr/sbin/firewall-offline-cmd").exists();
    Ok(if there && usable { Verdict::Remove(item.change(false)) } else { Verdict::Forget })
}

/// Takes it out of its zone.
pub(crate) fn take_away(machine: &Machine, item: &FirewallItem) -> Result<(), Fault> {
    item.set(machine, false)
}
