//! Walks a plan: probes what is ready, applies what differs, and keeps one subject's trouble its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use futures::{FutureExt, StreamExt, stream::SelectAll};

use super::driver::{Driver, Finding, Output, Said, Task, Word};
use crate::{
    event::{Event, Mode, Outcome, Summary},
    plan::{Lane, Plan, Stage},
    trouble::{Result, Trouble},
};

/// The operator's wish to stop: running steps finish, no other step starts.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs plans with one driver. `emit` records an event before the run goes on; if it cannot, the run ends.
pub struct Runner<'a, D, E> {
    pub driver: &'a D,
    pub emit: E,
    pub mode: Mode,
    pub stop: Stop,
}

/// What became of every subject so far.
#[derive(Debug, Default)]
struct Fates {
    changed: BTreeSet<String>,
    failed: BTreeSet<String>,
    stopped: BTreeSet<String>,
}

impl Fates {
    fn anything_failed(&self) -> bool {
        !self.failed.is_empty()
    }
}

impl<D, E: Fn(Event) -> Result<()>> Runner<'_, D, E> {
    /// Runs every stage on the subjects that are still healthy. An error means that the record of the run could not be
    /// kept; a failed step is no error but part of the summary.
    pub async fn run<A: Sync>(&self, plan: &Plan<A>) -> Result<Summary>
    where
        D: Driver<A>,
    {
        let mut fates = Fates::default();
        for stage in &plan.stages {
            let (lost, healthy): (Vec<_>, Vec<_>) =
                stage.lanes.iter().partition(|lane| fates.failed.contains(&lane.subject));
            for lane in lost {
                (self.emit)(Event::SubjectLeftOut {
                    subject: lane.subject.clone(),
                    stage: stage.name.clone(),
                })?;
            }
            self.announce(stage, &healthy)?;
            self.driver.foresee(&healthy);
            let begins = !stage.careful || !fates.anything_failed();
            if begins {
                StageRun::new(self, stage, &healthy, &mut fates).run().await?;
            } else {
                self.leave(stage, &healthy, &mut fates)?;
            }
        }
        Ok(summary(plan, fates))
    }

    /// Begins nothing of a stage, because of what has failed before it.
    fn leave<A>(&self, stage: &Stage<A>, healthy: &[&Lane<A>], fates: &mut Fates) -> Result<()> {
        if healthy.is_empty() {
            return Ok(());
        }
        let failed: Vec<_> = fates.failed.iter().map(String::as_str).collect();
        let text = format!(
            "{} is not begun, because of what failed before: {}",
            stage.name,
            failed.join(", ")
        );
        (self.emit)(Event::Warning { subject: None, text })?;
        for Lane { subject, steps } in healthy {
            fates.stopped.insert(subject.clone());
            for step in steps.iter().take(1) {
                let (subject, step) = (subject.clone(), step.id.clone());
                (self.emit)(Event::StepFinished { subject, step, outcome: Outcome::Stopped })?;
            }
        }
        Ok(())
    }

    fn announce<A>(&self, stage: &Stage<A>, healthy: &[&Lane<A>]) -> Result<()> {
        let subjects = healthy.iter().map(|lane| lane.subject.clone()).collect();
        (self.emit)(Event::StageStarted { stage: stage.name.clone(), subjects })
    }
}

fn summary<A>(plan: &Plan<A>, fates: Fates) -> Summary {
    let lanes = plan.stages.iter().flat_map(|stage| &stage.lanes);
    let subjects: BTreeSet<&String> = lanes.map(|lane| &lane.subject).collect();
    let ended = |name: &str| {
        fates.failed.contains(name) || fates.stopped.contains(name) || fates.changed.contains(name)
    };
    let unchanged = subjects.into_iter().filter(|name| !ended(name)).cloned().collect();
    let whole = |name: &String| !fates.failed.contains(name) && !fates.stopped.contains(name);
    Summary {
        unchanged,
        changed: fates.changed.iter().filter(|name| whole(name)).cloned().collect(),
        failed: fates.failed.into_iter().collect(),
        stopped: fates.stopped.into_iter().collect(),
    }
}

