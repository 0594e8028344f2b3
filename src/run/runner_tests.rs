//! The runner with plans about bread.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use futures::stream::BoxStream;
use serde::Serialize;

use super::*;
use crate::run::driver::{apply_each, probe_each};

#[derive(Debug, Clone, Serialize)]
enum Bread {
    Knead,
    Bake,
}

#[derive(Default)]
struct Bakery {
    done: Mutex<BTreeSet<String>>,
    burnt: BTreeSet<String>,
    batches: Mutex<Vec<usize>>,
    silent: bool,
}

impl Bakery {
    fn key(task: &Task<'_, Bread>) -> String {
        format!("{} {:?}", task.subject, task.step.action)
    }
}

impl Driver<Bread> for Bakery {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a, Bread>>) -> BoxStream<'a, Said> {
        self.batches.lock().unwrap().push(tasks.len());
        probe_each(tasks, 8, move |task, voice| async move {
            voice.progress("looking");
            let done = self.done.lock().unwrap().contains(&Self::key(&task));
            Ok(if done {
                Finding::Satisfied
            } else {
                Finding::Differs(vec![format!("{:?}", task.step.action)])
            })
        })
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a, Bread>>) -> BoxStream<'a, Said> {
        if self.silent {
            return futures::stream::empty().boxed();
        }
        apply_each(tasks, 8, move |task, _| async move {
            if self.burnt.contains(task.subject) {
                return Err(Trouble::host(format!("baking {}", task.subject)).because("it burnt"));
            }
            self.done.lock().unwrap().insert(Self::key(&task));
            Ok(())
        })
    }
}

/// Three loaves that are kneaded and baked one after the other.
fn tolerating(percent: f64) -> Plan<Bread> {
    let steps = vec![("knead".into(), Bread::Knead), ("bake".into(), Bread::Bake)];
    let loaves = ["rye", "spelt", "wheat"];
    Plan::named("bake")
        .stage("bakery", &loaves, |loaf| ((*loaf).into(), steps.clone()))
        .tolerating(BTreeMap::from([("bake".into(), percent)]))
}

#[test]
fn nothing_more_is_begun_when_too_many_have_failed() {
    let bakery = Bakery { burnt: ["rye".into()].into(), ..Bakery::default() };
    let (summary, events) = run_plan(&bakery, &tolerating(30.0));
    assert_eq!(
        (summary.failed, summary.stopped),
        (vec!["rye".into()], vec!["spelt".into(), "wheat".into()])
    );
    let warnings = events.iter().filter(|event| matches!(event, Event::Warning { .. })).count();
    assert_eq!(warnings, 1);
    // A third is no more than a third.
    let bakery = Bakery { burnt: ["rye".into()].into(), ..Bakery::default() };
    let (summary, _) = run_plan(&bakery, &tolerating(100.0 / 3.0));
    assert_eq!(summary.changed, ["spelt", "wheat"]);
}

#[test]
fn a_careful_stage_is_not_begun_after_a_failure() {
    let careful = || {
        let bake = |loaf: &&str| ((*loaf).into(), vec![("bake".into(), Bread::Bake)]);
        let plan = Plan::named("bake").stage("first", &["rye", "spelt"], bake).careful();
        plan.stage("second", &["wheat"], bake).careful().stage("third", &["oat"], bake).careful()
    };
    let bakery = Bakery { burnt: ["rye".into()].into(), ..Bakery::default() };
    let (summary, events) = run_plan(&bakery, &careful());
    assert_eq!((summary.failed, summary.changed), (vec!["rye".into()], vec!["spelt".into()]));
    assert_eq!(summary.stopped, ["oat", "wheat"]);
    let told = |event: &&Event| matches!(event, Event::Warning { text, .. } if text.contains("not begun, because of what failed before: rye"));
    assert_eq!(events.iter().filter(told).count(), 2);
    let (summary, _) = run_plan(&Bakery::default(), &careful());
    assert_eq!(summary.changed, ["oat", "rye", "spelt", "wheat"]);
}

