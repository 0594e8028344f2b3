//! The only place that starts a child process: it logs the command line, bounds the time, and keeps standard error for
//! the message of a failure.

mod detach;
mod group;
mod talk;

use std::{fmt::Write as _, process::Stdio, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use self::group::{Group, SESSION, Terminal};
pub use self::talk::Talk;
use crate::{
    secret::{MASK, Secret},
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
    terminal: Terminal,
    hidden: Vec<Secret>,
}

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

    /// Starts the command in a session of its own: no Ctrl-C reaches it, what it asks on the terminal fails at once, and
    /// it ends with Ymir.
    #[must_use]
    pub fn without_terminal(mut self) -> Self {
        self.terminal = Terminal::None;
        self
    }

    /// Lets the command ask on the terminal; Ctrl-C then reaches it, too.
    #[must_use]
    pub fn with_terminal(mut self) -> Self {
        self.terminal = Terminal::Shared;
        self
    }

    /// Shows stars for this wherever the command's output goes.
    #[must_use]
    pub fn hide(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.hidden.extend(secrets.into_iter().filter(|secret| !secret.reveal().is_empty()));
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

    async fn collect(self, line: &str, each: &mut impl FnMut(&str)) -> Result<Output> {
        let mut child = self.command().spawn().or_host(|| format!("starting `{line}`"))?;
        let group = Group::of(self.terminal, child.id());
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
            let text = &without(text, &self.hidden);
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
        group.left();
        Ok(Output { code: status.code().unwrap_or(-1), stdout, stderr })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
    fn command(&self) -> Command {
        let session = if self.terminal == Terminal::None { &SESSION[..] } else { &[] };
        let mut words = session.iter().copied().chain([self.program.as_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(&self.args).kill_on_drop(true);
        if self.terminal == Terminal::Apart {
            command.process_group(0);
        }
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

/// A line of output with stars for what is to be hidden.
fn without(text: &str, hidden: &[Secret]) -> String {
    hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.reveal(), MASK))
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
mod tests;
