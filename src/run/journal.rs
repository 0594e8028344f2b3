//! The append-only record of a run: one event per line, on disk before the run goes on.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    sync::Mutex,
};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use crate::{
    event::{Event, Stamped},
    trouble::{Result, Tell, Trouble},
};

/// A run's record, open for writing. Only its owner may read the file.
#[derive(Debug)]
pub struct Journal {
    path: Utf8PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Starts a new record; the file must not exist yet.
    pub fn create(path: &Utf8Path) -> Result<Self> {
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(path);
        let file = file.or_internal(|| format!("creating the journal {path}"))?;
        Ok(Self { path: path.into(), file: Mutex::new(file) })
    }

    /// Appends one event and waits until it is on disk. Progress is not worth the wait.
    pub fn append(&self, event: &Event) -> Result<()> {
        let line = Stamped { at: Timestamp::now(), event: event.clone() };
        let telling = || format!("writing to the journal {}", self.path);
        let mut text = serde_json::to_string(&line).or_internal(telling)?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(text.as_bytes()).or_internal(telling)?;
        match event {
            Event::StepProgress { .. } | Event::HookOutput { .. } => Ok(()),
            _ => file.sync_data().or_internal(telling),
        }
    }
}

/// Reads a record. A last line that a crash tore is left out; a damaged line elsewhere is refused.
pub fn read(path: &Utf8Path) -> Result<Vec<Stamped>> {
    let telling = || format!("reading the journal {path}");
    let events = std::fs::read(path).or_refused(telling).and_then(|text| {
        parse(&text).map_err(|(line, error)| {
            Trouble::refused(telling()).because(format!("line {line} is damaged")).because(error)
        })
    });
    events.map_err(|trouble| {
        trouble
            .hint("a journal is needed for nothing but to be read: the run's folder may be deleted")
    })
}

fn parse(text: &[u8]) -> std::result::Result<Vec<Stamped>, (usize, serde_json::Error)> {
    let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
    let lines = text[..end].split(|byte| *byte == b'\n').enumerate();
    lines.map(|(at, line)| serde_json::from_slice(line).map_err(|error| (at + 1, error))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(dir.path().join("events.jsonl")).unwrap();
        let journal = Journal::create(&path).unwrap();
        journal.append(&Event::Warning { subject: None, text: "one".into() }).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"at\":\"2026");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(&path).unwrap().len(), 1);
    }

    #[test]
    fn a_damaged_line_is_told() {
        assert_eq!(parse(b"nonsense\n").unwrap_err().0, 1);
    }

    #[test]
    fn events_of_a_newer_version_are_skipped_over() {
        let text =
            b"{\"at\":\"2026-11-22T14:00:00Z\",\"event\":\"moon_landed\",\"where\":\"sea\"}\n";
        assert_eq!(parse(text).unwrap()[0].event, Event::Unknown);
    }
}
