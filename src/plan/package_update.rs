//! `… host package update`: what is installed is as new as the host's repositories have it.

use super::{
    Plan,
    action::{Action, errand::UpdatePackages},
};
use crate::{host::errand::updates::Wanted, model::configured::Reached};

pub fn plan(words: &str, hosts: &[Reached], wanted: &Wanted) -> Plan {
    let title = match (wanted.security, &wanted.names[..]) {
        (false, []) => "update all packages".to_owned(),
        (true, []) => "update all packages with security updates".to_owned(),
        (false, names) => format!("update {}", names.join(" ")),
        (true, names) => format!("update {} for security", names.join(" ")),
    };
    let steps = |host: &Reached| {
        let action = UpdatePackages { login: host.login.clone(), wanted: wanted.clone() };
        (host.name.clone(), vec![(title.clone(), Action::Update(Box::new(action)))])
    };
    Plan::named(words).stage("update", hosts, steps)
}
