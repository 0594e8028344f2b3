//! Runs a plan for a command: lock, journal, report, Ctrl-C.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{exit::Exit, hooks::HookSides, options::Context, tasks, withheld};
use crate::{
    ansible::Variables,
    drivers::command::Earlier,
    event::{Event, Mode, SCHEMA, Stamped, Summary},
    model::hook::Side,
    plan::Plan,
    report::Report,
    run::{
        driver::Driver,
        journal::Journal,
        lock::{Holder, Lock},
        runner::{Runner, Stop},
        store::{Request, Store},
    },
    trouble::{Kind, Result, Tell, Trouble},
};

/// A command about to act on one environment: its variables are read, and unless it only checks, it holds the lock.
pub struct Session<'c> {
    cx: &'c Context,
    command: String,
    pub variables: Arc<Variables>,
    store: Store,
    hooks: HookSides,
    _lock: Option<Lock>,
}

/// A run that has begun: where its events go.
struct Record {
    run: u64,
    journal: Option<Journal>,
    report: Mutex<Box<dyn Report>>,
}

impl<'c> Session<'c> {
    /// Reads the site, makes sure that its hooks can run, and takes the environment's lock.
    pub fn open(cx: &'c Context, command: &str) -> Result<Self> {
        let variables = cx.variables_to_act_on()?;
        let hooks = HookSides::of(cx, &variables, command)?;
        let store = cx.store()?;
        let lock = match cx.mode() {
            Mode::Check => None,
            Mode::Apply => {
                store.create()?;
                let holder = Holder::this_process(cx.user(), command);
                Some(Lock::take(&store.lock(), &holder)?)
            }
        };
        Ok(Self { cx, command: command.into(), variables, store, hooks, _lock: lock })
    }

    /// Whether playbooks of the site's own run before or after the command.
    pub fn has_hooks(&self) -> bool {
        [Side::Pre, Side::Post].iter().any(|side| !self.hooks.files(*side).is_empty())
    }

    /// Runs the plan to its end, to a Ctrl-C, or to a failure of its record.
    pub async fn run(self, plan: &Plan, driver: &impl Driver) -> Result<Exit> {
        if self.cx.options.list_tasks {
            let [pre, post] = [Side::Pre, Side::Post].map(|side| self.hooks.files(side));
            return tasks::print(plan, [&pre, &post], self.cx.options.output).map(|()| Exit::Done);
        }
        self.variables.forget_values();
        // Before anything starts, so that no Ctrl-C ends Ymir while a child of its own runs on.
        let mut signals = Signals::listen();
        let record = self.begin()?;
        record.emit(Event::RunStarted {
            schema: SCHEMA,
            run: record.run,
            command: self.command.clone(),
            mode: self.cx.mode(),
            plan: plan.digest(),
            steps: plan.steps(),
        })?;
        let stop = Stop::default();
        let summary = tokio::select! {
            summary = self.with_hooks(plan, driver, &record, &stop) => summary,
            () = interrupted(&mut signals, &stop, &record) => {
                self.tell_of_secrets(&record);
                return Err(Trouble::new(Kind::Interrupted, format!("run {} was aborted", record.run))
                    .hint(format!("go on with `ymir run resume {}`", record.run)));
            }
        };
        let (summary, hook) = summary?;
        if !summary.all_done() {
            self.tell_of_secrets(&record);
        }
        record.emit(Event::RunFinished { run: record.run, summary: summary.clone() })?;
        hook.map(|()| self.exit(&summary))
    }

    /// The site's hooks before the plan, the plan, and if all went well the hooks after it. A failed hook is told
    /// beside the summary.
    async fn with_hooks(
        &self,
        plan: &Plan,
        driver: &impl Driver,
        record: &Record,
        stop: &Stop,
    ) -> Result<(Summary, Result<()>)> {
        let dir = self.store.dir().join("hooks");
        if let Err(trouble) = self.hooks.run(Side::Pre, &dir, |event| record.show(event)).await {
            let summary = Summary { stopped: plan.subjects(), ..Summary::default() };
            return Ok((summary, Err(trouble)));
        }
        if let Err(trouble) = driver.survey(plan).await {
            let summary = Summary { stopped: plan.subjects(), ..Summary::default() };
            return Ok((summary, Err(trouble)));
        }
        let emit = |event| record.emit(event);
        let runner = Runner { driver, emit, mode: self.cx.mode(), stop: stop.clone() };
        let summary = runner.run(plan).await?;
        if !summary.all_done() {
            return Ok((summary, Ok(())));
        }
        let hook = self.hooks.run(Side::Post, &dir, |event| record.show(event)).await;
        Ok((summary, hook))
    }

