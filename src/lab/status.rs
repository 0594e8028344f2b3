//! `ymir lab status`: what runs, where it is found, and whether it is well.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Bench, daemon::Identity, node, service::Service, services};
use crate::trouble::Result;

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
    /// It has no disk: the lab is down, or was never completely up.
    Absent,
}

impl Status {
    /// Whether all of the lab runs and is well.
    pub fn is_well(&self) -> bool {
        self.services.iter().all(|service| service.state == Health::Well)
            && self.nodes.iter().all(|node| node.power != Power::Absent)
    }
}

/// Looks at everything; changes nothing.
pub async fn status(bench: &Bench<'_>) -> Result<Status> {
    let services = services::all(bench)?;
    let services = futures::future::join_all(services.iter().map(|it| service(bench, it))).await;
    let running = node::processes(bench);
    let node = |node: &crate::model::lab::Node| {
        let pid = running.iter().find(|(name, _)| *name == node.name).map(|(_, pid)| *pid);
        let power = match pid {
            Some(_) => Power::On,
            None if bench.places.disk(&node.name).exists() => Power::Off,
            None => Power::Absent,
        };
        NodeStatus {
            name: node.name.clone(),
            power,
            pid,
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
