//! A tang server on this side of the guest's network: what Debian's package brings, a process for each caller.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::PathBuf,
    process::Stdio,
    thread,
};

use crate::{
    enclosure,
    guest::HERE,
    real::command::{command, run},
};

/// The server that sites trust, and another one with other keys.
pub(crate) const TRUSTED: u16 = 7500;
pub(crate) const OTHER: u16 = 7501;

/// Where nobody listens.
pub(crate) const NOBODY: u16 = 7502;

/// What the trusted server says of its keys.
pub(crate) fn advertisement() -> PathBuf {
    enclosure::state().join("tang/advertisement.jws")
}

/// Serves both until this process ends.
pub(crate) fn serve() {
    for port in [TRUSTED, OTHER] {
        let keys = enclosure::state().join(format!("tang/{port}"));
        fs::create_dir_all(&keys).unwrap();
        run(command("/usr/libexec/tangd-keygen", &[&keys]));
        let listener = TcpListener::bind((HERE, port)).unwrap();
        thread::spawn(move || {
            for caller in listener.incoming() {
                answer(caller.unwrap(), keys.clone());
            }
        });
    }
    let url = format!("http://{HERE}:{TRUSTED}/adv");
    fs::write(advertisement(), run(command("curl", &["--silent", "--fail", &url]))).unwrap();
}

fn answer(caller: TcpStream, keys: PathBuf) {
    let input = OwnedFd::from(caller.try_clone().unwrap());
    let mut tangd = command("/usr/libexec/tangd", &[keys]);
    tangd.stdin(Stdio::from(input)).stdout(Stdio::from(OwnedFd::from(caller)));
    tangd.stderr(Stdio::null());
    thread::spawn(move || tangd.status().unwrap());
}
