//! `… host configure`: every topic of the hosts' configuration is as the site says, in Kayobe's order.

use super::{
    Plan,
    action::{Action, configure::Configure},
};
use crate::{host::concern::Concern, model::configured::Configured};

/// Plans the command. All topics of a host are in one lane, so that a quick host does not wait for a slow one.
pub fn plan(command: &str, hosts: &[Configured]) -> Plan {
    Plan::named(command).stage("configure", hosts, |host| (host.name.clone(), steps(host)))
}

fn steps(host: &Configured) -> Vec<(String, Action)> {
    let step = |concern: &Concern| {
        let action = Configure { login: host.login.clone(), concern: concern.clone() };
        (concern.name().to_owned(), Action::Configure(Box::new(action)))
    };
    host.concerns.iter().map(step).collect()
}
