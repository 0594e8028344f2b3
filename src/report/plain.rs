//! A run as plain lines: for pipes and logs, and the words that the live report uses too.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Report, trouble, write};
use crate::event::{Event, Mode, Outcome, Stamped, Summary};

/// Subjects are listed up to this many; beyond, they are counted.
const LISTED: usize = 8;

/// Prints one line per event on standard error and the summary on standard output.
#[derive(Debug)]
pub struct Plain {
    words: Words,
}

impl Plain {
    pub fn new(diff: bool) -> Self {
        Self { words: Words::new(diff) }
    }
}

impl Report for Plain {
    fn event(&mut self, event: &Stamped) {
        let text = self.words.tell(&event.event);
        match &event.event {
            Event::RunFinished { .. } | Event::StepOutput { .. } => write::stdout(&text),
            _ => write::stderr(&text),
        }
    }
}

/// Turns events into text; remembers the titles of steps and the number and mode of the run.
#[derive(Debug)]
pub struct Words {
    titles: BTreeMap<String, String>,
    diff: bool,
    check: bool,
}

impl Words {
    pub fn new(diff: bool) -> Self {
        Self { titles: BTreeMap::new(), diff, check: false }
    }

    /// The event as lines, each with its end; empty if there is nothing to say.
    pub fn tell(&mut self, event: &Event) -> String {
        match event {
            Event::RunStarted { run, command, mode, steps, .. } => {
                self.check = *mode == Mode::Check;
                let steps = if *steps == 1 { "1 step".into() } else { format!("{steps} steps") };
                match mode {
                    Mode::Check => format!("check of `{command}`: {steps}, nothing is changed\n"),
                    Mode::Apply => format!("run {run}: `{command}`, {steps}\n"),
                }
            }
            Event::StageStarted { stage, subjects } => stage_line(stage, subjects),
            Event::StepStarted { step, title, .. } => {
                self.titles.insert(step.clone(), title.clone());
                String::new()
            }
            Event::StepApplying { subject, step, changes } => self.applying(subject, step, changes),
            Event::StepProgress { subject, step, text } => {
                format!("{subject}: {}: {text}\n", self.title(step))
            }
            Event::StepOutput { subject, stdout, stderr, .. } => output(subject, stdout, stderr),
            Event::StepFinished { subject, step, outcome } => {
                self.finished(&format!("{subject}: {}", self.title(step)), outcome)
            }
            Event::SubjectLeftOut { subject, stage } => {
                format!("{subject}: left out of `{stage}` after its failure\n")
            }
            Event::HookStarted { hook } => format!("hook {hook}: running\n"),
            Event::HookOutput { hook, line } => format!("hook {hook}: {line}\n"),
            Event::HookFinished { hook, trouble: None } => format!("hook {hook}: done\n"),
            Event::HookFinished { hook, trouble: Some(trouble) } => {
                format!("hook {hook}: failed: {}\n{}", trouble.what, trouble::body(trouble, "  "))
            }
            Event::Warning { subject: Some(subject), text } => format!("{subject}: note: {text}\n"),
            Event::Warning { subject: None, text } => format!("note: {text}\n"),
            Event::RunFinished { run, summary } => summary_text(*run, summary, self.check),
            // The command itself says it at its end.
            Event::RunAborted { .. } | Event::Unknown => String::new(),
        }
    }

    /// The step's title; its id if it never started here.
    pub fn title<'a>(&'a self, step: &'a str) -> &'a str {
        self.titles.get(step).map_or(step, String::as_str)
    }

    /// What is about to be done is told as a whole.
    fn applying(&self, subject: &str, step: &str, changes: &[String]) -> String {
        format!("{subject}: {}:{}\n", self.title(step), self.in_full(changes))
    }

    fn finished(&self, head: &str, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Unchanged { why: None } => format!("{head}: already so\n"),
            Outcome::Unchanged { why: Some(why) } => format!("{head}: left as it is: {why}\n"),
            Outcome::Changed { .. } => format!("{head}: done\n"),
            Outcome::WouldChange { changes } => {
                format!("{head}: would change:{}\n", self.changes(changes))
            }
            Outcome::Undecided { why } => format!("{head}: unknown until run: {why}\n"),
            Outcome::DoneEarlier => format!("{head}: done by an earlier run\n"),
            Outcome::Stopped => format!("{head}: not started, the run was stopped\n"),
            Outcome::Failed { trouble } => {
                format!("{head}: failed: {}\n{}", trouble.what, trouble::body(trouble, "  "))
            }
        }
    }

    fn changes(&self, changes: &[String]) -> String {
        match changes {
            [first, rest @ ..] if !self.diff && !rest.is_empty() => {
                format!(" {} (and {} more, see --diff)", words(first), rest.len())
            }
            _ => self.in_full(changes),
        }
    }

    /// One change behind the colon, several in lines of their own; the lines that differ below each, if they are asked
    /// for.
    fn in_full(&self, changes: &[String]) -> String {
        let shown = |change: &String| {
            if self.diff { change.replace('\n', "\n    ") } else { words(change).to_owned() }
        };
        match changes {
            [] => " …".into(),
            [only] => format!(" {}", shown(only)),
            _ => changes.iter().fold(String::new(), |text, change| text + "\n  " + &shown(change)),
        }
    }
}

