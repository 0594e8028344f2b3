//! The only places that write to standard output and standard error. A reader that went away must not end a run.

use std::io::{self, ErrorKind, Write};

use crate::trouble::{Result, Tell};

/// Writes progress and messages; whoever does not listen misses them.
pub fn stderr(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Writes to standard output while a run goes on; its journal has all of it.
pub fn stdout(text: &str) {
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Writes a command's result. That nobody reads it to the end is no fault; that it cannot be written is one.
pub fn result(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.or_host(|| "writing to standard output".into()),
    }
}
