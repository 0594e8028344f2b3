//! `overcloud provision`: every host runs its image and is reached over SSH with the host key that Ymir gave it.

use super::{
    Plan,
    action::{
        Action,
        host::{HostAction, Verify},
        ironic::{Deploy, IronicAction, Provide},
    },
};
use crate::{
    model::{Host, Site},
    origin::Sourced,
};

/// The command's words.
pub const COMMAND: &str = "overcloud provision";

/// Plans the command. All steps of a host are in one lane, so that a quick host does not wait for a slow one.
pub fn plan(site: &Site) -> Plan {
    Plan::named(COMMAND)
        .stage("provision", &site.hosts, |host| (host.name.clone(), steps(site, host)))
}

fn steps(site: &Site, host: &Host) -> Vec<(String, Action)> {
    let provide = Provide {
        ironic: host.ironic.clone(),
        node: host.node.clone(),
        patience: host.patience.clone(),
    };
    let image = host.image.name();
    vec![
        ("make available".into(), Action::Ironic(IronicAction::Provide(Box::new(provide)))),
        (
            format!("deploy {image}"),
            Action::Ironic(IronicAction::Deploy(Box::new(deploy(site, host)))),
        ),
        verify(site, host),
    ]
}

/// What a deployment of the host's image needs.
pub(super) fn deploy(site: &Site, host: &Host) -> Deploy {
    Deploy {
        ironic: host.ironic.clone(),
        node: host.node.clone(),
        admin: host.admin.clone(),
        image: host.image.clone(),
        access: host.access.clone(),
        known_hosts: site.known_hosts.clone(),
        patience: host.patience.clone(),
    }
}

/// That the host answers as itself, and with its image.
pub(super) fn verify(site: &Site, host: &Host) -> (String, Action) {
    let image = host.image.name().to_owned();
    let verify = Verify {
        access: host.access.clone(),
        known_hosts: site.known_hosts.clone(),
        address: host.admin.address.clone(),
        image: Sourced { value: image, setting: host.image.file.setting.clone() },
        wait: host.patience.ssh.clone(),
    };
    ("verify over SSH".into(), Action::Host(HostAction::Verify(Box::new(verify))))
}
