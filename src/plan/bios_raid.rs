//! `overcloud bios raid configure`: free hosts have the BIOS settings and RAID volumes that the site wants.

use super::{
    Plan,
    action::{
        Action,
        ironic::{BiosRaid, IronicAction},
    },
};

/// The command's words.
pub const COMMAND: &str = "overcloud bios raid configure";

/// What is wanted of each host, by its name.
pub type Wanted = (String, BiosRaid);

/// Plans the command.
pub fn plan(wanted: &[Wanted]) -> Plan {
    Plan::named(COMMAND).stage("bios and raid", wanted, |(host, action)| {
        let action = Action::Ironic(IronicAction::BiosRaid(Box::new(action.clone())));
        (host.clone(), vec![("BIOS and RAID".into(), action)])
    })
}
