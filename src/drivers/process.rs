//! The only place that starts a child process: it logs the command line, bounds the time, and keeps standard error for
//! the message of a failure.

use std::{fmt::Write as _, process::Stdio, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use crate::{
    secret::MASK,
    trouble::{Result, Tell, Trouble},
};

/// How many of the last lines of standard error a failure's message shows.
const SHOWN_LINES: usize = 15;

/// A command to run. Secrets go into `env` or `input`, never into `args`: those stand in the process list.
#[derive(Debug, Clone, Default)]
pub struct Run {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    clean_env: bool,
    dir: Option<Utf8PathBuf>,
    input: Option<Vec<u8>>,
    time_limit: Option<Duration>,
    log: Option<Utf8PathBuf>,
}

/// Writes the boot's id and the process's own line of `/proc/PID/stat` to `$0`, then becomes the program: the record
/// is there before the program can do anything, even if Ymir dies meanwhile.
const DETACHED: &str = "read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/$$/stat && \
     printf '%s\\n%s\\n' \"$boot\" \"$stat\" >\"$0.new\" && mv \"$0.new\" \"$0\" && exec \"$@\"";

/// How long a detached command may take to write its record.
const DETACH_LIMIT: Duration = Duration::from_secs(20);

/// What a finished command left behind.
#[derive(Debug, Clone)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), ..Self::default() }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts from an empty environment instead of Ymir's own.
    #[must_use]
    pub fn clean_env(mut self) -> Self {
        self.clean_env = true;
        self
    }

    #[must_use]
    pub fn dir(mut self, dir: impl Into<Utf8PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Bytes for the command's standard input; without it the input is empty.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Kills the command when it takes longer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Appends every line of output to this file as it comes, too.
    #[must_use]
    pub fn log(mut self, file: impl Into<Utf8PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    /// The command line, for messages: without extra variables and without passwords in URLs.
    pub fn line(&self) -> String {
        let shown = self.args.iter().enumerate().map(|(at, arg)| match at.checked_sub(1) {
            Some(before) if self.args[before] == "-e" && !arg.starts_with('@') => MASK.to_owned(),
            _ => without_login(arg),
        });
        shown.fold(self.program.clone(), |mut line, arg| {
            let plain = !arg.is_empty() && !arg.contains(|c: char| c.is_whitespace() || c == '\'');
            let written = if plain { write!(line, " {arg}") } else { write!(line, " '{arg}'") };
            written.expect("writing to a string");
            line
        })
    }

    /// Runs the command to its end and gives whatever it left, whatever its exit code.
    pub async fn output(self) -> Result<Output> {
        self.stream(|_| {}).await
    }

    /// Runs the command; an exit code other than 0 is a trouble that shows the last lines of standard error.
    pub async fn success(self) -> Result<Output> {
        let line = self.line();
        let output = self.output().await?;
        output.checked(&line)
    }

    /// [`success`](Self::success) for code that is not async; the output is only available at the end.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
    pub fn blocking_success(self) -> Result<Output> {
        let line = self.line();
        let run = std::process::Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::null())
            .output();
        let output = run.or_host(|| format!("starting `{line}`"))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Output { code, stdout: text(output.stdout), stderr: text(output.stderr) }.checked(&line)
    }

    /// Runs the command and hands over each line of standard output and error as it comes.
    pub async fn stream(self, mut each: impl FnMut(&str)) -> Result<Output> {
        let line = self.line();
        tracing::debug!(command = %line, "running");
        let limit = self.time_limit;
        let work = self.collect(&line, &mut each);
        let Some(limit) = limit else { return work.await };
        let late = |_| {
            Trouble::host(format!("running `{line}`")).because(format!("no end after {limit:?}"))
        };
        tokio::time::timeout(limit, work).await.map_err(late)?
    }

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

    async fn collect(self, line: &str, each: &mut impl FnMut(&str)) -> Result<Output> {
        let mut child = self.command().spawn().or_host(|| format!("starting `{line}`"))?;
        let input = self.input.clone();
        let stdin = child.stdin.take();
        let feed = async {
            if let (Some(mut pipe), Some(bytes)) = (stdin, input) {
                // A command may end without reading all of its input; its exit code says whether that is a failure.
                drop(pipe.write_all(&bytes).await);
            }
        };
        let out = child.stdout.take().map(BufReader::new).expect("stdout is piped");
        let err = child.stderr.take().map(BufReader::new).expect("stderr is piped");
        let mut log = self.open_log()?;
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let mut keep = |text: &str, to: &mut String| {
            each(text);
            to.push_str(text);
            to.push('\n');
            if let Some(file) = &mut log {
                // A full disk must not stop what the log is about.
                drop(std::io::Write::write_all(file, format!("{text}\n").as_bytes()));
            }
        };
        let read = async {
            let (mut out, mut err) = (out.split(b'\n'), err.split(b'\n'));
            let (mut out_open, mut err_open) = (true, true);
            while out_open || err_open {
                tokio::select! {
                    next = out.next_segment(), if out_open => match next {
                        Ok(Some(bytes)) => keep(&String::from_utf8_lossy(&bytes), &mut stdout),
                        _ => out_open = false,
                    },
                    next = err.next_segment(), if err_open => match next {
                        Ok(Some(bytes)) => keep(&String::from_utf8_lossy(&bytes), &mut stderr),
                        _ => err_open = false,
                    },
                }
            }
        };
        futures::join!(feed, read);
        let status = child.wait().await.or_host(|| format!("waiting for `{line}`"))?;
        Ok(Output { code: status.code().unwrap_or(-1), stdout, stderr })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).kill_on_drop(true);
        if self.clean_env {
            command.env_clear();
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn open_log(&self) -> Result<Option<std::fs::File>> {
        let Some(path) = &self.log else { return Ok(None) };
        open_for_append(path).map(Some)
    }
}

/// A word without the user and password of a URL in it.
fn without_login(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let authority = rest.find(['/', ' ', '"']).map_or(rest, |end| &rest[..end]);
    match authority.rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => word.to_owned(),
    }
}

impl Output {
    /// This output, or a trouble if the exit code is not 0.
    pub fn checked(self, line: &str) -> Result<Self> {
        if self.code == 0 {
            return Ok(self);
        }
        let shown = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = shown.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        Err(Trouble::host(format!("running `{line}`"))
            .because(format!("exit code {}", self.code))
            .because(last))
    }
}

fn open_for_append(path: &Utf8Path) -> Result<std::fs::File> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).or_host(|| format!("creating {dir}"))?;
    }
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.or_host(|| format!("opening the log {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_command_line_holds_no_secret() {
        let run = Run::new("ansible-playbook").args(["-e", "@vars.yml", "-e", "password=hunter2"]);
        assert_eq!(run.line(), "ansible-playbook -e @vars.yml -e ******");
        let table = [
            ("Proxy \"http://me:pw@proxy:3128\";", "Proxy \"http://******@proxy:3128\";"),
            ("https://host/a@b", "https://host/a@b"),
            ("debian@172.22.0.11", "debian@172.22.0.11"),
        ];
        for (word, shown) in table {
            assert_eq!(without_login(word), shown);
        }
    }
}
