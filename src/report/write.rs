//! The only places that write to standard output and standard error. A reader that went away must not end a run.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

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

/// [`result`] of what is made while it is written.
pub fn result_from(make: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = Patient { stdout: BufWriter::new(io::stdout().lock()), gone: false };
    make(&mut out)?;
    out.flush().or_host(|| "writing to standard output".into())
}

/// Standard output that goes on once its reader went away.
struct Patient<'a> {
    stdout: BufWriter<StdoutLock<'a>>,
    gone: bool,
}

impl Patient<'_> {
    fn unless_gone<T>(&mut self, written: io::Result<T>, otherwise: T) -> io::Result<T> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(otherwise)
            }
            written => written,
        }
    }
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = if self.gone { Ok(bytes.len()) } else { self.stdout.write(bytes) };
        self.unless_gone(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = if self.gone { Ok(()) } else { self.stdout.flush() };
        self.unless_gone(flushed, ())
    }
}
