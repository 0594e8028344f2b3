//! `overcloud provision --reprovision`: hosts in use get another image, one batch after another.

use jiff::Timestamp;

use super::{
    Plan,
    action::{
        Action,
        ironic::{IronicAction, Rebuild},
    },
    provision::{deploy, verify},
};
use crate::model::{Host, Site};

/// The command's words.
pub const COMMAND: &str = "overcloud provision --reprovision";

/// What to give so that hosts which run another image than the site says get theirs.
pub const CHANGE: &str = "`ymir overcloud provision --reprovision` changes that";

/// Plans the command: a batch begins when all hosts of the one before answer again, and not at all after a failure.
/// `since` is set if hosts that run their image are rebuilt, too.
pub fn plan(site: &Site, batches: &[Vec<String>], since: Option<Timestamp>) -> Plan {
    let mut plan = Plan::named(COMMAND);
    for (number, batch) in batches.iter().enumerate() {
        let hosts: Vec<&Host> =
            site.hosts.iter().filter(|host| batch.contains(&host.name)).collect();
        let name = format!("batch {} of {}", number + 1, batches.len());
        plan = plan
            .stage(&name, &hosts, |host| (host.name.clone(), steps(site, host, since)))
            .careful();
    }
    plan
}

fn steps(site: &Site, host: &Host, since: Option<Timestamp>) -> Vec<(String, Action)> {
    let rebuild = Rebuild { deploy: deploy(site, host), since };
    vec![
        (
            format!("rebuild with {}", host.image.name()),
            Action::Ironic(IronicAction::Rebuild(Box::new(rebuild))),
        ),
        verify(site, host),
    ]
}
