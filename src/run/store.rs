//! Where runs are kept on the control host: `<state>/<site>/<environment>/runs/<id>/`.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal;
use crate::{
    event::{Event, Outcome, Stamped, Summary},
    plan,
    trouble::{Result, Tell, Trouble},
};

/// The runs of one environment of one site.
#[derive(Debug, Clone)]
pub struct Store {
    dir: Utf8PathBuf,
}

/// What a run was asked for, so that it can be asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The command line without the program's name.
    pub args: Vec<String>,
    /// The directory it was given in; relative paths start there.
    pub dir: Utf8PathBuf,
    /// The site repository, absolute.
    pub config_path: Utf8PathBuf,
    pub environment: Option<String>,
    /// When it was first given: "since the command was given" still means that when it is resumed.
    pub given: Timestamp,
    /// The variables of each `-e` that was left out of the command line because it looks secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// A vault password came from the environment, which is not kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vault_password: bool,
}

/// A kept run.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    pub run: u64,
    pub events: Vec<Stamped>,
}

impl Store {
    /// The store below the state directory; two checkouts of one name do not share it.
    pub fn of(state: &Utf8Path, site: &Utf8Path, environment: Option<&str>) -> Self {
        let name = site_name(site);
        let mark = &plan::digest(&site.as_str())[..8];
        let dir = state.join(format!("{name}-{mark}")).join(environment.unwrap_or("base"));
        Self { dir }
    }

    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    pub fn run_dir(&self, run: u64) -> Utf8PathBuf {
        self.dir.join("runs").join(run.to_string())
    }

    /// Makes the store's directory; only its owner may look inside.
    pub fn create(&self) -> Result<()> {
        make_private(&self.dir)
    }

    /// What tells the machines of hosts from others, as it was when their inspection data was saved last.
    pub fn hardware(&self) -> Utf8PathBuf {
        self.dir.join("hardware")
    }

    /// Records of what was wiped when hosts were deprovisioned.
    pub fn deprovisioned(&self) -> Utf8PathBuf {
        self.dir.join("deprovisioned")
    }

    /// The lock of the environment.
    pub fn lock(&self) -> Utf8PathBuf {
        self.dir.join("lock")
    }

    /// Makes the folder of a new run and gives its number, one more than the last.
    pub fn begin(&self, request: &Request) -> Result<u64> {
        let run = self.runs()?.last().map_or(1, |last| last + 1);
        let dir = self.run_dir(run);
        make_private(&dir)?;
        let json =
            serde_json::to_vec_pretty(request).or_internal(|| "writing the request".into())?;
        write_whole(&dir, "request.json", &json)?;
        Ok(run)
    }

    /// Keeps a file in a folder of its own, which is there as a whole or not at all.
    pub fn keep(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let dir = self.dir.join(folder);
        make_private(&dir)?;
        write_whole(&dir, name, bytes)
    }

    /// Numbers of the kept runs, the oldest first.
    pub fn runs(&self) -> Result<Vec<u64>> {
        let dir = self.dir.join("runs");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).or_internal(|| format!("reading {dir}")),
        };
        let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
        let mut runs: Vec<u64> = entries.flatten().filter_map(number).collect();
        runs.sort_unstable();
        Ok(runs)
    }

    /// What the run was asked for; refused if its folder does not tell, because Ymir was killed, or it is damaged.
    pub fn request(&self, run: u64) -> Result<Request> {
        let dir = self.run_dir(run);
        let path = dir.join("request.json");
        let telling = || format!("reading what run {run} was asked for in {path}");
        let request = fs::read(&path)
            .or_refused(telling)
            .and_then(|text| serde_json::from_slice(&text).or_refused(telling));
        request.map_err(|trouble| {
            trouble.hint(format!(
                "give the command itself again, it takes on from what is there; {dir} may be deleted"
            ))
        })
    }

    /// A run's events; a trouble if there is no such run.
    pub fn record(&self, run: u64) -> Result<Record> {
        if !self.runs()?.contains(&run) {
            let known = self.runs()?.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none".into() } else { known };
            return Err(Trouble::usage(format!("there is no run {run} here"))
                .hint(format!("kept runs: {known}")));
        }
        let path = self.run_dir(run).join("events.jsonl");
        // Killed between the request and the first event: a run without events.
        let events = if path.exists() { journal::read(&path)? } else { Vec::new() };
        Ok(Record { run, events })
    }
}

