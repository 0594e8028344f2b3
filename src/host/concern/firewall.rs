//! firewalld: what comes in through which interface.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Absent, FirewallItem, Item, Link, Packages, Refresh, Resource, Unit, firewall},
};

const UNIT: &str = "firewalld.service";
/// A link to nothing at this name keeps it from being started.
const MASK: &str = "/etc/systemd/system/firewalld.service";
/// What firewalld comes with.
const DEFAULT_ZONE: &str = "public";

/// Without `firewalld_enabled` firewalld is taken off the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firewall {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firewalld: Option<Firewalld>,
}

/// Zones and what is in them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Firewalld {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_zone: Option<String>,
    pub rules: Vec<FirewallRule>,
}

/// An item of `firewalld_rules` or `firewalld_zones`, or a network's zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirewallRule {
    /// `None` for the default zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    pub item: Item,
    pub on: bool,
}

impl Topic for Firewall {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        match &self.firewalld {
            Some(firewalld) => firewalld.resources(host),
            None => Ok(vec![Unit::off(UNIT).into(), Packages::absent(["firewalld"]).into()]),
        }
    }
}

impl Firewalld {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let default_zone = match &self.default_zone {
            Some(zone) => zone.clone(),
            None => firewall::default_zone(host.machine)?.unwrap_or_else(|| DEFAULT_ZONE.into()),
        };
        let item = |rule: &FirewallRule| {
            let zone = rule.zone.as_deref().unwrap_or(&default_zone);
            FirewallItem::new(zone, rule.item.clone(), rule.on)
        };
        let (zones, others): (Vec<_>, Vec<_>) =
            self.rules.iter().map(item).partition(|item| item.item == Item::Zone);
        let default =
            self.default_zone.iter().map(|zone| FirewallItem::new(zone, Item::Default, true));
        let items: Vec<FirewallItem> = zones.into_iter().chain(default).chain(others).collect();
        let moved = moved(host, &items)?;
        let items: Vec<Resource> = items.into_iter().map(Resource::from).collect();
        let restart = Refresh::restart(UNIT, &items);
        let mut resources = package(host)?;
        resources.extend(moved);
        resources.extend(items);
        resources.push(restart.into());
        // Last: an undo puts units back in the order in which they stand here.
        resources.push(Unit::on(UNIT).into());
        Ok(resources)
    }
}

/// firewalld itself. Debian's package starts it when it is installed, before it has a rule and before the host undoes
/// what it cuts off: until then it is masked. A link that a killed run leaves is nobody's wish in the next one, and goes.
fn package(host: &Host) -> Result<Vec<Resource>, Fault> {
    let package = Resource::from(Packages::installed(["firewalld"]));
    if host.facts.family != Family::Debian || package.look(host.machine)?.is_empty() {
        return Ok(vec![package]);
    }
    let mask = Link { path: MASK.into(), target: "/dev/null".into() };
    let unmask = Absent { path: MASK.into() };
    Ok(vec![mask.into(), package, unmask.into()])
}

/// Interfaces leave the zones that they are in.
fn moved(host: &Host, items: &[FirewallItem]) -> Result<Vec<Resource>, Fault> {
    let mut moved = Vec::new();
    for FirewallItem { zone, item, on, .. } in items {
        if let (Item::Interface(name), true) = (item, on) {
            for other in firewall::other_zones_with(host.machine, name, zone)? {
                moved.push(FirewallItem::new(&other, item.clone(), false).into());
            }
        }
    }
    Ok(moved)
}

#[cfg(test)]
#[path = "firewall_tests.rs"]
mod tests;
