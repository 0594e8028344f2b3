//! `host drift`: a look at everything that hosts of all classes shall be. It is never applied.

use super::{Plan, host_configure::steps};
use crate::model::configured::Configured;

pub const COMMAND: &str = "host drift";

/// A stage for each class: a host may be in several, and shall then be what each of them says.
pub fn plan(classes: &[(&str, Vec<Configured>)]) -> Plan {
    classes.iter().fold(Plan::named(COMMAND), |plan, (class, hosts)| {
        plan.stage(class, hosts, |host| (host.name.clone(), steps(host, &[])))
    })
}
