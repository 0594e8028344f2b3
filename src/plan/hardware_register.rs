//! `overcloud hardware register`: every host has its node in Ironic, and Ironic can talk to its BMC.

use super::{
    Plan,
    action::{
        Action,
        ironic::{IronicAction, Register},
    },
};
use crate::model::{Host, Site};

/// The command's words.
pub const COMMAND: &str = "overcloud hardware register";

/// Plans the command.
pub fn plan(site: &Site) -> Plan {
    Plan::named(COMMAND).stage("register", &site.hosts, |host| (host.name.clone(), steps(host)))
}

fn steps(host: &Host) -> Vec<(String, Action)> {
    let register = Register {
        ironic: host.ironic.clone(),
        node: host.node.clone(),
        patience: host.patience.clone(),
    };
    vec![("register the node".into(), Action::Ironic(IronicAction::Register(Box::new(register))))]
}
