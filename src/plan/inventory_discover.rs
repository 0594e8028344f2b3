//! `overcloud inventory discover`: the hosts that Ironic knows are in the inventory, and have addresses.

use std::collections::BTreeMap;

use super::{
    Plan,
    action::{Action, allocation::Allocate, inventory::WriteInventory},
};
use crate::model::allocation::Allocated;

/// The command's words.
pub const COMMAND: &str = "overcloud inventory discover";

/// Whose the inventory is in reports.
const SUBJECT: &str = "inventory";

/// Plans the command; `allocated` are addresses for hosts that have none yet.
pub fn plan(inventory: &WriteInventory, allocated: &[Allocated]) -> Plan {
    let write = |inventory: &WriteInventory| {
        let action = Action::Inventory(inventory.clone());
        (SUBJECT.to_owned(), vec![("write the discovered hosts".to_owned(), action)])
    };
    let mut hosts: Vec<String> = allocated.iter().map(|one| one.host.clone()).collect();
    hosts.dedup();
    let give = |host: &String| {
        let own = allocated.iter().filter(|one| one.host == *host);
        let addresses: BTreeMap<_, _> = own.map(|one| (one.network.clone(), one.address)).collect();
        let action = Action::Allocation(Allocate { addresses, console: None });
        (host.clone(), vec![("ip-allocation".to_owned(), action)])
    };
    let plan = Plan::named(COMMAND).stage("discover", std::slice::from_ref(inventory), write);
    if hosts.is_empty() { plan } else { plan.stage("allocate", &hosts, give) }
}
