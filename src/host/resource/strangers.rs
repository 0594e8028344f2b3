//! Addresses on an interface that no file of systemd-networkd's asks for: those of keepalived, say, by which services
//! are reached. Configuring the interface anew would take them away.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::host::{fault::Fault, machine::Machine, programs::Call, undo};

const DIRECTORIES: [&str; 3] =
    ["/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network"];

/// What files say of an interface.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    addresses: BTreeSet<String>,
    /// Destination and gateway, as `ip` takes them.
    routes: BTreeSet<(String, String)>,
}

/// An interface as `ip` tells it.
#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    addr_info: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    local: Option<String>,
    prefixlen: Option<u8>,
    scope: Option<String>,
    #[serde(default)]
    dynamic: bool,
}

/// Takes what the files before the change asked for off an interface that has addresses of strangers, and leaves those.
/// Says whether it has any.
pub(super) fn are_left_alone(machine: &Machine, device: &str) -> Result<bool, Fault> {
    are_left(machine, device, &undo::before(machine)?)
}

/// Has systemd-networkd configure an interface anew, or leaves those alone that are on it, given what files asked for
/// before.
pub(in crate::host) fn reconfigure(
    machine: &Machine,
    device: &str,
    before: &[String],
) -> Result<(), Fault> {
    if are_left(machine, device, before)? {
        return Ok(());
    }
    machine.must(&Call::new("networkctl", ["reconfigure", device])).map(drop)
}

fn are_left(machine: &Machine, device: &str, before: &[String]) -> Result<bool, Fault> {
    let now = asked_now(machine, device)?;
    let before = Asked::of(before.iter(), device);
    let there = addresses(machine, device)?;
    let is_known = |one: &&String| now.addresses.contains(*one) || before.addresses.contains(*one);
    if there.iter().all(|one| is_known(&one)) {
        return Ok(false);
    }
    // What is gone already is no trouble.
    for address in before.addresses.difference(&now.addresses) {
        machine.run(&Call::new("ip", ["address", "delete", address, "dev", device]))?;
    }
    for (to, via) in before.routes.difference(&now.routes) {
        machine.run(&Call::new("ip", ["route", "delete", to, "via", via, "dev", device]))?;
    }
    Ok(true)
}

fn asked_now(machine: &Machine, device: &str) -> Result<Asked, Fault> {
    let mut texts = Vec::new();
    for directory in DIRECTORIES {
        let names = machine.names(directory)?;
        for name in names.iter().filter(|name| name.ends_with(".network")) {
            texts.extend(machine.text(&format!("{directory}/{name}"))?);
        }
    }
    Ok(Asked::of(texts.iter(), device))
}

fn addresses(machine: &Machine, device: &str) -> Result<Vec<String>, Fault> {
    let told = machine.must(&Call::new("ip", ["-json", "address", "show", "dev", device]))?.stdout;
    let links: Vec<Link> = serde_json::from_str(&told).unwrap_or_default();
    let all = links.into_iter().flat_map(|link| link.addr_info);
    let all = all.filter(|one| !one.dynamic && one.scope.as_deref() != Some("link"));
    Ok(all.filter_map(|one| Some(format!("{}/{}", one.local?, one.prefixlen?))).collect())
}

impl Asked {
    fn of<'t>(texts: impl Iterator<Item = &'t String>, device: &str) -> Self {
        let mut asked = Self::default();
        let is_about = |text: &&String| text.lines().any(|line| line == format!("Name={device}"));
        texts.filter(is_about).for_each(|text| asked.read(text));
        asked
    }

    fn read(&mut self, text: &str) {
        let (mut section, mut to) = ("", None);
        for line in text.lines().map(str::trim) {
            match (section, line.split_once('=')) {
                (_, None) if line.starts_with('[') => (section, to) = (line, None),
                ("[Network]" | "[Address]", Some(("Address", address))) => {
                    self.addresses.insert(address.to_owned());
                }
                ("[Network]", Some(("Gateway", via))) => {
                    self.routes.insert(("default".to_owned(), via.to_owned()));
                }
                ("[Route]", Some(("Destination", destination))) => to = Some(destination),
                ("[Route]", Some(("Gateway", via))) => {
                    let to = to.unwrap_or("default").to_owned();
                    self.routes.insert((to, via.to_owned()));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read() {
        let text = "[Match]\nName=eth1\n\n[Network]\nAddress=10.0.0.7/24\nGateway=10.0.0.1\n\n[Route]\n\
                    Destination=10.9.0.0/16\nGateway=10.0.0.2\n";
        let texts = [text.to_owned(), text.replace("eth1", "eth2").replace(".7", ".8")];
        let asked = Asked::of(texts.iter(), "eth1");
        assert_eq!(asked.addresses, ["10.0.0.7/24".to_owned()].into());
        let route = |to: &str, via: &str| (to.to_owned(), via.to_owned());
        let routes = [route("default", "10.0.0.1"), route("10.9.0.0/16", "10.0.0.2")];
        assert_eq!(asked.routes, routes.into());
    }
}
