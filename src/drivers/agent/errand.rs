//! Has the agents of hosts run errands: one connection a host, kept between looking and acting.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::stream::BoxStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    AT_ONCE,
    binary::Binaries,
    session::{Session, told, unexpected},
};
use crate::{
    drivers::facts,
    event::Mode,
    host::{
        errand::{Errand, Told, updates::Updates},
        lock::Owner,
        wire::{Answer, Ask},
    },
    model::login::Login,
    plan::action::{
        Action,
        errand::{GatherFacts, UpdatePackages},
    },
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    trouble::{Result, Tell, Trouble},
};

/// Hosts' agents, for errands.
pub struct Errands {
    binaries: Binaries,
    owner: Owner,
    slots: Arc<Semaphore>,
}

/// An open connection.
pub struct Open {
    session: Session,
    _slot: OwnedSemaphorePermit,
}

impl Errands {
    pub fn new(binaries: Binaries, owner: Owner) -> Self {
        Self { binaries, owner, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Logs in and starts the agent.
    pub async fn open(&self, host: &str, login: &Login) -> Result<Open> {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.or_internal(|| "waiting for a slot".into())?;
        let session = Session::open(host, login, &self.binaries).await?;
        Ok(Open { session, _slot: slot })
    }

    /// Has one errand run; what changes the host holds its lock.
    pub async fn run(
        &self,
        open: &mut Open,
        errand: Errand,
        mut hear: impl FnMut(String) + Send,
    ) -> Result<Told> {
        let session = &mut open.session;
        if errand.changes_the_host() {
            session.own(&Ask::Own { owner: self.owner.clone() }, &mut hear).await?;
        }
        session.ask(&Ask::Run { errand: Box::new(errand) }).await?;
        loop {
            match session.answer().await? {
                Answer::Progress { text, .. } => hear(text),
                Answer::Ran { outcome } => {
                    return Result::from(outcome).map_err(|fault| told(session.host(), &fault));
                }
                Answer::Broken { fault } => return Err(told(session.host(), &fault)),
                other => return Err(unexpected(session.host(), &other)),
            }
        }
    }
}

/// Brings [`UpdatePackages`] and [`GatherFacts`] about.
pub struct ErrandDriver {
    errands: Errands,
    mode: Mode,
    /// Between looking and acting.
    open: Mutex<BTreeMap<String, (Open, Option<Told>)>>,
}

impl ErrandDriver {
    pub fn new(errands: Errands, mode: Mode) -> Self {
        Self { errands, mode, open: Mutex::default() }
    }

    async fn look(&self, task: Task<'_>, voice: &Voice) -> Result<Finding> {
        match &task.step.action {
            Action::Update(action) => self.look_for_updates(task.subject, action, voice).await,
            Action::Facts(action) => self.ask_for_facts(task.subject, action, voice).await,
            _ => Err(not_ours(&task)),
        }
    }

    async fn act(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        match &task.step.action {
            Action::Update(action) => self.update(task.subject, action, voice).await,
            Action::Facts(action) => match self.take(task.subject) {
                Some((_, Some(Told::Facts(found)))) => facts::keep(&action.file, &found),
                _ => Err(Trouble::internal(format!("{} was told no facts", task.step.id))),
            },
            _ => Err(not_ours(&task)),
        }
    }

    /// Only a run that may change the host fetches its lists of packages anew.
    async fn look_for_updates(
        &self,
        host: &str,
        action: &UpdatePackages,
        voice: &Voice,
    ) -> Result<Finding> {
        let mut open = self.errands.open(host, &action.login).await?;
        let wanted = action.wanted.clone();
        let errand = match self.mode {
            Mode::Check => Errand::Updates(wanted),
            Mode::Apply => Errand::FreshUpdates(wanted),
        };
        let told = self.errands.run(&mut open, errand, |text| voice.progress(text)).await?;
        let updates = updates(host, told)?;
        updates.notes.iter().for_each(|note| voice.warn(note));
        if updates.is_empty() {
            return Ok(Finding::Satisfied);
        }
        if self.mode == Mode::Apply {
            self.keep(host, (open, None));
        }
        Ok(Finding::Differs(updates.lines()))
    }

    async fn update(&self, host: &str, action: &UpdatePackages, voice: &Voice) -> Result<()> {
        let mut open = match self.take(host) {
            Some((open, _)) => open,
            None => self.errands.open(host, &action.login).await?,
        };
        let errand = Errand::Update(action.wanted.clone());
        let told = self.errands.run(&mut open, errand, |text| voice.progress(text)).await?;
        let asks = |note: &&String| note.contains("restarted");
        updates(host, told)?.notes.iter().filter(asks).for_each(|note| voice.warn(note));
        Ok(())
    }

    async fn ask_for_facts(
        &self,
        host: &str,
        action: &GatherFacts,
        voice: &Voice,
    ) -> Result<Finding> {
        let mut open = self.errands.open(host, &action.login).await?;
        let told = self.errands.run(&mut open, Errand::Facts, |text| voice.progress(text)).await?;
        let Told::Facts(found) = &told else {
            return Err(Trouble::internal(format!("{host}: the agent told no facts")));
        };
        let change = facts::change(&action.file, found)?;
        if self.mode == Mode::Apply {
            self.keep(host, (open, Some(told)));
        }
        Ok(Finding::Differs(vec![change]))
    }

    fn keep(&self, host: &str, open: (Open, Option<Told>)) {
        let mut kept = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(host.to_owned(), open);
    }

    fn take(&self, host: &str) -> Option<(Open, Option<Told>)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(host)
    }
}

fn updates(host: &str, told: Told) -> Result<Updates> {
    match told {
        Told::Updates(updates) => Ok(updates),
        _ => Err(Trouble::internal(format!("{host}: the agent told of no updates"))),
    }
}

fn not_ours(task: &Task<'_>) -> Trouble {
    Trouble::internal(format!("{} is no errand", task.step.id))
}

impl Driver for ErrandDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(
            tasks,
            usize::MAX,
            move |task, voice| async move { self.look(task, &voice).await },
        )
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(
            tasks,
            usize::MAX,
            move |task, voice| async move { self.act(task, &voice).await },
        )
    }
}
