//! `baremetal compute …`: the nodes that the cloud's own Ironic gives to tenants.

use jiff::Timestamp;

use super::{
    Plan,
    action::{
        Action,
        ironic::{Inspect, IronicAction, Manage, Provide, Register},
    },
};
use crate::model::host::Enrolment;

/// What the nodes are brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    Registered,
    /// Since this time.
    Inspected(Timestamp),
    Manageable,
    Available,
}

impl Aim {
    /// The command's words.
    pub fn command(self) -> &'static str {
        match self {
            Self::Registered => "baremetal compute register",
            Self::Inspected(_) => "baremetal compute inspect",
            Self::Manageable => "baremetal compute manage",
            Self::Available => "baremetal compute provide",
        }
    }

    fn stage(self) -> &'static str {
        match self {
            Self::Registered => "register",
            Self::Inspected(_) => "inspect",
            Self::Manageable => "manage",
            Self::Available => "provide",
        }
    }

    fn step(self, node: &Enrolment) -> (String, Action) {
        let Enrolment { ironic, node, patience, .. } = node.clone();
        let (title, action) = match self {
            Self::Registered => {
                let register = Register { ironic, node, patience };
                ("register the node", IronicAction::Register(Box::new(register)))
            }
            Self::Inspected(since) => {
                let inspect = Inspect { ironic, node, since, patience };
                ("inspect the hardware", IronicAction::Inspect(Box::new(inspect)))
            }
            Self::Manageable => {
                let manage = Manage { ironic, node, patience };
                ("make the node manageable", IronicAction::Manage(Box::new(manage)))
            }
            Self::Available => {
                let provide = Provide { ironic, node, patience };
                ("make the node available", IronicAction::Provide(Box::new(provide)))
            }
        };
        (title.into(), Action::Ironic(action))
    }
}

/// Plans one of the commands.
pub fn plan(aim: Aim, nodes: &[Enrolment]) -> Plan {
    let steps = |node: &Enrolment| (node.name.clone(), vec![aim.step(node)]);
    Plan::named(aim.command()).stage(aim.stage(), nodes, steps)
}
