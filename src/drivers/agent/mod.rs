//! Configures hosts through the agent: one connection a host, one look for all steps of a host together.

pub mod binary;
mod disks;
pub mod errand;
pub(super) mod launch;
mod session;
pub mod survey;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture, stream::BoxStream};
use serde_json::json;
use tokio::{
    sync::{Mutex as Turn, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use self::{
    binary::Binaries,
    session::{Session, open_secrets, told, unexpected},
    survey::Consent,
};
use crate::{
    host::{
        change::Change,
        concern::Concern,
        converge::Found,
        data::{Confirmed, Held},
        fault::Fault,
        lock::Owner,
        sealed::Place,
        undo::Undo,
        wire::{Answer, Ask},
    },
    model::login::Login,
    plan::{
        Lane, Plan,
        action::{Action, configure::Configure},
    },
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    secret::{SecretRef, Secrets},
    trouble::{Result, Tell, Trouble},
};

/// Connections at once: each is a process here, and work there.
const AT_ONCE: usize = 32;

/// The pause between two attempts to come back to a host.
const PAUSE: Duration = Duration::from_secs(2);

/// When a host has undone a change of which nothing is known, in seconds.
const UNDONE_BY: u32 = 120;

/// How long after that a host may take to be reached again, in seconds.
const GRACE: u64 = 60;

/// Brings [`Configure`] actions about.
pub struct AgentDriver {
    binaries: Binaries,
    secrets: Arc<dyn Secrets>,
    owner: Owner,
    slots: Arc<Semaphore>,
    hosts: Mutex<BTreeMap<String, Arc<Turn<Host>>>>,
    /// The steps of each host that are still to come, so that one look serves them all.
    coming: Mutex<BTreeMap<String, Vec<(String, Concern)>>>,
    /// What is removed with its data, by host: the operator has named it.
    confirmed: Mutex<BTreeMap<String, Confirmed>>,
    /// Asked before anything is changed.
    consent: Option<Arc<dyn Consent>>,
}

/// What is known of one host.
#[derive(Default)]
struct Host {
    session: Option<(Session, OwnedSemaphorePermit)>,
    /// What a look at all steps found, until something is changed.
    found: BTreeMap<String, std::result::Result<Found, Fault>>,
    /// Something was changed: from here on each step is looked at when its turn comes.
    changed: bool,
    /// Why it could not be looked at beforehand.
    lost: Option<Trouble>,
    /// The change of an earlier run of which the operator was told that the host has undone it.
    told_undone: Option<String>,
}

impl Host {
    /// Tells of a change that the host has undone after the run that made it had gone.
    fn tell_undone(&mut self, voice: &Voice) {
        let Some((id, concern)) = self.session.as_ref().and_then(|(one, _)| one.undone.clone())
        else {
            return;
        };
        if self.told_undone.as_ref() == Some(&id) {
            return;
        }
        voice.warn(format!(
            "an earlier run changed {concern} and did not come back in time, so the host has undone that by itself"
        ));
        self.told_undone = Some(id);
    }
}

impl AgentDriver {
    pub fn new(binaries: Binaries, secrets: Arc<dyn Secrets>, owner: Owner) -> Self {
        Self {
            binaries,
            secrets,
            owner,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            hosts: Mutex::default(),
            coming: Mutex::default(),
            confirmed: Mutex::default(),
            consent: None,
        }
    }

    /// Looks at all hosts before anything is changed, and asks whether to go on; removes what is named with its data.
    #[must_use]
    pub fn asking(
        mut self,
        consent: Arc<dyn Consent>,
        confirmed: BTreeMap<String, Confirmed>,
    ) -> Self {
        self.consent = Some(consent);
        self.confirmed = Mutex::new(confirmed);
        self
    }

    fn host(&self, name: &str) -> Arc<Turn<Host>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }

    async fn probe_one(&self, task: Task<'_>, voice: &Voice) -> Result<Finding> {
        let action = ours(&task)?;
        let turn = self.host(task.subject);
        let mut host = turn.lock().await;
        if let Some(trouble) = host.lost.take() {
            return Err(trouble);
        }
        if !host.found.contains_key(&task.step.id) {
            let parts = self.parts(&task, action, host.changed);
            let session = self.session(task.subject, &action.login, &mut host).await?;
            let found = self.look(task.subject, session, &parts).await?;
            host.found.extend(found);
        }
        host.tell_undone(voice);
        let last = self.is_last(&task);
        let found = host.found.remove(&task.step.id).ok_or_else(|| {
            Trouble::internal(format!(
                "{}: the agent said nothing of {}",
                task.subject, task.step.id
            ))
        })?;
        let found = found.map_err(|fault| told(task.subject, &fault))?;
        warn(voice, task.subject, &found.kept, &found.held);
        if last && found.changes.is_empty() {
            // The connection has served; another host may have its slot.
            host.session = None;
        }
        Ok(match &found.changes[..] {
            [] => Finding::Satisfied,
            changes => Finding::Differs(changes.iter().map(shown).collect()),
        })
    }

    async fn apply_one(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        let action = ours(&task)?;
        let turn = self.host(task.subject);
        let mut host = turn.lock().await;
        let done = self.apply_over(&task, action, &mut host, voice).await;
        host.changed = true;
        host.found.clear();
        if done.is_err() || self.is_last(&task) {
            host.session = None;
        }
        done
    }

    async fn apply_over(
        &self,
        task: &Task<'_>,
        action: &Configure,
        host: &mut Host,
        voice: &Voice,
    ) -> Result<()> {
        let name = task.subject;
        let session = self.session(name, &action.login, host).await?;
        session.own(&Ask::Own { owner: self.owner.clone() }, |text| voice.progress(text)).await?;
        host.tell_undone(voice);
        let session = self.session(name, &action.login, host).await?;
        session.forget_undone().await?;
        let part = self.part(name, &task.step.id, &action.concern)?;
        session.ask(&json!({ "ask": "apply", "part": part })).await?;
        let undo = match hear(session, voice).await {
            Ok(heard) => heard.undo(name)?,
            // The change may have cut the connection: what became of it is seen by coming back.
            Err(_) if action.concern.is_risky() => {
                voice.progress("the connection is cut; coming back");
                self.take_on(task, action, host, voice).await?
            }
            Err(trouble) => return Err(trouble),
        };
        match undo {
            None => Ok(()),
            Some(undo) => {
                voice.progress("coming back through the new configuration");
                self.come_back(task, host, undo).await
            }
        }
    }

    /// Logs in anew after the connection broke, and brings to its end what was begun: the agent may have been killed in
    /// the middle. What is not confirmed yet is still undone as a whole.
    async fn take_on(
        &self,
        task: &Task<'_>,
        action: &Configure,
        host: &mut Host,
        voice: &Voice,
    ) -> Result<Option<Undo>> {
        let name = task.subject;
        let slot = host.session.take().map(|(_, slot)| slot);
        let away = action.concern.away().unwrap_or(UNDONE_BY).max(UNDONE_BY);
        let mut session = self.reopened(name, &action.login, away).await?;
        refuse_undone(name, &mut session).await?;
        let waiting = session.waiting.clone();
        // The agent of the broken connection may still be at work, and so may the host's undoing: their ends are waited for.
        session.own(&Ask::Own { owner: self.owner.clone() }, |text| voice.progress(text)).await?;
        refuse_undone(name, &mut session).await?;
        let part = self.part(name, &task.step.id, &action.concern)?;
        session.ask(&json!({ "ask": "apply", "part": part })).await?;
        let undo = hear(&mut session, voice).await?.undo(name)?;
        host.session = slot.map(|slot| (session, slot));
        Ok(undo.or(waiting.map(|id| Undo { id, seconds: UNDONE_BY })))
    }

    /// Logs in anew, through what was changed just now, and confirms it.
    async fn come_back(&self, task: &Task<'_>, host: &mut Host, undo: Undo) -> Result<()> {
        let (name, action) = (task.subject, ours(task)?);
        // The old connection proves nothing, and it holds the host's lock.
        let slot = host.session.take().map(|(_, slot)| slot);
        let mut session = self.reopened(name, &action.login, undo.seconds).await?;
        refuse_undone(name, &mut session).await?;
        session.ask(&Ask::Confirm { undo: undo.id }).await?;
        match session.answer().await? {
            Answer::Confirmed { outcome } => {
                Result::from(outcome).map_err(|fault| told(name, &fault))?;
            }
            other => return Err(unexpected(name, &other)),
        }
        host.session = slot.map(|slot| (session, slot));
        Ok(())
    }

    /// A new connection as the site's own user. One as another user would prove nothing either.
    async fn reopened(&self, name: &str, login: &Login, seconds: u32) -> Result<Session> {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds) + GRACE);
        loop {
            let trouble = match Session::open(name, login, &self.binaries).await {
                Ok(session) if session.user == login.user.value || session.undone.is_some() => {
                    return Ok(session);
                }
                Ok(session) => Trouble::host(format!("{name}: logging in as {}", login.user.value))
                    .because(format!("only {} gets in", session.user)),
                Err(trouble) => trouble,
            };
            if Instant::now() >= until {
                return Err(trouble
                    .while_trying(format!("{name}: coming back after the change"))
                    .hint(
                        "the host should have undone the change by now; its console tells more",
                    ));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The host's connection, opened when it is needed first.
    async fn session<'h>(
        &self,
        name: &str,
        login: &Login,
        host: &'h mut Host,
    ) -> Result<&'h mut Session> {
        if host.session.is_none() {
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let slot = slot.or_internal(|| "waiting for a slot".into())?;
            let session = Session::open(name, login, &self.binaries).await?;
            return Ok(&mut host.session.insert((session, slot)).0);
        }
        host.session
            .as_mut()
            .map(|(session, _)| session)
            .ok_or_else(|| Trouble::internal(format!("{name}: the connection is gone")))
    }

    async fn look(
        &self,
        name: &str,
        session: &mut Session,
        parts: &[(String, Concern)],
    ) -> Result<BTreeMap<String, std::result::Result<Found, Fault>>> {
        let asked: Vec<_> = parts
            .iter()
            .map(|(id, concern)| self.part(name, id, concern))
            .collect::<Result<_>>()?;
        session.ask(&json!({ "ask": "look", "parts": asked })).await?;
        let mut found = BTreeMap::new();
        while found.len() < parts.len() {
            match session.answer().await? {
                Answer::Found { id, outcome } => {
                    found.insert(id, outcome.into());
                }
                Answer::Broken { fault } => return Err(told(name, &fault)),
                other => return Err(unexpected(name, &other)),
            }
        }
        Ok(found)
    }

    /// This step and, as long as nothing was changed, all that come after it on its host.
    fn parts(&self, task: &Task<'_>, action: &Configure, alone: bool) -> Vec<(String, Concern)> {
        let coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let own = || vec![(task.step.id.clone(), action.concern.clone())];
        let Some(steps) = coming.get(task.subject).filter(|_| !alone) else { return own() };
        match steps.iter().position(|(id, _)| *id == task.step.id) {
            Some(at) => steps[at..].to_vec(),
            None => own(),
        }
    }

    fn is_last(&self, task: &Task<'_>) -> bool {
        let coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        coming
            .get(task.subject)
            .and_then(|steps| steps.last())
            .is_none_or(|(id, _)| *id == task.step.id)
    }

    /// A part of a question, with its secrets in their places.
    fn part(&self, host: &str, id: &str, concern: &Concern) -> Result<serde_json::Value> {
        let mut value =
            serde_json::to_value(concern).or_internal(|| "writing a question".into())?;
        open_secrets(&mut value, &|place| {
            let place: Place =
                serde_json::from_value(place.clone()).or_internal(|| "finding a secret".into())?;
            let Place { host, variable, path, holder } = place;
            let found = self.secrets.find(&SecretRef { host, variable, path, holder });
            Ok(found?.reveal().to_owned())
        })?;
        let confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        let named = confirmed.get(host).cloned().unwrap_or_default();
        Ok(json!({ "id": id, "concern": value, "confirmed": named }))
    }
}

