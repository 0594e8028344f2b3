//! `… host configure`: every topic of the hosts' configuration is as the site says, in Kayobe's order.

use super::{
    Plan,
    action::{Action, allocation::Allocate, configure::Configure},
};
use crate::{
    host::concern::Concern,
    model::{allocation::Allocated, configured::Configured},
};

/// Plans the command. All topics of a host are in one lane, so that a quick host does not wait for a slow one. What
/// comes after an address is planned with it.
pub fn plan(command: &str, hosts: &[Configured], allocated: &[Allocated]) -> Plan {
    let steps = |host: &Configured| (host.name.clone(), steps(host, allocated));
    Plan::named(command).stage("configure", hosts, steps)
}

pub(super) fn steps(host: &Configured, allocated: &[Allocated]) -> Vec<(String, Action)> {
    let own = allocated.iter().filter(|address| address.host == host.name);
    let addresses: std::collections::BTreeMap<_, _> =
        own.map(|address| (address.network.clone(), address.address)).collect();
    let allocation = (!addresses.is_empty()).then(|| {
        ("ip-allocation".to_owned(), Action::Allocation(Allocate { addresses, console: None }))
    });
    let step = |concern: &Concern| {
        let action = Configure { login: host.login.clone(), concern: concern.clone() };
        (concern.name().to_owned(), Action::Configure(Box::new(action)))
    };
    allocation.into_iter().chain(host.concerns.iter().map(step)).collect()
}
