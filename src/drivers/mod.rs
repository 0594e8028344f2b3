//! Performs actions; all side effects live here.

pub mod agent;
pub mod allocation;
pub mod ansible;
pub mod bmc;
pub mod command;
pub mod config_drive;
pub mod environment;
pub mod facts;
pub mod git;
pub mod host;
pub mod image;
pub mod inventory;
pub mod ironic;
pub mod known_hosts;
pub mod libvirt;
pub mod process;
pub mod signs;
pub mod tree;
pub mod user_data;

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};

use crate::{
    plan::{Lane, Plan, action::Action},
    run::driver::{Driver, Finding, Said, Task, Word},
    trouble::{Result, Trouble},
};

/// The drivers that a command needs; each gets the steps whose actions are its own.
#[derive(Default)]
pub struct Drivers<'d> {
    pub image: Option<Box<dyn Driver + Send + 'd>>,
    pub ironic: Option<Box<dyn Driver + Send + 'd>>,
    pub host: Option<Box<dyn Driver + Send + 'd>>,
    pub agent: Option<Box<dyn Driver + Send + 'd>>,
    pub allocation: Option<Box<dyn Driver + Send + 'd>>,
    pub bmc: Option<Box<dyn Driver + Send + 'd>>,
    pub command: Option<Box<dyn Driver + Send + 'd>>,
    pub errand: Option<Box<dyn Driver + Send + 'd>>,
    pub known_hosts: Option<Box<dyn Driver + Send + 'd>>,
    pub inventory: Option<Box<dyn Driver + Send + 'd>>,
}

impl Drivers<'_> {
    fn one(&self, kind: Kind) -> Option<&dyn Driver> {
        let driver = match kind {
            Kind::Image => &self.image,
            Kind::Ironic => &self.ironic,
            Kind::Host => &self.host,
            Kind::Agent => &self.agent,
            Kind::Allocation => &self.allocation,
            Kind::Bmc => &self.bmc,
            Kind::Command => &self.command,
            Kind::Errand => &self.errand,
            Kind::KnownHosts => &self.known_hosts,
            Kind::Inventory => &self.inventory,
        };
        driver.as_deref().map(|driver| driver as &dyn Driver)
    }

    /// Hands each driver its tasks; `ask` is `probe` or `apply`.
    fn split<'a, T: 'a>(
        &'a self,
        tasks: &[Task<'a>],
        ask: fn(&'a dyn Driver, Vec<Task<'a>>) -> BoxStream<'a, Said>,
        word: fn(Result<T>) -> Word,
    ) -> BoxStream<'a, Said> {
        let streams = Kind::ALL.into_iter().filter_map(|kind| {
            let own: Vec<_> =
                tasks.iter().filter(|task| Kind::of(&task.step.action) == kind).copied().collect();
            own.first()?;
            match self.one(kind) {
                Some(driver) => Some(ask(driver, own)),
                None => {
                    Some(stream::iter(own.into_iter().map(move |task| absent(task, word))).boxed())
                }
            }
        });
        stream::select_all(streams.collect::<Vec<_>>()).boxed()
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Image,
    Ironic,
    Host,
    Agent,
    Allocation,
    Bmc,
    Command,
    Errand,
    KnownHosts,
    Inventory,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Image,
        Self::Ironic,
        Self::Host,
        Self::Agent,
        Self::Allocation,
        Self::Bmc,
        Self::Command,
        Self::Errand,
        Self::KnownHosts,
        Self::Inventory,
    ];

    fn of(action: &Action) -> Self {
        match action {
            Action::Image(_) => Self::Image,
            Action::Ironic(_) => Self::Ironic,
            Action::Host(_) => Self::Host,
            Action::Configure(_) => Self::Agent,
            Action::Allocation(_) => Self::Allocation,
            Action::Bmc(_) => Self::Bmc,
            Action::Command(_) => Self::Command,
            Action::Update(_) | Action::Facts(_) => Self::Errand,
            Action::KnownHost(_) => Self::KnownHosts,
            Action::Inventory(_) => Self::Inventory,
        }
    }
}

fn absent<T>(task: Task<'_>, word: fn(Result<T>) -> Word) -> Said {
    let trouble = Trouble::internal(format!("the command started no driver for {}", task.step.id));
    Said { step: task.step.id.clone(), word: word(Err(trouble)) }
}

impl Driver for Drivers<'_> {
    fn survey<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<()>> {
        // No other driver has to see the whole plan before it begins.
        match &self.agent {
            Some(agent) => agent.survey(plan),
            None => std::future::ready(Ok(())).boxed(),
        }
    }

    fn foresee(&self, lanes: &[&Lane]) {
        let drivers = Kind::ALL.into_iter().filter_map(|kind| self.one(kind));
        drivers.for_each(|driver| driver.foresee(lanes));
    }

    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        self.split::<Finding>(&tasks, |driver, tasks| driver.probe(tasks), Word::Found)
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        self.split::<()>(&tasks, |driver, tasks| driver.apply(tasks), Word::Applied)
    }
}
