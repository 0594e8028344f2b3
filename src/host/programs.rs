//! Programs of the host: how they are called, and the only place of the agent that starts one.

use std::{
    io::{Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};

use super::fault::{Fault, Tried};

/// How long a program may take unless it says otherwise: longer than anything that does not install packages.
const LIMIT: Duration = Duration::from_mins(2);

/// How many of the last lines of its output a failed program's message shows.
const SHOWN_LINES: usize = 12;

/// A program to run. Its environment is empty but for `PATH`, `LC_ALL` and what is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub input: Vec<u8>,
    pub limit: Duration,
}

/// What a program left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// -1 if a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Whoever runs programs: the host, or a test.
pub trait Programs {
    /// Runs it to its end; a fault only if it could not be started or took too long.
    fn run(&self, call: &Call) -> Result<Output, Fault>;
}

impl Call {
    pub fn new<S: Into<String>>(program: &str, args: impl IntoIterator<Item = S>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self { program: program.into(), args, env: Vec::new(), input: Vec::new(), limit: LIMIT }
    }

    /// Further arguments.
    #[must_use]
    pub fn also<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The command line as people write it.
    pub fn line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.args);
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl Output {
    /// This output, or a fault if the exit code is not 0.
    pub fn checked(self, call: &Call) -> Result<Self, Fault> {
        if self.code == 0 {
            return Ok(self);
        }
        let shown = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = shown.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        Err(Fault::new(format!("running `{}`", call.line()))
            .because(format!("exit code {}", self.code))
            .because(last))
    }
}

/// The programs of this host.
#[derive(Debug, Default)]
pub struct HostPrograms;

impl Programs for HostPrograms {
    fn run(&self, call: &Call) -> Result<Output, Fault> {
        let tried = || format!("running `{}`", call.line());
        let mut child = start(call).tried(tried)?;
        let input = child.stdin.take().map(|mut pipe| {
            let bytes = call.input.clone();
            // A program that does not read all of its input ends by itself.
            std::thread::spawn(move || drop(pipe.write_all(&bytes)))
        });
        let stdout = child.stdout.take().map(reader);
        let stderr = child.stderr.take().map(reader);
        let in_time = wait(&child, call.limit).tried(tried)?;
        if !in_time {
            // What it started ends with it, so that nothing goes on unseen.
            kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap_or_default();
        }
        let status = child.wait().tried(tried)?;
        if !in_time {
            return Err(
                Fault::new(tried()).because(format!("no end after {} s", call.limit.as_secs()))
            );
        }
        drop(input.map(JoinHandle::join));
        let text = |reader: Option<JoinHandle<Vec<u8>>>| {
            let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Output { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place of the agent that starts programs"
)]
fn start(call: &Call) -> std::io::Result<Child> {
    Command::new(&call.program)
        .args(&call.args)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .envs(call.env.iter().map(|(name, value)| (name, value)))
        // Apart from the agent: what has begun to change the host is not ended by a signal to the agent.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks ends with what came before.
        drop(pipe.read_to_end(&mut bytes));
        bytes
    })
}

/// Whether the child ends in time.
fn wait(child: &Child, limit: Duration) -> std::io::Result<bool> {
    let end = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let limit = Timespec { tv_sec: limit.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: 0 };
    let mut watched = [PollFd::new(&end, PollFlags::IN)];
    loop {
        match poll(&mut watched, Some(&limit)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
