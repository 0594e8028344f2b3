//! How a test reaches a machine, and how it calls Ymir for its site.

use std::{fmt::Display, path::Path, process::Command};

use super::command::{Output, command};

/// Seconds after which a command on a machine is given up.
pub(crate) const LIMIT: &str = "900";

/// What lets a user in, and what a machine is known by.
pub(crate) struct Door<'d> {
    pub(crate) key: &'d Path,
    pub(crate) known_hosts: &'d Path,
}

impl Door<'_> {
    /// A shell command by SSH, on a connection of its own.
    pub(crate) fn ssh(&self, user: &str, address: impl Display, shell: &str) -> Command {
        let mut ssh = command("timeout", &[LIMIT, "ssh", "-F", "none", "-o", "LogLevel=ERROR"]);
        for option in [
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=none",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "ControlMaster=no",
            "ControlPath=none",
            "ConnectTimeout=10",
            "ServerAliveInterval=5",
            // A busy machine may be slow to answer.
            "ServerAliveCountMax=12",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.arg("-o").arg(format!("UserKnownHostsFile={}", self.known_hosts.display()));
        ssh.arg("-i").arg(self.key).arg(format!("{user}@{address}")).arg("--").arg(shell);
        ssh
    }

    /// What a site says of the key, for this user.
    pub(crate) fn of_site(&self, user: &str) -> String {
        let (private, public) = (self.key.display(), self.key.with_extension("pub"));
        let public = public.display();
        format!(
            "---\nssh_private_key_path: {private}\nssh_public_key_path: {public}\nssh_key_type: ed25519\n\
             controller_bootstrap_user: {user}\ncompute_bootstrap_user: {user}\n"
        )
    }
}

/// Ymir for the site of this directory, with nothing of the caller's environment that chooses one.
pub(crate) fn ymir(config: &Path, state: &Path, words: &[&str]) -> Command {
    let mut ymir = command(env!("CARGO_BIN_EXE_ymir"), words);
    choose(&mut ymir, config, state);
    ymir
}

/// Chooses the site for a command that calls Ymir.
pub(crate) fn choose(command: &mut Command, config: &Path, state: &Path) {
    for name in ["KAYOBE_CONFIG_PATH", "KAYOBE_ENVIRONMENT", "YMIR_ENVIRONMENT"] {
        command.env_remove(name);
    }
    command.env("YMIR_CONFIG_PATH", config).env("YMIR_STATE_DIR", state);
}

/// Runs it, and has everybody read what it says.
pub(crate) fn told(ymir: Command, words: &[&str]) -> Output {
    let line = format!("ymir {}", words.join(" "));
    println!("$ {line}");
    let output = Output::of(ymir, line);
    print!("{}{}", output.stderr, output.stdout);
    output
}
