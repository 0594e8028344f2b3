//! Drives Ironic: one shared look serves every step that waits, and each step walks its node by a pure table.

pub mod answer;
mod bios;
pub mod bios_raid;
mod bios_steps;
pub mod blame;
pub mod client;
mod console;
mod deadline;
pub mod deploy;
mod deployment;
mod deployment_image;
mod differences;
pub mod discovery;
mod glance;
pub mod hold;
pub mod image;
pub mod inspect;
mod keystone;
pub mod lease;
mod manage;
pub mod observed;
pub mod observer;
pub mod order;
mod ports;
pub mod process;
pub mod provide;
mod raid;
mod rebuild;
pub mod register;
mod rename;
pub mod retired;
mod room;
mod root_disk;
mod rule_notes;
mod rules;
pub mod running;
pub mod save;
mod signs;
pub mod stuck;
pub mod towards;
mod traits;
pub mod undeploy;
pub mod walk;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::stream::BoxStream;

use self::{
    client::{Client, Pace},
    image::Digests,
    keystone::Keystone,
    lease::Owner,
    observed::Observed,
    observer::{Observer, Snapshot},
    walk::Errand,
};
use crate::{
    drivers::image::signature::Verified,
    model::{
        host::Patience,
        node::{Ironic, Node},
    },
    plan::action::{Action, ironic::IronicAction},
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    secret::Secrets,
    trouble::{Result, Trouble},
};

/// Steps that only wait hold no slot, so all of them may go at once; the client bounds the requests.
const ALL_AT_ONCE: usize = usize::MAX;

/// Brings [`IronicAction`]s about.
pub struct IronicDriver {
    secrets: Arc<dyn Secrets>,
    owner: Owner,
    pace: Pace,
    sessions: Mutex<BTreeMap<String, Arc<Session>>>,
    digests: Arc<Digests>,
    verified: Verified,
}

/// One Ironic and the shared look at it.
#[derive(Debug)]
pub struct Session {
    client: Client,
    observer: Observer,
    ports: ports::Book,
    images: glance::Images,
    room: room::Room,
}

impl Session {
    fn with(client: Client) -> Self {
        Self {
            client,
            observer: Observer::default(),
            ports: ports::Book::default(),
            images: glance::Images::default(),
            room: room::Room::default(),
        }
    }
}

impl IronicDriver {
    /// `owner` stands in the leases that the driver takes on nodes.
    pub fn new(secrets: Arc<dyn Secrets>, owner: Owner) -> Self {
        Self::paced(secrets, owner, Pace::default())
    }

    /// A driver with other pauses, for tests.
    pub fn paced(secrets: Arc<dyn Secrets>, owner: Owner, pace: Pace) -> Self {
        Self {
            secrets,
            owner,
            pace,
            sessions: Mutex::default(),
            digests: Arc::default(),
            verified: Verified::default(),
        }
    }

    /// How many requests went to Ironic so far.
    pub fn requests(&self) -> u64 {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.values().map(|session| session.client.sent()).sum()
    }

