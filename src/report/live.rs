//! A run on a terminal: finished steps as lines, and below them one moving line per subject at work.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Report, plain::Words, write};
use crate::event::{Event, Stamped};

/// How often the moving lines turn.
const TICK: Duration = Duration::from_millis(200);

/// Shows live progress on standard error.
#[derive(Debug)]
pub struct Live {
    words: Words,
    bars: MultiProgress,
    at_work: BTreeMap<String, ProgressBar>,
}

impl Live {
    pub fn new(diff: bool) -> Self {
        Self { words: Words::new(diff), bars: MultiProgress::new(), at_work: BTreeMap::new() }
    }

    fn moving(&mut self, subject: &str, text: String) {
        let bars = &self.bars;
        let bar = self.at_work.entry(subject.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg} {elapsed}");
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style.expect("the template is fixed and valid"));
            bar.set_prefix(subject.to_owned());
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_message(text);
    }

    fn end(&mut self, text: &str) {
        self.at_work.values().for_each(ProgressBar::finish_and_clear);
        self.at_work.clear();
        write::stdout(text);
    }
}

impl Report for Live {
    fn event(&mut self, event: &Stamped) {
        let text = self.words.tell(&event.event);
        match &event.event {
            Event::StepStarted { subject, step, .. } => {
                let title = self.words.title(step).to_owned();
                self.moving(subject, title);
                return;
            }
            Event::StepProgress { subject, step, text } => {
                let title = self.words.title(step).to_owned();
                self.moving(subject, format!("{title}: {text}"));
                return;
            }
            Event::StepFinished { subject, .. } => {
                if let Some(bar) = self.at_work.remove(subject) {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                }
            }
            Event::RunFinished { .. } => return self.end(&text),
            // Others may read it, so it does not stand among the moving lines.
            Event::StepOutput { .. } => return self.bars.suspend(|| write::stdout(&text)),
            _ => {}
        }
        for line in text.lines() {
            // A terminal that went away must not end the run.
            drop(self.bars.println(line));
        }
    }
}
