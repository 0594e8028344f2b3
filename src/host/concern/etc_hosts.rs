//! Names of hosts that need no server of names.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Block, File, Line, NoLine, Resource},
};

/// The hosts of the cloud and the site's own lines in `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EtcHosts {
    /// The host is one of those that are listed, wherever they are.
    pub is_listed: bool,
    /// The name that the site gives the host; `None` where it keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub hosts: Vec<HostLine>,
    pub custom: Vec<HostLine>,
}

/// An address and its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostLine {
    pub address: String,
    /// None for those that the host itself goes by.
    pub names: Vec<String>,
}

const PATH: &str = "/etc/hosts";

impl Topic for EtcHosts {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let line = |start: &str, rest: &str| Line {
            path: PATH.into(),
            start: start.into(),
            line: format!("{start} {rest}"),
            secret: false,
        };
        let mut resources: Vec<Resource> = vec![line("127.0.0.1", "localhost").into()];
        let own = own_names(host);
        if self.is_listed {
            // An address of the machine's own for its name would hide the one that others know it by.
            let word = self.name.as_ref().or(own.last()).cloned().unwrap_or_default();
            resources.push(NoLine { path: PATH.into(), start: "127.0.1.1".into(), word }.into());
        }
        if !self.hosts.is_empty() {
            resources.push(block("ANSIBLE GENERATED HOSTS", &self.hosts, &own));
        }
        if !self.custom.is_empty() {
            resources.push(block("ANSIBLE GENERATED CUSTOM HOSTS", &self.custom, &own));
        }
        if host.machine.path("/etc/cloud/cloud.cfg").exists() {
            let file = File::new("/etc/cloud/cloud.cfg.d/99-kolla.cfg", "manage_etc_hosts: false");
            resources.push(file.mode(0o660).into());
        }
        Ok(resources)
    }
}

/// What the host calls itself, and the first part of it, if that is another one.
fn own_names(host: &Host) -> Vec<String> {
    let name = &host.facts.hostname;
    let short = name.split('.').next().unwrap_or_default();
    let mut names = vec![name.clone(), short.to_owned()];
    names.dedup();
    names
}

fn block(marker: &str, hosts: &[HostLine], own: &[String]) -> Resource {
    let line = |host: &HostLine| {
        let names = if host.names.is_empty() { own } else { &host.names };
        format!("{} {}\n", host.address, names.join(" "))
    };
    let content = hosts.iter().map(line).collect();
    Block { path: PATH.into(), marker: marker.into(), content, keep_empty: false }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{concern::Concern, stage::Stage};

    /// The two lines in front are of Ubuntu's image, the others of an operator's.
    const FOUND: &str = "127.0.0.1 localhost.localdomain\n127.0.1.1 ctl0.example ctl0\n127.0.1.1 other\n\
                         127.0.0.10 resolver\n10.9.9.9 elsewhere\n";

    #[test]
    fn lines_of_others_stay_and_names_are_whole_and_short() {
        let mut stage = Stage::new(&[("/etc/hosts", FOUND)]);
        stage.facts.hostname = "ctl0.example".into();
        let line = |address: &str, names: &[&str]| HostLine {
            address: address.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let hosts = vec![line("10.0.0.1", &[]), line("10.0.0.2", &["ctl1.example", "ctl1"])];
        let concern: Concern =
            EtcHosts { is_listed: true, name: None, hosts, custom: Vec::new() }.into();
        stage.settles(&concern);
        assert_eq!(
            stage.text("/etc/hosts").unwrap(),
            "127.0.0.1 localhost\n127.0.1.1 other\n127.0.0.10 resolver\n10.9.9.9 elsewhere\n\
             # BEGIN ANSIBLE GENERATED HOSTS\n10.0.0.1 ctl0.example ctl0\n10.0.0.2 ctl1.example ctl1\n\
             # END ANSIBLE GENERATED HOSTS\n"
        );
    }

    #[test]
    fn a_host_that_is_not_listed_keeps_its_name() {
        let mut stage = Stage::new(&[("/etc/hosts", FOUND)]);
        stage.facts.hostname = "ctl0.example".into();
        let nothing = EtcHosts { is_listed: false, name: None, hosts: vec![], custom: vec![] };
        stage.settles(&nothing.into());
        assert!(stage.text("/etc/hosts").unwrap().contains("127.0.1.1 ctl0.example ctl0\n"));
    }
}