impl Record {
    pub fn command(&self) -> Option<&str> {
        self.events.iter().find_map(|stamped| match &stamped.event {
            Event::RunStarted { command, .. } => Some(command.as_str()),
            _ => None,
        })
    }

    /// How it ended; `None` if it was killed or aborted.
    pub fn summary(&self) -> Option<&Summary> {
        self.events.iter().rev().find_map(|stamped| match &stamped.event {
            Event::RunFinished { summary, .. } => Some(summary),
            _ => None,
        })
    }

    /// Whether the operator ended it before its running steps had ended.
    pub fn aborted(&self) -> bool {
        self.events.iter().any(|stamped| matches!(stamped.event, Event::RunAborted { .. }))
    }

    /// Steps that are done or had nothing to do, in this run or the one that it took on.
    pub fn done(&self) -> BTreeSet<String> {
        let done = |stamped: &Stamped| match &stamped.event {
            Event::StepFinished { step, outcome, .. } => {
                let is_done = matches!(
                    outcome,
                    Outcome::Changed { .. } | Outcome::Unchanged { .. } | Outcome::DoneEarlier
                );
                is_done.then(|| step.clone())
            }
            _ => None,
        };
        self.events.iter().filter_map(done).collect()
    }

    /// Steps that had begun to act and have no result: what a crash interrupted, as `subject: step`.
    pub fn interrupted(&self) -> Vec<(String, String)> {
        let mut open: Vec<(String, String)> = Vec::new();
        for stamped in &self.events {
            match &stamped.event {
                Event::StepApplying { subject, step, .. } => {
                    open.push((subject.clone(), step.clone()));
                }
                Event::StepFinished { step, .. } => open.retain(|(_, other)| other != step),
                _ => {}
            }
        }
        open
    }
}

fn site_name(site: &Utf8Path) -> &str {
    let kayobe = site.ends_with("etc/kayobe").then(|| site.ancestors().nth(2)).flatten();
    kayobe.unwrap_or(site).file_name().unwrap_or("site")
}

/// Writes a file that is there as a whole or not at all, also after a crash of the machine.
fn write_whole(dir: &Utf8Path, name: &str, bytes: &[u8]) -> Result<()> {
    let (path, unfinished) = (dir.join(name), dir.join(format!(".{name}.new")));
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.create_new(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        fs::File::open(dir)?.sync_all()
    };
    write().or_internal(|| format!("writing {path}"))
}

fn make_private(dir: &Utf8Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| {
        Trouble::refused(format!("creating {dir}, where runs are kept"))
            .caused_by(&error)
            .hint("let YMIR_STATE_DIR name a directory that you may write to")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_named_after_their_repository() {
        let table = [
            ("/home/me/kayobe-config/etc/kayobe", "kayobe-config"),
            ("/srv/site", "site"),
            ("/", "site"),
        ];
        for (path, name) in table {
            assert_eq!(site_name(Utf8Path::new(path)), name);
        }
    }

    #[test]
    fn runs_are_numbered_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let state = Utf8Path::from_path(dir.path()).unwrap();
        let store = Store::of(state, Utf8Path::new("/srv/site"), Some("lab"));
        let request = Request {
            args: vec!["overcloud".into()],
            dir: "/srv".into(),
            config_path: "/srv/site".into(),
            environment: Some("lab".into()),
            given: Timestamp::UNIX_EPOCH,
            withheld: Vec::new(),
            vault_password: false,
        };
        assert_eq!(store.begin(&request).unwrap(), 1);
        assert_eq!(store.begin(&request).unwrap(), 2);
        assert_eq!(store.request(2).unwrap(), request);
        let files = store.run_dir(2).read_dir_utf8().unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name().to_owned()).collect();
        assert_eq!(files, ["request.json"], "the request is whole under its own name");
        assert_eq!(store.record(7).unwrap_err().kind, crate::trouble::Kind::Usage);
        assert!(store.record(1).unwrap().summary().is_none());
    }
}
