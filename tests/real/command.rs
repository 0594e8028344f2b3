//! Child processes of the lab.
#![expect(clippy::disallowed_methods, reason = "the lab starts its own processes")]

use std::{
    io::Write,
    process::{self, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// A command with arguments.
pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(program: &str, args: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Runs a command that has to succeed, and gives what it prints.
#[track_caller]
pub(crate) fn run(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    succeeded(&output, &format!("{command:?}"))
}

/// Runs a command that reads this text and has to succeed.
#[track_caller]
pub(crate) fn feed(mut command: Command, text: &str) {
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    succeeded(&child.wait_with_output().unwrap(), &format!("{command:?} of\n{text}"));
}

#[track_caller]
fn succeeded(output: &process::Output, what: &str) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{stderr}{stdout}", output.status);
    stdout
}

/// What a command left that may fail.
#[derive(Debug)]
pub(crate) struct Output {
    /// Of a command by SSH, 255 says that SSH itself failed.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    what: String,
}

impl Output {
    /// Runs it to its end; messages call it `what`.
    pub(crate) fn of(mut command: Command, what: String) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code().unwrap_or(-1), stdout, stderr, what }
    }

    /// Panics with everything the command said unless it ended with this code; gives what it printed.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> String {
        let Self { code: was, stdout, stderr, what } = self;
        assert_eq!(was, code, "exit code of {what}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        stdout
    }
}

/// Waits until `ready` gives a value; panics with `what` after `limit`.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < end, "{what} did not come within {limit:?}");
        sleep(Duration::from_millis(50));
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut ready: impl FnMut() -> bool) {
    wait_for(what, limit, || ready().then_some(()));
}
