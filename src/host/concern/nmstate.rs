//! Interfaces by nmstate, which has NetworkManager do the work: Rocky Linux and CentOS Stream.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network_manager;
use crate::host::resource::{
    ConnectionZone, NetworkState, Packages, Refresh, Resource, Way, connection_zone,
};

/// What nmstate is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nmstate {
    /// As `nmstatectl` takes it.
    pub document: Value,
    pub packages: Vec<String>,
    /// Zones of interfaces, where firewalld is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<InterfaceZone>,
}

/// The zone of firewalld's that an interface is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceZone {
    pub interface: String,
    pub zone: String,
}

impl Nmstate {
    /// What brings nmstate onto the host.
    pub(super) fn packages(&self) -> Option<Resource> {
        let names = Some(&self.packages).filter(|names| !names.is_empty())?;
        Some(Packages::installed(names.clone()).into())
    }

    pub(super) fn resources(&self, without_names: bool) -> Vec<Resource> {
        let mut resources = network_manager::service(without_names, Vec::new());
        // What the other engine has left, of interfaces that are not asked for any more.
        let read = vec![["nmcli", "connection", "reload"].map(str::to_owned).to_vec()];
        let what = "have NetworkManager read its connections";
        resources.push(Refresh::after(what, Way::Run(read), &[]).into());
        resources.push(NetworkState { document: self.document.clone() }.into());
        for InterfaceZone { interface, zone } in self.zones.clone() {
            let name = format!("put {interface} into its zone");
            let counts = Way::Run(vec![connection_zone::counts(&interface)]);
            let zone = Resource::from(ConnectionZone { device: interface, zone });
            let refresh = Refresh::after(name, counts, std::slice::from_ref(&zone));
            resources.push(zone);
            resources.push(Refresh { of_removed: &[], ..refresh }.into());
        }
        resources
    }
}

#[cfg(test)]
#[path = "nmstate_tests.rs"]
mod tests;
