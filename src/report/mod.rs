//! How things are shown to people and to machines. Everything about a run is made from its events.

pub mod live;
pub mod machine;
pub mod plain;
pub mod trouble;
pub mod write;

use std::io::IsTerminal;

use crate::event::Stamped;

/// Shows a run while it goes on.
pub trait Report: Send {
    fn event(&mut self, event: &Stamped);
}

/// How a run is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub format: Format,
    /// Live progress on a terminal instead of plain lines.
    pub live: bool,
    /// Show every change, not only the first.
    pub diff: bool,
}

/// What is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Yaml,
}

impl Style {
    /// Whether live progress can be shown at all: standard error is a terminal that can move its cursor.
    pub fn can_be_live(terminal: Option<&str>) -> bool {
        std::io::stderr().is_terminal() && terminal.is_some_and(|name| name != "dumb")
    }

    /// The report in this style: events for machines on standard output, or lines for people on standard error with a
    /// summary on standard output.
    pub fn report(self) -> Box<dyn Report> {
        match self.format {
            Format::Json => Box::new(machine::Events::json()),
            Format::Yaml => Box::new(machine::Events::yaml()),
            Format::Text if self.live => Box::new(live::Live::new(self.diff)),
            Format::Text => Box::new(plain::Plain::new(self.diff)),
        }
    }
}
