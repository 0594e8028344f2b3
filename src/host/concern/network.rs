//! The host's network: names by resolv.conf, names of routing tables, and interfaces by the system's own engine.

use serde::{Deserialize, Serialize};

use super::{Host, NetworkManager, Networkd, Nmstate, Topic, resolved};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Block, File, Resource},
};

/// What the host's network is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The whole of `/etc/resolv.conf`; `None` where others manage it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolv: Option<String>,
    /// What systemd-resolved is told on hosts that have it; `None` where NetworkManager brings interfaces up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Lines of `/etc/iproute2/rt_tables`.
    pub tables: Vec<String>,
    #[serde(flatten)]
    pub engine: Engine,
}

/// Who brings interfaces up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum Engine {
    /// On Debian and Ubuntu.
    Networkd(Networkd),
    /// On Red Hat's family.
    NetworkManager(NetworkManager),
    /// On Red Hat's family, where the site wants it.
    Nmstate(Nmstate),
}

const TABLES: &str = "/etc/iproute2/rt_tables";

impl Topic for Network {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources: Vec<Resource> = Vec::new();
        if let (Engine::Nmstate(nmstate), Family::RedHat) = (&self.engine, host.facts.family) {
            resources.extend(nmstate.packages());
        }
        let answers = self.resolved.is_some() && resolved::answers(host)?;
        if let Some(text) = self.resolv.as_ref().filter(|_| !answers) {
            resources.push(File::new("/etc/resolv.conf", text).mode(0o644).into());
        }
        resources.extend(self.tables(host)?);
        match (&self.engine, host.facts.family) {
            (Engine::Networkd(networkd), Family::Debian) => {
                resources.extend(networkd.resources(host)?);
                if let Some(text) = &self.resolved {
                    resources.extend(resolved::resources(host, text)?);
                }
            }
            (Engine::NetworkManager(manager), Family::RedHat) => {
                resources.extend(manager.resources(host, self.resolv.is_some())?);
            }
            (Engine::Nmstate(nmstate), Family::RedHat) => {
                resources.extend(nmstate.resources(self.resolv.is_some()));
            }
            (Engine::Networkd(_), Family::RedHat) => return Err(other(host, "systemd-networkd")),
            (Engine::NetworkManager(_), Family::Debian) => {
                return Err(other(host, "NetworkManager"));
            }
            (Engine::Nmstate(_), Family::Debian) => return Err(other(host, "nmstate")),
        }
        Ok(resources)
    }
}

fn other(host: &Host, engine: &str) -> Fault {
    Fault::new("configuring the network")
        .because(format!("the site means {engine}, and the host runs {}", host.facts.distribution))
        .hint("correct `os_distribution` of the host, or go on with --skip-tags network")
}

impl Network {
    /// Ansible leaves an empty line where there are no tables, but on Red Hat's family nothing at all. A system that has
    /// no such file needs none then.
    fn tables(&self, host: &Host) -> Result<Option<Resource>, Fault> {
        let is_needed = host.facts.family == Family::Debian && host.machine.node(TABLES)?.is_some();
        if self.tables.is_empty() && !is_needed {
            return Ok(None);
        }
        let content = if self.tables.is_empty() { "\n".into() } else { self.lines() };
        let marker = "ANSIBLE MANAGED BLOCK".into();
        Ok(Some(Block { path: TABLES.into(), marker, content, keep_empty: true }.into()))
    }

    fn lines(&self) -> String {
        self.tables.iter().flat_map(|line| [line, "\n"]).collect()
    }
}
