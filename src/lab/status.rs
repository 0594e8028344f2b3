//! `ymir lab status`: what runs, where it is found, and whether it is well.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Bench, daemon::Identity, node, service::Service, services};
use crate::{
    drivers::libvirt::{Domain, Pause},
    trouble::Result,
};

/// The service that runs the nodes.
const LIBVIRTD: &str = "libvirtd";

/// The lab as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub path: Utf8PathBuf,
    pub services: Vec<ServiceStatus>,
    pub nodes: Vec<NodeStatus>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    pub name: String,
    pub state: Health,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// Why it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    pub address: String,
    pub log: Utf8PathBuf,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Well,
    Unwell,
    Stopped,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeStatus {
    pub name: String,
    pub power: Power,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// Why it stands still, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The node as its BMC shows it.
    pub address: String,
    pub mac: String,
    pub log: Utf8PathBuf,
}

/// Whether a node is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    On,
    Off,
    /// On, but it stands still.
    Paused,
    /// On, but it stands still since its disk could not be written.
    PausedByDisk,
    /// It has no disk: the lab is down, or was never completely up.
    Absent,
}

impl Status {
    /// Whether all of the lab runs and is well.
    pub fn is_well(&self) -> bool {
        self.services.iter().all(|service| service.state == Health::Well)
            && self.nodes.iter().all(|node| matches!(node.power, Power::On | Power::Off))
    }
}

/// Looks at everything; changes nothing.
pub async fn status(bench: &Bench<'_>) -> Result<Status> {
    let services = services::all(bench)?;
    let services = futures::future::join_all(services.iter().map(|it| service(bench, it))).await;
    let running = node::processes(bench);
    let known = domains(bench, &services).await;
    let node = |node: &crate::model::lab::Node| {
        let pid = running.iter().find(|(name, _)| *name == node.name).map(|(_, pid)| *pid);
        let paused = known.iter().find(|known| known.name == node.name).and_then(|it| it.paused);
        let power = match (pid, paused) {
            (Some(_), Some(Pause::Disk)) => Power::PausedByDisk,
            (Some(_), Some(Pause::Other)) => Power::Paused,
            (Some(_), None) => Power::On,
            (None, _) if bench.places.disk(&node.name).exists() => Power::Off,
            (None, _) => Power::Absent,
        };
        NodeStatus {
            name: node.name.clone(),
            power,
            pid,
            fault: paused.map(|why| pause_words(why, bench.libvirt.uri(), &node.name)),
            address: format!(
                "{}/redfish/v1/Systems/{}",
                bench.lab.redfish_url(),
                node.hardware.uuid
            ),
            mac: node.hardware.mac.clone(),
            log: bench.places.console(&node.name),
        }
    };
    let nodes = bench.lab.nodes.iter().map(node).collect();
    Ok(Status { path: bench.places.root.clone(), services, nodes })
}

/// What libvirt knows of its machines, if it runs; a libvirt that does not answer is unwell by itself.
async fn domains(bench: &Bench<'_>, services: &[ServiceStatus]) -> Vec<Domain> {
    let runs = |service: &ServiceStatus| service.name == LIBVIRTD && service.pid.is_some();
    if !services.iter().any(runs) {
        return Vec::new();
    }
    bench.libvirt.domains().await.unwrap_or_else(|trouble| {
        tracing::warn!(%trouble, "whether nodes are paused is not known");
        Vec::new()
    })
}

/// Why a machine stands still, and how it goes on.
pub(super) fn pause_words(why: Pause, uri: &str, name: &str) -> String {
    let go_on = format!("`virsh --connect '{uri}' resume {name}` lets it go on");
    match why {
        Pause::Disk => format!(
            "paused (disk full?): its disk could not be written; make room on this machine (`df -h`), then {go_on}"
        ),
        Pause::Other => format!("paused: {go_on}"),
    }
}

async fn service(bench: &Bench<'_>, service: &Service) -> ServiceStatus {
    let running = Identity::running(&bench.places.record(service.name));
    let fault = match running {
        Some(_) => service.health.fault().await,
        None => None,
    };
    ServiceStatus {
        name: service.name.into(),
        state: match (&running, &fault) {
            (None, _) => Health::Stopped,
            (Some(_), Some(_)) => Health::Unwell,
            (Some(_), None) => Health::Well,
        },
        pid: running.map(|identity| identity.pid),
        fault,
        address: service.address.clone(),
        log: bench.places.log(service.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paused_node_says_how_to_go_on() {
        let told = |why| pause_words(why, "qemu:///system?socket=/lab/sock", "bm1");
        insta::assert_snapshot!(told(Pause::Disk), @"paused (disk full?): its disk could not be written; make room on this machine (`df -h`), then `virsh --connect 'qemu:///system?socket=/lab/sock' resume bm1` lets it go on");
        insta::assert_snapshot!(told(Pause::Other), @"paused: `virsh --connect 'qemu:///system?socket=/lab/sock' resume bm1` lets it go on");
    }

    #[test]
    fn what_the_helper_says_of_a_pause_is_understood() {
        let said = r#"[{"name":"bm1","uuid":"u","running":true,"paused":"disk"},{"name":"bm2","uuid":"u","running":true}]"#;
        let domains: Vec<Domain> = serde_json::from_str(said).unwrap();
        assert_eq!(
            domains.iter().map(|it| it.paused).collect::<Vec<_>>(),
            [Some(Pause::Disk), None]
        );
    }
}
