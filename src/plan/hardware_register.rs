//! `overcloud hardware register`: every host has its node in Ironic, and Ironic can talk to its BMC.

use super::{
    Plan,
    action::{
        Action,
        ironic::{IronicAction, Register},
    },
};
use crate::model::host::Enrolment;

/// The command's words.
pub const COMMAND: &str = "overcloud hardware register";

/// Plans the command.
pub fn plan(nodes: &[Enrolment]) -> Plan {
    Plan::named(COMMAND).stage("register", nodes, |node| (node.name.clone(), steps(node)))
}

fn steps(node: &Enrolment) -> Vec<(String, Action)> {
    let Enrolment { ironic, node, patience, .. } = node.clone();
    let register = Register { ironic, node, patience };
    vec![("register the node".into(), Action::Ironic(IronicAction::Register(Box::new(register))))]
}