/// One stage under way.
struct StageRun<'r, 'a, D, E, A> {
    runner: &'r Runner<'a, D, E>,
    stage: &'r Stage<A>,
    lanes: &'r [&'r Lane<A>],
    fates: &'r mut Fates,
    /// Which lane a step belongs to and where in it, for the steps that a driver works on.
    at_work: BTreeMap<&'r str, (usize, usize)>,
    /// What the probe of a step found, until the step has been applied.
    found: BTreeMap<&'r str, Vec<String>>,
    /// How far a step was when it was told last; the same is not told twice in a row.
    told: BTreeMap<&'r str, String>,
    to_probe: Vec<Task<'r, A>>,
    to_apply: Vec<Task<'r, A>>,
    /// It was told that nothing more is begun.
    given_up: bool,
}

impl<'r, 'a, D: Driver<A>, E: Fn(Event) -> Result<()>, A: Sync> StageRun<'r, 'a, D, E, A> {
    fn new(
        runner: &'r Runner<'a, D, E>,
        stage: &'r Stage<A>,
        lanes: &'r [&'r Lane<A>],
        fates: &'r mut Fates,
    ) -> Self {
        Self {
            runner,
            stage,
            given_up: false,
            lanes,
            fates,
            at_work: BTreeMap::new(),
            found: BTreeMap::new(),
            told: BTreeMap::new(),
            to_probe: Vec::new(),
            to_apply: Vec::new(),
        }
    }

    async fn run(mut self) -> Result<()> {
        for lane in 0..self.lanes.len() {
            self.start(lane, 0)?;
        }
        let mut voices = SelectAll::new();
        loop {
            let probe = std::mem::take(&mut self.to_probe);
            if !probe.is_empty() {
                voices.push(self.runner.driver.probe(probe));
            }
            let apply = std::mem::take(&mut self.to_apply);
            if !apply.is_empty() {
                voices.push(self.runner.driver.apply(apply));
            }
            let Some(said) = voices.next().await else { break };
            self.hear(said)?;
            // Whatever else has been said by now is heard first, so that steps become ready in batches.
            while let Some(Some(said)) = voices.next().now_or_never() {
                self.hear(said)?;
            }
        }
        self.fail_what_is_left()
    }

    /// Makes a lane's step ready to be probed; past the end of the lane there is nothing to do.
    fn start(&mut self, lane: usize, index: usize) -> Result<()> {
        let Lane { subject, steps } = self.lanes[lane];
        let Some(step) = steps.get(index) else { return Ok(()) };
        if self.runner.stop.requested() || self.too_many_failed(&step.title)? {
            self.fates.stopped.insert(subject.clone());
            return self.finished(subject, &step.id, Outcome::Stopped);
        }
        self.emit(Event::StepStarted {
            subject: subject.clone(),
            step: step.id.clone(),
            title: step.title.clone(),
        })?;
        self.at_work.insert(&step.id, (lane, index));
        self.to_probe.push(Task { subject, step });
        Ok(())
    }

    /// Whether more subjects have failed than are tolerated before this step; the first time it is told.
    fn too_many_failed(&mut self, title: &str) -> Result<bool> {
        let Some(percent) = self.stage.tolerates.get(title) else { return Ok(false) };
        let all = self.stage.lanes.len();
        let is_failed = |lane: &&Lane<A>| self.fates.failed.contains(&lane.subject);
        let failed = self.stage.lanes.iter().filter(is_failed).count();
        // Numbers of hosts are far below what a float cannot count.
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        let too_many = failed as f64 * 100.0 > percent * all as f64;
        if too_many && !self.given_up {
            self.given_up = true;
            let text = format!(
                "{failed} of {all} have failed, more than {percent} %: {title} is begun on no other, and nothing after it"
            );
            self.emit(Event::Warning { subject: None, text })?;
        }
        Ok(too_many)
    }

    fn hear(&mut self, Said { step, word }: Said) -> Result<()> {
        let Some((&id, &(lane, index))) = self.at_work.get_key_value(step.as_str()) else {
            return Err(Trouble::internal(format!("a driver spoke about the unknown step {step}")));
        };
        let subject = self.lanes[lane].subject.as_str();
        match word {
            Word::Progress(text) if self.told.get(id) == Some(&text) => Ok(()),
            Word::Progress(text) => {
                self.told.insert(id, text.clone());
                self.emit(Event::StepProgress { subject: subject.into(), step, text })
            }
            Word::Warning(text) => {
                self.emit(Event::Warning { subject: Some(subject.into()), text })
            }
            Word::Output(Output { code, stdout, stderr }) => {
                let subject = subject.into();
                self.emit(Event::StepOutput { subject, step, code, stdout, stderr })
            }
            Word::Found(Ok(finding)) => self.weigh((lane, index), id, finding),
            Word::Applied(Ok(())) => {
                let changes = self.found.remove(id).unwrap_or_default();
                self.end((lane, index), id, Outcome::Changed { changes })
            }
            Word::Found(Err(trouble)) | Word::Applied(Err(trouble)) => {
                self.end((lane, index), id, Outcome::Failed { trouble })
            }
        }
    }

    fn weigh(&mut self, at: (usize, usize), id: &'r str, finding: Finding) -> Result<()> {
        let changes = match (finding, self.runner.mode) {
            (Finding::Satisfied, _) => {
                return self.end(at, id, Outcome::Unchanged { why: None });
            }
            (Finding::Kept(why), _) => {
                return self.end(at, id, Outcome::Unchanged { why: Some(why) });
            }
            (Finding::DoneEarlier, _) => return self.end(at, id, Outcome::DoneEarlier),
            (Finding::Differs(changes), Mode::Check) => {
                return self.end(at, id, Outcome::WouldChange { changes });
            }
            (Finding::Unknown(why), Mode::Check) => {
                return self.end(at, id, Outcome::Undecided { why });
            }
            (Finding::Differs(changes), Mode::Apply) => changes,
            (Finding::Unknown(why), Mode::Apply) => vec![format!("unknown until run: {why}")],
        };
        let Lane { subject, steps } = self.lanes[at.0];
        self.emit(Event::StepApplying {
            subject: subject.clone(),
            step: id.into(),
            changes: changes.clone(),
        })?;
        self.found.insert(id, changes);
        self.to_apply.push(Task { subject, step: &steps[at.1] });
        Ok(())
    }

    fn end(&mut self, (lane, index): (usize, usize), id: &'r str, outcome: Outcome) -> Result<()> {
        self.at_work.remove(id);
        let subject = &self.lanes[lane].subject;
        match outcome {
            Outcome::Failed { .. } => self.fates.failed.insert(subject.clone()),
            Outcome::Changed { .. } | Outcome::WouldChange { .. } | Outcome::Undecided { .. } => {
                self.fates.changed.insert(subject.clone())
            }
            Outcome::Unchanged { .. } | Outcome::DoneEarlier | Outcome::Stopped => false,
        };
        let goes_on = !matches!(outcome, Outcome::Failed { .. });
        self.finished(subject, id, outcome)?;
        if goes_on { self.start(lane, index + 1) } else { Ok(()) }
    }

    /// A driver that ends without a word about a step has a fault; its subject must not count as done.
    fn fail_what_is_left(mut self) -> Result<()> {
        for (id, (lane, _)) in std::mem::take(&mut self.at_work) {
            let subject = &self.lanes[lane].subject;
            self.fates.failed.insert(subject.clone());
            let trouble = Trouble::internal(format!("the driver gave no result for {id}"));
            self.finished(subject, id, Outcome::Failed { trouble })?;
        }
        Ok(())
    }

    fn finished(&self, subject: &str, step: &str, outcome: Outcome) -> Result<()> {
        self.emit(Event::StepFinished { subject: subject.into(), step: step.into(), outcome })
    }

    fn emit(&self, event: Event) -> Result<()> {
        (self.runner.emit)(event)
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