/// Every line with its host before it, so that it can be found again among the lines of others.
fn output(subject: &str, stdout: &str, stderr: &str) -> String {
    let out = stdout.lines().map(|line| format!("{subject}: {line}\n"));
    out.chain(stderr.lines().map(|line| format!("{subject} (stderr): {line}\n"))).collect()
}

/// A change's words, without the lines that differ.
fn words(change: &str) -> &str {
    change.lines().next().unwrap_or_default()
}

fn stage_line(stage: &str, subjects: &[String]) -> String {
    match subjects.len() {
        0 => String::new(),
        count if count > LISTED => format!("-- {stage}: {count} hosts\n"),
        _ => format!("-- {stage}: {}\n", subjects.join(", ")),
    }
}

fn summary_text(run: u64, summary: &Summary, check: bool) -> String {
    let Summary { changed, unchanged, failed, stopped } = summary;
    let done = changed.len() + unchanged.len();
    let all = done + failed.len() + stopped.len();
    let mut text = String::new();
    let groups = [
        (if check { "would change" } else { "changed" }, changed),
        ("nothing to change", unchanged),
        ("failed", failed),
        ("stopped", stopped),
    ];
    for (word, subjects) in groups.iter().filter(|(_, subjects)| !subjects.is_empty()) {
        writeln!(text, "{word}: {}", subjects.join(", ")).expect("writing to a string");
    }
    let last = match (check, failed.len() + stopped.len()) {
        _ if all == 0 => "nothing to do".into(),
        (true, 0) => format!("{all} of {all} could be looked at"),
        (true, bad) => format!("{} of {all} could be looked at", all - bad),
        (false, 0) if changed.is_empty() => "nothing was changed".into(),
        (false, 0) => format!("{all} of {all} done"),
        (false, _) => format!("{done} of {all} done; continue with `ymir run resume {run}`"),
    };
    text + &last + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trouble::Trouble;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_summary_says_who_is_left_and_how_to_go_on() {
        let summary =
            Summary { changed: names(&["bm1"]), failed: names(&["bm2"]), ..Summary::default() };
        insta::assert_snapshot!(summary_text(7, &summary, false), @r"
        changed: bm1
        failed: bm2
        1 of 2 done; continue with `ymir run resume 7`
        ");
    }

    #[test]
    fn a_run_without_changes_says_so() {
        let summary = Summary { unchanged: names(&["bm1", "bm2"]), ..Summary::default() };
        insta::assert_snapshot!(summary_text(8, &summary, false), @r"
        nothing to change: bm1, bm2
        nothing was changed
        ");
    }

    #[test]
    fn what_is_done_is_told_in_full_and_what_is_left_with_its_reason() {
        let mut words = Words::new(false);
        let (subject, step) = ("bm1".to_owned(), "undeploy".to_owned());
        let changes = names(&["switch off", "forget its SSH host key"]);
        let applying =
            Event::StepApplying { subject: subject.clone(), step: step.clone(), changes };
        insta::assert_snapshot!(words.tell(&applying), @"
        bm1: undeploy:
          switch off
          forget its SSH host key
        ");
        let outcome = Outcome::Unchanged { why: Some("it runs another image".into()) };
        let finished = Event::StepFinished { subject, step, outcome };
        insta::assert_snapshot!(words.tell(&finished), @"bm1: undeploy: left as it is: it runs another image");
    }

    #[test]
    fn a_failure_shows_causes_and_the_next_step() {
        let mut words = Words::new(false);
        let (subject, step) = ("bm1".to_owned(), "deploy/bm1@1".to_owned());
        words.tell(&Event::StepStarted {
            subject: subject.clone(),
            step: step.clone(),
            title: "deploy debian-12".into(),
        });
        let trouble = Trouble::host("asking Ironic for bm1")
            .because("connection refused")
            .hint("is Ironic running?");
        let text = words.tell(&Event::StepFinished {
            subject,
            step,
            outcome: Outcome::Failed { trouble },
        });
        insta::assert_snapshot!(text, @r"
        bm1: deploy debian-12: failed: asking Ironic for bm1
          because: connection refused
          hint: is Ironic running?
        ");
    }
}
