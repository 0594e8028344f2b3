//! `baremetal compute rename` and `update deployment image`: what changes on nodes without their machines being touched.

use super::{
    Plan,
    action::{
        Action,
        ironic::{IronicAction, Rename, UpdateRamdisk},
    },
};
use crate::model::tenant::{Ramdisk, Unnamed};

/// The words of the command that renames.
pub const RENAME: &str = "baremetal compute rename";

/// The words of the command that has nodes boot other images.
pub const UPDATE: &str = "baremetal compute update deployment image";

/// Plans to call nodes as the site calls their hosts.
pub fn rename(nodes: &[Unnamed]) -> Plan {
    Plan::named(RENAME).stage("rename", nodes, |node| {
        let rename = Rename { ironic: node.ironic.clone(), bmc: node.bmc.clone() };
        let action = Action::Ironic(IronicAction::Rename(Box::new(rename)));
        (node.host.clone(), vec![("name the node".to_owned(), action)])
    })
}

/// Plans to have nodes boot the images of these names.
pub fn update(nodes: &[Ramdisk]) -> Plan {
    Plan::named(UPDATE).stage("update", nodes, |node| {
        let Ramdisk { ironic, kernel, ramdisk, .. } = node.clone();
        let update = UpdateRamdisk { ironic, kernel, ramdisk };
        let action = Action::Ironic(IronicAction::Ramdisk(Box::new(update)));
        (node.host.clone(), vec![("set the deployment image".to_owned(), action)])
    })
}
