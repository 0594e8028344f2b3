//! Questions on a terminal.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    process::{Child, Command},
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

/// A terminal: the side of whoever types, and the side of the program.
fn terminal() -> (File, File) {
    let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let path = std::ffi::OsStr::from_bytes(name.as_bytes());
    let theirs = OpenOptions::new().read(true).write(true).open(path).unwrap();
    (ours.into(), theirs)
}

/// Starts `ymir` in a session whose terminal this is, and waits until it asks.
fn asking(site: &std::path::Path, ours: &mut File, theirs: &File) -> Child {
    let inventory = site.join("environments/common/inventory");
    std::fs::create_dir_all(&inventory).unwrap();
    std::fs::write(inventory.join("hosts"), "localhost\n").unwrap();
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_ymir")]);
    command.args(["configuration", "dump", "--ask-vault-pass", "--config-path"]).arg(site);
    for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "KAYOBE_VAULT_PASSWORD"] {
        command.env_remove(name);
    }
    command.env_remove("ANSIBLE_VAULT_PASSWORD_FILE").env("YMIR_STATE_DIR", site.join("state"));
    let [input, output, error] = [(); 3].map(|()| theirs.try_clone().unwrap());
    let child = command.stdin(input).stdout(output).stderr(error).spawn().unwrap();
    let mut seen = String::new();
    while !seen.ends_with("Vault password: ") {
        let mut bytes = [0; 64];
        let count = ours.read(&mut bytes).unwrap();
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    child
}

#[test]
fn ctrl_c_at_a_password_leaves_the_terminal_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, theirs) = terminal();
    let before = tcgetattr(&theirs).unwrap().local_modes;
    assert!(before.contains(LocalModes::ECHO));
    let mut ymir = asking(dir.path(), &mut ours, &theirs);
    assert!(!tcgetattr(&theirs).unwrap().local_modes.contains(LocalModes::ECHO));
    ours.write_all(b"hunt\x03").unwrap();
    assert_eq!(ymir.wait().unwrap().code(), Some(130));
    assert_eq!(tcgetattr(&theirs).unwrap().local_modes, before);
}
