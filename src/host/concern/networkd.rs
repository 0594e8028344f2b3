//! Interfaces by systemd-networkd: Debian and Ubuntu.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Absent, File, Link, Others, Packages, Refresh, Resource, Unit, Way},
};

/// What is written for systemd-networkd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Networkd {
    /// What the names of the files begin with: no other file has such a name.
    pub prefix: String,
    pub files: Vec<NetworkFile>,
}

/// A file of systemd-networkd's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFile {
    /// `50-kayobe-eth1.network`
    pub name: String,
    pub content: String,
}

/// Netplan is gone: it would write files of its own for systemd-networkd. It goes when the host was reached through
/// the new configuration; until then it is kept from running, and can come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Netplan {}

const DIRECTORY: &str = "/etc/systemd/network";
const SERVICE: &str = "systemd-networkd.service";
/// What netplan writes at each boot begins so.
const NETPLAN_FILES: (&str, &str) = ("/run/systemd/network", "10-netplan-");
/// A link to nothing at this name keeps netplan from writing them.
const NETPLAN_MASK: &str = "/etc/systemd/system-generators/netplan";
const NETPLAN: [&str; 2] =
    ["/usr/lib/systemd/system-generators/netplan", "/lib/systemd/system-generators/netplan"];
const NETPLAN_PACKAGES: [&str; 4] =
    ["libnetplan0", "libnetplan1", "netplan.io", "netplan-generator"];

impl Networkd {
    pub(super) fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources = Vec::new();
        let mut mask = None;
        for netplan in NETPLAN {
            if host.machine.node(netplan)?.is_some() {
                let link = Link { path: NETPLAN_MASK.into(), target: "/dev/null".into() };
                mask = Some(Resource::from(link));
            }
        }
        let mut of: Vec<Resource> = Vec::new();
        let (directory, prefix) = NETPLAN_FILES;
        of.push(Others::new(directory, prefix, Vec::new()).into());
        let names = self.files.iter().map(|file| file.name.clone()).collect();
        of.push(Others::new(DIRECTORY, &self.prefix, names).into());
        of.extend(self.files.iter().map(|file| written(file).into()));
        let links = self.files.iter().filter(|file| file.name.strip_suffix(".link").is_some());
        let links: Vec<Resource> = links.map(|file| written(file).into()).collect();
        let mut restart = Refresh::after(format!("restart {SERVICE}"), Way::RestartNetwork, &of);
        // It is no part of what is wanted: netplan goes in the next step, and that is no reason to restart again.
        restart.of.extend(mask.iter().map(Resource::key));
        resources.extend(mask);
        resources.extend(of);
        resources.push(Unit { running: None, ..Unit::on(SERVICE) }.into());
        resources.push(restart.into());
        resources.extend(self.files.iter().filter_map(reconfigured));
        if !links.is_empty() {
            let words = ["udevadm", "trigger", "--subsystem-match=net", "--action=add"];
            let way = Way::Run(vec![words.map(str::to_owned).to_vec()]);
            resources.push(Refresh::after("have udev name interfaces", way, &links).into());
        }
        Ok(resources)
    }
}

/// What takes an interface's former addresses away when its file has changed.
fn reconfigured(file: &NetworkFile) -> Option<Resource> {
    file.name.strip_suffix(".network")?;
    let device = file.content.lines().find_map(|line| line.strip_prefix("Name="))?;
    let way = Way::Reconfigure(device.into());
    Some(Refresh::after(format!("reconfigure {device}"), way, &[written(file).into()]).into())
}

fn written(file: &NetworkFile) -> File {
    let path = format!("{DIRECTORY}/{}", file.name);
    // Releases of Kayobe say differently that they manage it.
    File::new(path, &*file.content).owned("root", "systemd-network").mode(0o640).comments_aside()
}

impl Topic for Netplan {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if host.facts.family != Family::Debian {
            return Ok(Vec::new());
        }
        Ok(vec![
            Packages::absent(NETPLAN_PACKAGES).into(),
            Absent { path: NETPLAN_MASK.into() }.into(),
        ])
    }
}
