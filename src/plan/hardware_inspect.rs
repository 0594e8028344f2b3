//! `overcloud hardware inspect`: Ironic has looked at every host's hardware since the command was given.

use jiff::Timestamp;

use super::{
    Plan,
    action::{
        Action,
        ironic::{Inspect, IronicAction},
    },
};
use crate::model::{Host, Site};

/// The command's words.
pub const COMMAND: &str = "overcloud hardware inspect";

/// Plans the command; `since` is the time at which it was given, so that a resumed run does not inspect again what
/// the first one had inspected.
pub fn plan(site: &Site, since: Timestamp) -> Plan {
    Plan::named(COMMAND)
        .stage("inspect", &site.hosts, |host| (host.name.clone(), steps(host, since)))
}

fn steps(host: &Host, since: Timestamp) -> Vec<(String, Action)> {
    let inspect = Inspect {
        ironic: host.ironic.clone(),
        node: host.node.clone(),
        since,
        patience: host.patience.clone(),
    };
    vec![("inspect the hardware".into(), Action::Ironic(IronicAction::Inspect(Box::new(inspect))))]
}