    fn session(&self, ironic: &Ironic) -> Result<Arc<Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let who = ironic.keystone.as_ref().map(|keystone| &keystone.plain);
        let key = format!("{} {who:?}", ironic.url.value);
        if let Some(session) = sessions.get(&key) {
            return Ok(Arc::clone(session));
        }
        let login = match &ironic.login {
            Some(login) => {
                Some((login.username.value.clone(), self.secrets.find(&login.password)?))
            }
            None => None,
        };
        let client = Client::new(ironic.url.clone(), login, self.pace)?;
        let client = match &ironic.keystone {
            Some(who) => {
                client.through(Keystone::new(ironic.url.value.clone(), who, self.secrets.as_ref())?)
            }
            None => client,
        };
        let session = Arc::new(Session::with(client));
        sessions.insert(key, Arc::clone(&session));
        Ok(session)
    }

    /// All nodes of an Ironic as they are now, in one look.
    pub async fn nodes(&self, ironic: &Ironic) -> Result<Arc<Snapshot>> {
        let session = self.session(ironic)?;
        let now = session.observer.now();
        session.observer.after(&session.client, now, Duration::ZERO, &|_| {}).await
    }

    /// The node as it is now; `None` if Ironic has none of this name.
    async fn look(&self, session: &Session, host: &str, voice: &Voice) -> Result<Option<Observed>> {
        Ok(self.look_at_all(session, voice).await?.node(host).cloned())
    }

    async fn look_at_all(&self, session: &Session, voice: &Voice) -> Result<Arc<Snapshot>> {
        let told = |text: String| voice.progress(text);
        let now = session.observer.now();
        session.observer.after(&session.client, now, Duration::ZERO, &told).await
    }

    fn errand<'a>(&'a self, place: Place<'a>, doing: impl Into<String>) -> Errand<'a> {
        let Place { host, session, node, patience, voice } = place;
        Errand { host, doing: doing.into(), session, owner: &self.owner, node, patience, voice }
    }

    async fn probe_one(&self, task: Task<'_>, voice: &Voice) -> Result<Finding> {
        let (host, action) = (task.subject, ours(&task)?);
        let session = self.session(action.ironic())?;
        // Rules are of no node, and a node that is to be renamed is not found by its name.
        let seen = match action {
            IronicAction::Rule(_) | IronicAction::Prune(_) | IronicAction::Rename(_) => None,
            _ => self.look(&session, host, voice).await?,
        };
        let place = |node, patience| Place { host, session: &session, node, patience, voice };
        match action {
            IronicAction::Register(action) => {
                let place = place(&action.node, &action.patience);
                let ports = ports::wanted(place, seen.as_ref()).await?;
                Ok(register::find(action, seen.as_ref(), &ports))
            }
            IronicAction::Inspect(action) => inspect::find(host, action, seen.as_ref()),
            IronicAction::Save(action) => {
                save::find(host, action, &session, seen.as_ref(), voice).await
            }
            IronicAction::Rule(action) => {
                rules::find(action, &session, self.secrets.as_ref(), voice).await
            }
            IronicAction::Prune(action) => rules::find_stale(action, &session, voice).await,
            IronicAction::Provide(_) => provide::find(host, seen.as_ref()),
            IronicAction::Manage(_) => manage::find(host, seen.as_ref()),
            IronicAction::Rename(action) => {
                rename::find(host, action, &*self.look_at_all(&session, voice).await?)
            }
            IronicAction::Console(action) => console::find(host, action, seen.as_ref()),
            IronicAction::Ramdisk(action) => {
                deployment_image::find(host, action, &session, seen.as_ref(), voice).await
            }
            IronicAction::Deploy(action) => {
                let place = place(&action.node, &action.patience);
                self.find_deployed(place, action, seen.as_ref()).await
            }
            IronicAction::Rebuild(action) => {
                let place = place(&action.deploy.node, &action.deploy.patience);
                self.find_rebuilt(place, action, seen.as_ref()).await
            }
            IronicAction::Undeploy(action) => undeploy::find(host, action, seen.as_ref()),
            IronicAction::BiosRaid(action) => {
                bios_raid::find(host, action, &session, seen.as_ref(), voice).await
            }
        }
    }

    async fn apply_one(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        let (host, action) = (task.subject, ours(&task)?);
        let session = self.session(action.ironic())?;
        let place = |node, patience| Place { host, session: &session, node, patience, voice };
        // Of the kinds of steps the one with the largest needs would count for all.
        let ended = match action {
            IronicAction::Register(action) => {
                Box::pin(self.register(place(&action.node, &action.patience), action)).await
            }
            IronicAction::Inspect(action) => {
                Box::pin(self.inspect(place(&action.node, &action.patience), action)).await
            }
            IronicAction::Save(action) => {
                let seen = self.look(&session, host, voice).await?;
                Box::pin(save::save(host, action, &session, seen.as_ref(), voice)).await
            }
            IronicAction::Rule(action) => {
                Box::pin(rules::ensure(action, &session, self.secrets.as_ref(), voice)).await
            }
            IronicAction::Prune(action) => Box::pin(rules::prune(action, &session, voice)).await,
            IronicAction::Provide(action) => {
                Box::pin(self.provide(place(&action.node, &action.patience))).await
            }
            IronicAction::Manage(action) => {
                Box::pin(self.manage(place(&action.node, &action.patience))).await
            }
            IronicAction::Rename(action) => {
                let seen = self.look_at_all(&session, voice).await?;
                Box::pin(rename::rename(host, action, &session, &seen, voice)).await
            }
            IronicAction::Console(action) => {
                let seen = self.look(&session, host, voice).await?;
                Box::pin(console::switch(host, action, &session, seen.as_ref(), voice)).await
            }
            IronicAction::Ramdisk(action) => {
                let seen = self.look(&session, host, voice).await?;
                Box::pin(deployment_image::update(host, action, &session, seen.as_ref(), voice))
                    .await
            }
            IronicAction::Deploy(action) => {
                Box::pin(self.deploy(place(&action.node, &action.patience), action)).await
            }
            IronicAction::Rebuild(action) => {
                let place = place(&action.deploy.node, &action.deploy.patience);
                Box::pin(self.rebuild(place, action)).await
            }
            IronicAction::Undeploy(action) => {
                Box::pin(self.undeploy(place(&action.node, &action.patience), action)).await
            }
            IronicAction::BiosRaid(action) => {
                Box::pin(self.configure_bios_raid(place(&action.node, &action.patience), action))
                    .await
            }
        };
        tracing::debug!(
            host,
            requests = self.requests(),
            "requests sent to Ironic so far, for all hosts"
        );
        ended
    }
}

/// Which node a step is about, and through whom it speaks.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    host: &'a str,
    session: &'a Session,
    node: &'a Node,
    patience: &'a Patience,
    voice: &'a Voice,
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a IronicAction> {
    match &task.step.action {
        Action::Ironic(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} was given to the Ironic driver", task.step.id))),
    }
}

impl Driver for IronicDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, ALL_AT_ONCE, move |task, voice| async move {
            self.probe_one(task, &voice).await
        })
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(tasks, ALL_AT_ONCE, move |task, voice| async move {
            self.apply_one(task, &voice).await
        })
    }
}

#[cfg(test)]
mod tests;