fn plan() -> Plan<Bread> {
    let loaves = ["rye", "spelt", "wheat"];
    Plan::named("bake")
        .stage("dough", &loaves, |loaf| ((*loaf).into(), vec![("knead".into(), Bread::Knead)]))
        .stage("oven", &loaves, |loaf| ((*loaf).into(), vec![("bake".into(), Bread::Bake)]))
}

fn run_plan(bakery: &Bakery, plan: &Plan<Bread>) -> (Summary, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    let emit = |event| {
        events.lock().unwrap().push(event);
        Ok(())
    };
    let runner = Runner { driver: bakery, emit, mode: Mode::Apply, stop: Stop::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let summary = runtime.block_on(runner.run(plan)).unwrap();
    (summary, events.into_inner().unwrap())
}

fn run(bakery: &Bakery, mode: Mode, stop: Stop) -> (Summary, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    let emit = |event| {
        events.lock().unwrap().push(event);
        Ok(())
    };
    let runner = Runner { driver: bakery, emit, mode, stop };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let summary = runtime.block_on(runner.run(&plan())).unwrap();
    (summary, events.into_inner().unwrap())
}

fn outcomes(events: &[Event]) -> BTreeMap<String, String> {
    let finished = events.iter().filter_map(|event| match event {
        Event::StepFinished { step, outcome, .. } => {
            let name = step.split('@').next().unwrap().to_owned();
            Some((name, format!("{outcome:?}").split([' ', '{']).next().unwrap().to_owned()))
        }
        _ => None,
    });
    finished.collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let bakery = Bakery::default();
    let (first, _) = run(&bakery, Mode::Apply, Stop::default());
    assert_eq!(first.changed, ["rye", "spelt", "wheat"]);
    let (second, events) = run(&bakery, Mode::Apply, Stop::default());
    assert_eq!(second.unchanged, ["rye", "spelt", "wheat"]);
    assert!(outcomes(&events).values().all(|outcome| outcome == "Unchanged"));
}

#[test]
fn check_changes_nothing_and_tells_what_would_change() {
    let bakery = Bakery::default();
    let (summary, events) = run(&bakery, Mode::Check, Stop::default());
    assert_eq!(summary.changed, ["rye", "spelt", "wheat"]);
    assert!(outcomes(&events).values().all(|outcome| outcome == "WouldChange"));
    assert!(bakery.done.lock().unwrap().is_empty());
}

#[test]
fn one_burnt_loaf_leaves_the_others_alone() {
    let bakery = Bakery { burnt: ["spelt".into()].into(), ..Bakery::default() };
    let (summary, events) = run(&bakery, Mode::Apply, Stop::default());
    assert_eq!(summary.failed, ["spelt"]);
    assert_eq!(summary.changed, ["rye", "wheat"]);
    assert!(events.iter().any(|event| matches!(event,
        Event::SubjectLeftOut { subject, stage } if subject == "spelt" && stage == "oven")));
}

#[test]
fn ready_steps_reach_the_driver_in_one_batch() {
    let bakery = Bakery::default();
    run(&bakery, Mode::Apply, Stop::default());
    assert_eq!(*bakery.batches.lock().unwrap(), [3, 3]);
}

#[test]
fn after_a_stop_no_step_starts() {
    let stop = Stop::default();
    stop.request();
    let (summary, events) = run(&Bakery::default(), Mode::Apply, stop);
    assert_eq!(summary.stopped, ["rye", "spelt", "wheat"]);
    assert!(!events.iter().any(|event| matches!(event, Event::StepStarted { .. })));
}

#[test]
fn the_intent_is_recorded_before_the_act() {
    let (_, events) = run(&Bakery::default(), Mode::Apply, Stop::default());
    let position = |wanted: fn(&Event) -> bool| events.iter().position(wanted).unwrap();
    let applying = position(|event| matches!(event, Event::StepApplying { .. }));
    let finished = position(|event| matches!(event, Event::StepFinished { .. }));
    assert!(applying < finished);
}

#[test]
fn a_silent_driver_is_a_failure() {
    let bakery = Bakery { silent: true, ..Bakery::default() };
    let (summary, _) = run(&bakery, Mode::Apply, Stop::default());
    assert_eq!(summary.failed, ["rye", "spelt", "wheat"]);
}
