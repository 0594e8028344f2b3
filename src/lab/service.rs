//! One program that serves the lab: started once, started again when it died or its configuration changed.

use std::{fs, time::Duration};

use camino::Utf8PathBuf;

use super::{
    Bench, Did,
    daemon::{self, Identity},
    health::Health,
    places, ports, text,
};
use crate::{
    drivers::process::Run,
    model::lab::Endpoint,
    origin::Setting,
    trouble::{Result, Trouble},
};

/// How many of the last lines of a log a failure shows.
const SHOWN_LINES: usize = 15;

/// How long a service that runs may take to be well again before it is started anew.
const RECOVERY: Duration = Duration::from_secs(20);

/// A program and what it needs.
#[derive(Debug)]
pub(super) struct Service {
    pub name: &'static str,
    /// The command; directory, log and environment are added.
    pub run: Run,
    /// The port that it takes, and the setting that says so.
    pub listens: Option<(Endpoint, Setting)>,
    /// Where its users find it.
    pub address: String,
    /// Files that it reads, with their content.
    pub files: Vec<(Utf8PathBuf, String)>,
    /// What must be so before it starts, besides its files.
    pub before: fn(&Bench<'_>) -> Result<()>,
    pub health: Health,
    /// How long it may take to be well after it was started.
    pub patience: Duration,
}

impl Service {
    /// Makes sure that the service runs with this configuration and is well.
    pub(super) async fn ensure(&self, bench: &Bench<'_>) -> Result<Did> {
        let record = bench.places.record(self.name);
        let digest = self.digest();
        if let Some(identity) = Identity::running(&record) {
            let known = fs::read_to_string(bench.places.digest(self.name)).unwrap_or_default();
            if known == digest && self.becomes_well(&identity, RECOVERY).await.is_ok() {
                return Ok(Did::Nothing(format!("runs as process {}", identity.pid)));
            }
        }
        let was_there = self.stop(bench).await?;
        let pid = self.start(bench, &digest).await?;
        let verb = if was_there { "restarted" } else { "started" };
        Ok(Did::Something(format!("{verb} as process {pid}, {}", self.address)))
    }

    /// Stops what runs and what is left of it; says whether there was anything.
    pub(super) async fn stop(&self, bench: &Bench<'_>) -> Result<bool> {
        let there = daemon::stop(&bench.places.record(self.name), &bench.places.root).await;
        there.map_err(|trouble| trouble.while_trying(format!("stopping {}", self.name)))
    }

    async fn start(&self, bench: &Bench<'_>, digest: &str) -> Result<i32> {
        if let Some((endpoint, setting)) = &self.listens {
            let free = ports::must_be_free(*endpoint, setting);
            free.map_err(|trouble| trouble.while_trying(format!("starting {}", self.name)))?;
        }
        (self.before)(bench)?;
        self.write_files()?;
        places::write(&bench.places.digest(self.name), digest)?;
        let record = bench.places.record(self.name);
        let run = self.run.clone().clean_env().dir(bench.places.root.as_path());
        let run =
            run.env("PATH", PATH).env("LC_ALL", "C.UTF-8").env("HOME", bench.places.root.as_str());
        run.log(bench.places.log(self.name)).detach(&record).await?;
        let started = Identity::recorded(&record).ok_or_else(|| {
            Trouble::internal(format!("starting {}", self.name))
                .because(format!("{record} is unreadable"))
        })?;
        let well = self.becomes_well(&started, self.patience).await;
        well.map_err(|why| self.sick(&why, bench))?;
        Ok(started.pid)
    }

    /// Waits until the service is well; else the last reason why it is not.
    async fn becomes_well(&self, identity: &Identity, limit: Duration) -> Result<(), String> {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            if !identity.is_alive() {
                return Err("it ended at once".into());
            }
            let Some(fault) = self.health.fault().await else { return Ok(()) };
            if tokio::time::Instant::now() >= deadline {
                return Err(format!("after {} s: {fault}", limit.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn sick(&self, why: &str, bench: &Bench<'_>) -> Trouble {
        let log = bench.places.log(self.name);
        let written = fs::read(&log).unwrap_or_default();
        let written = String::from_utf8_lossy(&written);
        let lines: Vec<&str> = written.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        Trouble::host(format!("starting {}", self.name))
            .because(why)
            .because(format!("its log ends with:\n{last}"))
            .hint(format!("the whole log is {log}; `ymir lab up` goes on from here"))
    }

    /// Over everything that the service reads when it starts.
    fn digest(&self) -> String {
        let line = self.run.line();
        let files = self.files.iter().flat_map(|(path, content)| [path.as_str(), content.as_str()]);
        text::digest([line.as_str()].into_iter().chain(files).map(str::as_bytes))
    }

    /// Writes the service's files without starting it.
    pub(super) fn write_files(&self) -> Result<()> {
        self.files.iter().try_for_each(|(path, content)| places::write(path, content))
    }
}

/// Programs of the system; those of a Python environment are called by their path.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
