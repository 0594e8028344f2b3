//! `overcloud deprovision`: nothing runs on the hosts any more.

use camino::Utf8Path;

use super::{
    Plan,
    action::{
        Action,
        ironic::{IronicAction, Undeploy},
    },
};
use crate::model::{Host, Site};

/// The command's words.
pub const COMMAND: &str = "overcloud deprovision";

/// Plans the command. `records` is where Ymir keeps records of what was wiped.
pub fn plan(site: &Site, records: &Utf8Path) -> Plan {
    Plan::named(COMMAND)
        .stage("deprovision", &site.hosts, |host| (host.name.clone(), steps(site, host, records)))
}

/// What the operator is asked before the plan is run: which hosts, with which image, and what is lost.
pub fn warning(site: &Site) -> String {
    let hosts = site.hosts.iter().map(|host| {
        format!("  {}  {}  {}\n", host.name, host.access.address.value, host.image.name())
    });
    let cleaned: Vec<_> =
        { site.hosts.iter().filter(|host| host.node.automated_clean == Some(true)).collect() };
    let disks = match cleaned.len() {
        0 => {
            "Their disks are not wiped (ymir_ironic_automated_clean is off): data partitions stay readable."
        }
        all if all == site.hosts.len() => {
            "Their disks ARE WIPED (ymir_ironic_automated_clean is on)."
        }
        _ => "The disks of hosts with ymir_ironic_automated_clean ARE WIPED.",
    };
    format!(
        "These hosts are switched off and lose what runs on them:\n{}{disks}\n",
        hosts.collect::<String>()
    )
}

fn steps(site: &Site, host: &Host, records: &Utf8Path) -> Vec<(String, Action)> {
    let undeploy = Undeploy {
        ironic: host.ironic.clone(),
        node: host.node.clone(),
        access: host.access.clone(),
        known_hosts: site.known_hosts.clone(),
        records: records.to_owned(),
        patience: host.patience.clone(),
    };
    vec![("undeploy".into(), Action::Ironic(IronicAction::Undeploy(Box::new(undeploy))))]
}
