//! What the journals of this machine have of a host.

use std::collections::BTreeMap;

use crate::{
    event::{Event, Outcome, Stamped},
    run::store::Store,
    trouble::Result,
    why::signs::{Journal, Past},
};

/// So many runs are looked through, and so many steps shown.
const RUNS: usize = 30;
const STEPS: usize = 6;

/// The last steps of a host. A run whose journal is damaged is left out: `ymir run list` tells of it.
pub(super) fn look(store: &Store, host: &str) -> Result<Journal> {
    let runs = store.runs()?;
    let runs = &runs[runs.len().saturating_sub(RUNS)..];
    let mut journal = Journal::default();
    for run in runs {
        if let Ok(record) = store.record(*run) {
            take(&mut journal, *run, host, &record.events);
        }
    }
    let shown = journal.last.len().saturating_sub(STEPS);
    journal.last.drain(..shown);
    Ok(journal)
}

/// Adds what a run did with the host.
fn take(journal: &mut Journal, run: u64, host: &str, events: &[Stamped]) {
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for Stamped { at, event } in events {
        match event {
            Event::StepStarted { subject, step, title } if subject == host => {
                titles.insert(step, title);
            }
            Event::StepApplying { subject, step, .. } if subject == host => {
                journal.began = Some(*at);
                journal.trouble = None;
                let step = titled(&titles, step);
                journal.last.push(Past { at: *at, run, step, outcome: "under way".into() });
            }
            Event::StepFinished { subject, step, outcome } if subject == host => {
                let title = titled(&titles, step);
                if title.contains("SSH") && succeeded(outcome) {
                    journal.answered_before = true;
                }
                journal.trouble = trouble(outcome);
                let past = Past { at: *at, run, step: title, outcome: words(outcome).into() };
                let open = journal.last.iter().rposition(|last| {
                    last.run == run && last.step == past.step && last.outcome == "under way"
                });
                match open {
                    Some(open) => journal.last[open] = past,
                    None => journal.last.push(past),
                }
            }
            _ => {}
        }
    }
}

fn titled(titles: &BTreeMap<&str, &str>, step: &str) -> String {
    titles.get(step).map_or_else(|| step.to_owned(), |title| (*title).to_owned())
}

fn succeeded(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Changed { .. } | Outcome::Unchanged { .. })
}

fn trouble(outcome: &Outcome) -> Option<crate::trouble::Trouble> {
    match outcome {
        Outcome::Failed { trouble } => Some(trouble.clone()),
        _ => None,
    }
}

fn words(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged { .. } => "nothing to do",
        Outcome::Changed { .. } => "done",
        Outcome::WouldChange { .. } | Outcome::Undecided { .. } => "checked",
        Outcome::DoneEarlier => "done earlier",
        Outcome::Failed { .. } => "failed",
        Outcome::Stopped => "stopped",
    }
}
