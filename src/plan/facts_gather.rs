//! `overcloud facts gather`: what hosts tell of themselves is kept for templates.

use camino::Utf8PathBuf;

use super::{
    Plan,
    action::{Action, errand::GatherFacts},
};
use crate::model::configured::Reached;

pub const COMMAND: &str = "overcloud facts gather";

/// `file` says where a host's facts are kept.
pub fn plan(hosts: &[Reached], file: impl Fn(&str) -> Utf8PathBuf) -> Plan {
    let steps = |host: &Reached| {
        let action = GatherFacts { login: host.login.clone(), file: file(&host.name) };
        (host.name.clone(), vec![("gather facts".to_owned(), Action::Facts(Box::new(action)))])
    };
    Plan::named(COMMAND).stage("gather", hosts, steps)
}