/// Whether the host has undone the change before it could be confirmed.
async fn refuse_undone(name: &str, session: &mut Session) -> Result<()> {
    let Some((_, concern)) = session.undone.clone() else { return Ok(()) };
    // Where the host does not hear it, the next run tells it once more.
    drop(session.forget_undone().await);
    Err(Trouble::host(format!("{name}: changing {concern}"))
        .because("Ymir could not come back in time, so the host has undone the change by itself")
        .hint(
            "compare the new configuration with the host's network; the host is as it was before",
        ))
}

/// How a step ended, as the agent tells it.
enum Heard {
    /// Done; it undoes itself unless it is confirmed.
    Done(Option<Undo>),
    Fault(Fault),
}

impl Heard {
    fn undo(self, host: &str) -> Result<Option<Undo>> {
        match self {
            Self::Done(undo) => Ok(undo),
            Self::Fault(fault) => Err(told(host, &fault)),
        }
    }
}

/// Listens until the step is done; an error is one of the connection.
async fn hear(session: &mut Session, voice: &Voice) -> Result<Heard> {
    loop {
        match session.answer().await? {
            Answer::Progress { text, .. } => voice.progress(text),
            Answer::Applied { outcome, .. } => {
                return Ok(match Result::from(outcome) {
                    Ok(done) => {
                        warn(voice, session.host(), &done.kept, &done.held);
                        Heard::Done(done.undo)
                    }
                    Err(fault) => Heard::Fault(fault),
                });
            }
            Answer::Broken { fault } => return Ok(Heard::Fault(fault)),
            other => return Err(unexpected(session.host(), &other)),
        }
    }
}

/// Says what stays, and why.
fn warn(voice: &Voice, host: &str, kept: &[String], held: &[Held]) {
    kept.iter().chain(&survey::told(host, held)).for_each(|why| voice.warn(why));
}

/// A change as events have it: its words, and behind them the lines that differ.
fn shown(change: &Change) -> String {
    match &change.lines {
        Some(lines) => format!("{}\n{}", change.text, lines.trim_end()),
        None => change.text.clone(),
    }
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a Configure> {
    match &task.step.action {
        Action::Configure(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} was given to the agent's driver", task.step.id))),
    }
}

impl Driver for AgentDriver {
    fn survey<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<()>> {
        self.survey_all(plan).boxed()
    }

    fn foresee(&self, lanes: &[&Lane]) {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in lanes {
            let steps = lane.steps.iter().filter_map(|step| match &step.action {
                Action::Configure(action) => Some((step.id.clone(), action.concern.clone())),
                _ => None,
            });
            coming.insert(lane.subject.clone(), steps.collect());
        }
    }

    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, usize::MAX, move |task, voice| async move {
            self.probe_one(task, &voice).await
        })
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(tasks, usize::MAX, move |task, voice| async move {
            self.apply_one(task, &voice).await
        })
    }
}
