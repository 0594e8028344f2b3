//! Names of hosts that need no server of names.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Block, File, Line, Resource},
};

/// The hosts of the cloud and the site's own lines in `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EtcHosts {
    /// The host's own name.
    pub hostname: String,
    pub hosts: Vec<HostLine>,
    pub custom: Vec<HostLine>,
}

/// An address and its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostLine {
    pub address: String,
    pub names: Vec<String>,
}

const PATH: &str = "/etc/hosts";

impl Topic for EtcHosts {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let start = "127.0.0.1";
        let line = Some("127.0.0.1 localhost".to_owned());
        let mut resources: Vec<Resource> =
            vec![Line { path: PATH.into(), start: start.into(), line, secret: false }.into()];
        if !self.hosts.is_empty() {
            // An address of the machine's own for its name would hide the one that others know it by.
            let own =
                Line { path: PATH.into(), start: "127.0.1.1".into(), line: None, secret: false };
            resources.push(own.into());
            resources.push(block("ANSIBLE GENERATED HOSTS", &self.hosts));
        }
        if !self.custom.is_empty() {
            resources.push(block("ANSIBLE GENERATED CUSTOM HOSTS", &self.custom));
        }
        if host.machine.path("/etc/cloud/cloud.cfg").exists() {
            let file = File::new("/etc/cloud/cloud.cfg.d/99-kolla.cfg", "manage_etc_hosts: false");
            resources.push(file.mode(0o660).into());
        }
        Ok(resources)
    }
}

fn block(marker: &str, hosts: &[HostLine]) -> Resource {
    let line = |host: &HostLine| format!("{} {}\n", host.address, host.names.join(" "));
    let content = hosts.iter().map(line).collect();
    Block { path: PATH.into(), marker: marker.into(), content, keep_empty: false }.into()
}
