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

/// Starts `ymir` in a session whose terminal this is, and waits until it asks so.
fn asking(
    site: &std::path::Path,
    options: &[&str],
    prompt: &str,
    ours: &mut File,
    theirs: &File,
) -> Child {
    let inventory = site.join("environments/common/inventory");
    std::fs::create_dir_all(&inventory).unwrap();
    std::fs::write(inventory.join("hosts"), "localhost\n").unwrap();
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_ymir")]);
    command.args(["configuration", "dump", "--config-path"]).arg(site).args(options);
    for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "KAYOBE_VAULT_PASSWORD"] {
        command.env_remove(name);
    }
    command.env_remove("ANSIBLE_VAULT_PASSWORD_FILE").env("YMIR_STATE_DIR", site.join("state"));
    let [input, output, error] = [(); 3].map(|()| theirs.try_clone().unwrap());
    let child = command.stdin(input).stdout(output).stderr(error).spawn().unwrap();
    shown(ours, prompt);
    child
}

/// What the terminal shows until it ends so.
fn shown(ours: &mut File, end: &str) -> String {
    let mut seen = String::new();
    while !seen.ends_with(end) {
        let mut bytes = [0; 64];
        let count = ours.read(&mut bytes).unwrap();
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    seen
}

/// `dev secret` with the password `one`.
const SECRET: &str = "secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  35333635613835356330636166363932396230336264626535393930633532393038333565383139
  3430323232366462326538326338373438393238313262620a393836366231623036646531613537
  62393336653661366561363936303035376634316461366231373535666135323531383230373166
  6162653733616332320a343361613033386434383261343434613039376131393734376137666461
  6134
";

/// What is shown after a password was typed, and the exit code.
fn typed(keys: &str, options: &[&str], prompt: &str, end: &str) -> (String, Option<i32>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("environments/common")).unwrap();
    std::fs::write(dir.path().join("environments/common/secret.yml"), SECRET).unwrap();
    let (mut ours, theirs) = terminal();
    let before = tcgetattr(&theirs).unwrap().local_modes;
    let options = [&["--var-name", "secret", "--show-secrets", "--limit", "localhost"], options];
    let mut ymir = asking(dir.path(), &options.concat(), prompt, &mut ours, &theirs);
    ours.write_all(keys.as_bytes()).unwrap();
    let text = shown(&mut ours, end);
    let code = ymir.wait().unwrap().code();
    assert_eq!(tcgetattr(&theirs).unwrap().local_modes, before);
    (text, code)
}

#[test]
fn a_password_that_is_typed_opens_the_vault_and_is_not_shown() {
    // With a letter taken back, and a line begun anew.
    for keys in ["one\n", "onf\x7fe\r", "wrong\x15one\n", "one\x04"] {
        let (text, code) = typed(keys, &["--ask-vault-pass"], "Vault password: ", "}\r\n");
        assert_eq!(code, Some(0), "{text}");
        assert_eq!(text, "\r\n{\r\n    \"localhost\": \"dev secret\"\r\n}\r\n");
    }
}

#[test]
fn the_vault_id_is_asked_for_by_its_name() {
    let option = ["--vault-id", "dev@prompt"];
    let (text, code) = typed("one\n", &option, "Vault password (dev): ", "}\r\n");
    assert_eq!(code, Some(0), "{text}");
    let end = "--vault-id label@file adds one\r\n";
    let (text, code) = typed("another\n", &option, "Vault password (dev): ", end);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("tried: `dev`") && !text.contains("another"), "{text}");
}

#[test]
fn ctrl_c_at_a_password_leaves_the_terminal_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, theirs) = terminal();
    let before = tcgetattr(&theirs).unwrap().local_modes;
    assert!(before.contains(LocalModes::ECHO));
    let option = ["--ask-vault-pass"];
    let mut ymir = asking(dir.path(), &option, "Vault password: ", &mut ours, &theirs);
    assert!(!tcgetattr(&theirs).unwrap().local_modes.contains(LocalModes::ECHO));
    ours.write_all(b"hunt\x03").unwrap();
    assert_eq!(ymir.wait().unwrap().code(), Some(130));
    assert_eq!(tcgetattr(&theirs).unwrap().local_modes, before);
}