    /// What the run that is resumed did.
    pub fn earlier(&self) -> Result<Earlier> {
        let Some(run) = self.cx.resumed else { return Ok(Earlier::default()) };
        let record = self.store.record(run)?;
        let begun = record.interrupted().into_iter().map(|(_, step)| step).collect();
        Ok(Earlier { done: record.done(), begun })
    }

    fn begin(&self) -> Result<Record> {
        let report = Mutex::new(self.cx.style().report());
        if self.cx.mode() == Mode::Check {
            return Ok(Record { run: 0, journal: None, report });
        }
        let run = self.store.begin(&self.request()?)?;
        let journal = Journal::create(&self.store.run_dir(run).join("events.jsonl"))?;
        Ok(Record { run, journal: Some(journal), report })
    }

    fn request(&self) -> Result<Request> {
        let here =
            std::env::current_dir().or_internal(|| "finding the current directory".into())?;
        let dir = here.try_into().or_internal(|| "reading the current directory's name".into())?;
        let (args, withheld) = self.withheld();
        let config_path = self.cx.config_path()?;
        let (environment, given) = (self.cx.environment_name(), self.cx.given);
        let vault_password = self.cx.environment.get(super::vault::PASSWORD).is_some();
        Ok(Request { args, dir, config_path, environment, given, withheld, vault_password })
    }

    /// The command line as it may be kept, and which secrets it lacks.
    fn withheld(&self) -> (Vec<String>, Vec<String>) {
        withheld::withheld(&self.cx.args, &self.cx.options.extra_vars)
    }

    /// Whoever resumes the run has to know what is missing in its record.
    fn tell_of_secrets(&self, record: &Record) {
        let (_, secrets) = self.withheld();
        if record.journal.is_some() && !secrets.is_empty() {
            let again = withheld::options(&secrets);
            let text = format!("secrets are not kept; to resume the run, give them again: {again}");
            record.show(Event::Warning { subject: None, text });
        }
    }

    fn exit(&self, summary: &Summary) -> Exit {
        let differs = self.cx.options.detailed_exitcode && !summary.changed.is_empty();
        match (summary, self.cx.mode()) {
            (summary, _) if !summary.failed.is_empty() => Exit::SomeFailed,
            (summary, _) if !summary.stopped.is_empty() => Exit::Interrupted,
            (_, Mode::Check) if differs => Exit::Differences,
            _ => Exit::Done,
        }
    }
}

impl Record {
    fn emit(&self, event: Event) -> Result<()> {
        if let Some(journal) = &self.journal {
            journal.append(&event)?;
        }
        self.tell(event);
        Ok(())
    }

    /// Shows an event and keeps it if it can be kept: for what must not end the run.
    fn show(&self, event: Event) {
        if let Some(Err(trouble)) = self.journal.as_ref().map(|journal| journal.append(&event)) {
            tracing::warn!(%trouble, "an event is not kept");
        }
        self.tell(event);
    }

    fn tell(&self, event: Event) {
        let mut report = self.report.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        report.event(&Stamped { at: Timestamp::now(), event });
    }
}

/// Ctrl-C and SIGTERM, heard from the moment that this is made.
struct Signals {
    ctrl_c: Option<Signal>,
    term: Option<Signal>,
}

impl Signals {
    fn listen() -> Self {
        let listen = |kind| signal(kind).ok();
        Self { ctrl_c: listen(SignalKind::interrupt()), term: listen(SignalKind::terminate()) }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = arrival(&mut self.ctrl_c) => {}
            () = arrival(&mut self.term) => {}
        }
    }
}

/// Ends at the second signal; the first asks the run to stop when the running steps have ended.
async fn interrupted(signals: &mut Signals, stop: &Stop, record: &Record) {
    signals.next().await;
    stop.request();
    let text =
        "stopping: running steps end first; press Ctrl-C again to abort, both can be resumed";
    record.show(Event::Warning { subject: None, text: text.into() });
    signals.next().await;
    record.show(Event::RunAborted { run: record.run });
}

async fn arrival(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
