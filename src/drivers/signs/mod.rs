//! Looks at everything between a host's BMC and its SSH, for `ymir why`. Nothing is changed by it.

mod bmc;
mod journal;
mod logs;

use camino::Utf8PathBuf;

use self::logs::Marks;
use super::{
    host::{
        answer::{Reply, Silence},
        ssh,
    },
    ironic::IronicDriver,
};
use crate::{
    model::{Host, bmc::Bmc},
    run::store::Store,
    secret::Secrets,
    trouble::{Result, Trouble},
    why::signs::{Journal, Look, NodeSigns, Signs, Ssh, Stage},
};

/// Who is looked at, and where.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub host: &'a Host,
    /// Why it is not known how to reach it, else.
    pub bmc: &'a Result<Bmc>,
    pub known_hosts: &'a camino::Utf8Path,
    /// Where the seed's servers write their logs, if the site says.
    pub dhcp_log: &'a Option<Utf8PathBuf>,
    pub http_log: &'a Option<Utf8PathBuf>,
}

/// Looks at one host.
pub async fn look(
    subject: Subject<'_>,
    ironic: &IronicDriver,
    secrets: &dyn Secrets,
    store: &Store,
) -> Result<Signs> {
    let host = &subject.host.name;
    let (node, bmc) = tokio::join!(
        ironic.signs(&subject.host.ironic, host),
        bmc::look(host, subject.bmc, secrets)
    );
    let node: Look<Option<NodeSigns>> = node.map_or_else(Look::Failed, Look::Seen);
    let uuid = node.as_seen().and_then(Option::as_ref).map(|node| node.uuid.clone());
    let mac = subject.host.node.mac.as_ref().map(|mac| mac.value.clone());
    let marks = Marks { mac, uuid };
    let journal: Journal = journal::look(store, host)?;
    Ok(Signs {
        host: host.clone(),
        dhcp: logs::look(subject.dhcp_log.as_deref(), "ymir_seed_dhcp_log", &marks),
        http: logs::look(subject.http_log.as_deref(), "ymir_seed_http_log", &marks),
        ssh: ask(subject, &node).await,
        ironic: node,
        bmc,
        journal,
    })
}

/// Asks the host itself, if Ironic says that something is deployed on it, or does not say anything.
async fn ask(subject: Subject<'_>, node: &Look<Option<NodeSigns>>) -> Look<Ssh> {
    match node {
        Look::Seen(Some(node)) if node.stage != Stage::Active => {
            return Look::NotLooked("nothing is deployed".into());
        }
        Look::Seen(None) => return Look::NotLooked("the host is not registered".into()),
        _ => {}
    }
    match ssh::ask(&subject.host.access, subject.known_hosts).await {
        Ok(reply) => read(reply, &subject.host.name),
        Err(trouble) => Look::Failed(trouble),
    }
}

fn read(reply: Reply, host: &str) -> Look<Ssh> {
    Look::Seen(match reply {
        Reply::Told(told) => {
            if told.name.split('.').next() != host.split('.').next() {
                let what = format!("{host}: asking who answers over SSH");
                let why = format!("a host that calls itself {} answers", told.name);
                return Look::Failed(Trouble::host(what).because(why));
            }
            Ssh::Answers
        }
        Reply::Silent(Silence::WrongKey(words)) => Ssh::WrongKey(words),
        Reply::Silent(Silence::NoEntry(words)) => Ssh::NoEntry(words),
        Reply::Silent(Silence::NoAnswer(words)) if words.contains("refused") => Ssh::Refused(words),
        Reply::Silent(Silence::NoAnswer(words)) => Ssh::Silent(words),
    })
}
