//! `ssh-known-hosts`: the operator's own file knows the hosts' keys.

use super::{
    Plan,
    action::{Action, known_host::KnowHost},
};

use crate::model::configured::SshServer;

pub const COMMAND: &str = "ssh-known-hosts";

pub fn plan(servers: &[SshServer]) -> Plan {
    let steps = |server: &SshServer| {
        let SshServer { host, address, port } = server.clone();
        let title = format!("know the keys of {}", address.value);
        (host, vec![(title, Action::KnownHost(KnowHost { address, port }))])
    };
    Plan::named(COMMAND).stage("know", servers, steps)
}
