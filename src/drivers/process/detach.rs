//! Starts what lives on after Ymir.

use std::{process::Stdio, time::Duration};

use camino::Utf8Path;

use super::Run;
use crate::trouble::{Result, Tell, Trouble};

/// Writes the boot's id and the process's own line of `/proc/PID/stat` to `$0`, then becomes the program: the record
/// is there before the program can do anything, even if Ymir dies meanwhile.
const DETACHED: &str = "read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/$$/stat && \
     printf '%s\\n%s\\n' \"$boot\" \"$stat\" >\"$0.new\" && mv \"$0.new\" \"$0\" && exec \"$@\"";

/// How long a detached command may take to write its record.
const DETACH_LIMIT: Duration = Duration::from_secs(20);

impl Run {
    /// Starts the command in a session of its own, to live on after Ymir: standard output and error go to the
    /// [`log`](Self::log), and `record` receives the boot's id and the process's line of `/proc/PID/stat`.
    pub async fn detach(self, record: &Utf8Path) -> Result<()> {
        let line = self.line();
        tracing::debug!(command = %line, "detaching");
        let log = self.open_log()?;
        let sink = || match &log {
            Some(file) => file.try_clone().map(Stdio::from),
            None => Ok(Stdio::null()),
        };
        let inner = [DETACHED, record.as_str(), &self.program].map(str::to_owned);
        let outer = Self {
            program: "setsid".into(),
            args: ["-f", "sh", "-c"]
                .map(str::to_owned)
                .into_iter()
                .chain(inner)
                .chain(self.args.clone())
                .collect(),
            ..self.clone()
        };
        let mut command = outer.command();
        command.stdin(Stdio::null());
        command.stdout(sink().or_host(|| format!("opening the log of `{line}`"))?);
        command.stderr(sink().or_host(|| format!("opening the log of `{line}`"))?);
        let mut child = command.spawn().or_host(|| format!("starting `{line}`"))?;
        child.wait().await.or_host(|| format!("starting `{line}`"))?;
        let written = async {
            while !record.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(DETACH_LIMIT, written).await.map_err(|_| {
            Trouble::host(format!("starting `{line}`"))
                .because(format!("it wrote no {record} in {DETACH_LIMIT:?}"))
        })
    }
}
