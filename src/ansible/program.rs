//! Runs a program of the site's that answers a question, for a bounded time and without input.

use std::{
    collections::BTreeMap,
    io::Read,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use super::world::Ran;
use crate::trouble::{Result, Tell, Trouble};

/// An inventory that asks a slow service is done long before.
const LIMIT: Duration = Duration::from_mins(5);
/// What a program may print.
const MOST_BYTES: usize = 64 << 20;
/// How often a program that has closed its output is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs the program to its end.
pub(super) fn run(
    program: &str,
    args: &[&str],
    environment: &BTreeMap<String, String>,
) -> Result<Ran> {
    run_within(LIMIT, program, args, environment)
}

#[expect(
    clippy::disallowed_methods,
    reason = "drivers::process is above this layer; such a program is part of the configuration"
)]
fn run_within(
    limit: Duration,
    program: &str,
    args: &[&str],
    environment: &BTreeMap<String, String>,
) -> Result<Ran> {
    let doing = || format!("starting {program}");
    let mut child = std::process::Command::new(program)
        .args(args)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .or_refused(doing)?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let outcome = finish(&mut child, &stdout, &stderr, limit);
    if outcome.is_err() {
        // It may have ended by itself meanwhile.
        drop(child.kill());
        drop(child.wait());
    }
    outcome.map_err(|cause| Trouble::refused(format!("running {program}")).because(cause))
}

/// Whether the kernel can run a file: some file systems mark every file as executable, and a shell must not guess what
/// a list of hosts means.
pub(super) fn is_one(path: &str) -> bool {
    let mut start = [0; 4];
    let executable = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    executable && read.is_ok() && (start.starts_with(b"#!") || start == *b"\x7fELF")
}

/// Reads all of a stream in the background, so that a full pipe stops nobody.
fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read before a fault is what there is. One byte more tells that it is too much.
            drop(stream.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
        }
        // Nobody waits any more once the time is over.
        drop(send.send(bytes));
    });
    receive
}

fn finish(
    child: &mut Child,
    stdout: &Receiver<Vec<u8>>,
    stderr: &Receiver<Vec<u8>>,
    limit: Duration,
) -> Result<Ran, String> {
    let end = Instant::now() + limit;
    let late = || format!("it has not ended after {} seconds", limit.as_secs());
    let left = || end.saturating_duration_since(Instant::now());
    let stdout = stdout.recv_timeout(left()).map_err(|_| late())?;
    if stdout.len() > MOST_BYTES {
        return Err(format!("it prints more than {} MiB", MOST_BYTES >> 20));
    }
    let stderr = stderr.recv_timeout(left()).map_err(|_| late())?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if left().is_zero() => return Err(late()),
            Ok(None) => thread::sleep(PAUSE),
            Err(error) => return Err(error.to_string()),
        }
    };
    let stdout = String::from_utf8(stdout).map_err(|_| "what it prints is not UTF-8 text")?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Ok(Ran { code: status.code().unwrap_or(-1), stdout, stderr })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_is_given_up() {
        let nothing = BTreeMap::new();
        let said = run_within(Duration::ZERO, "/bin/sh", &["-c", "exec sleep 600"], &nothing);
        let expected = "running /bin/sh: it has not ended after 0 seconds";
        assert_eq!(said.unwrap_err().to_string(), expected);
    }
}
