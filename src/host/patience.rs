//! Standard streams that do not wait for ever: sshd may not hear for hours that its client has gone, and an agent that
//! waited as long would keep the host's lock.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::AsFd,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

/// How often the control host says that it is there.
pub const SIGN: Duration = Duration::from_secs(5);

/// After how long a silent control host, or one that takes no answer, is taken for gone.
pub const SILENCE: Duration = Duration::from_secs(45);

/// As much as a pipe or socket that can be written to takes at once.
const PIECE: usize = 4096;

/// An end of a connection that gives up with [`io::ErrorKind::TimedOut`] once the other end is silent for too long.
#[derive(Debug)]
pub struct Patient {
    stream: File,
    patience: Duration,
}

impl Patient {
    /// A copy of a standard stream.
    pub fn of(stream: impl AsFd, patience: Duration) -> io::Result<Self> {
        Ok(Self { stream: File::from(stream.as_fd().try_clone_to_owned()?), patience })
    }

    fn wait(&self, what: PollFlags) -> io::Result<()> {
        let patience = Timespec::try_from(self.patience).map_err(io::Error::other)?;
        loop {
            let mut asked = [PollFd::new(&self.stream, what)];
            match poll(&mut asked, Some(&patience)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(PollFlags::IN)?;
        self.stream.read(buffer)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(PollFlags::OUT)?;
        self.stream.write(&bytes[..bytes.len().min(PIECE)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn what_is_said_is_read() {
        let (read, mut write) = io::pipe().unwrap();
        write.write_all(b"a word").unwrap();
        drop(write);
        let mut said = String::new();
        Patient::of(&read, SHORT).unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "a word");
    }

    #[test]
    fn silence_ends_the_wait() {
        let (read, _write) = io::pipe().unwrap();
        let error = Patient::of(&read, SHORT).unwrap().read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn an_answer_that_nobody_takes_ends_the_wait() {
        let (_read, write) = io::pipe().unwrap();
        let error = Patient::of(&write, SHORT).unwrap().write_all(&vec![0; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
