//! One question to a host through `ssh`, with nothing trusted on first use.

use std::time::Duration;

use camino::Utf8Path;

use super::answer::{self, Reply};
use crate::{drivers::process::Run, model::host::Access, trouble::Result};

/// Longer than the connection may take, so that a host that hangs later is noticed too.
const LIMIT: Duration = Duration::from_secs(40);

/// What is asked: one line each, found again by its first word.
const QUESTION: &str = "PATH=$PATH:/usr/sbin:/sbin; export LC_ALL=C; echo \"name $(hostname)\"; \
    ip -o -4 addr show | awk '{print \"address \" $4}'; \
    echo \"image $(tr -d '\\n' </etc/ymir/image.json 2>/dev/null)\"";

/// Asks the host who it is. The operator's own `ssh_config` counts (jump hosts, say), but not for host keys.
pub async fn ask(access: &Access, known_hosts: &Utf8Path) -> Result<Reply> {
    let option = |text: String| ["-o".to_owned(), text];
    let options = [
        "BatchMode=yes".to_owned(),
        "StrictHostKeyChecking=yes".to_owned(),
        format!("UserKnownHostsFile=\"{known_hosts}\""),
        "GlobalKnownHostsFile=/dev/null".to_owned(),
        "HostKeyAlgorithms=ssh-ed25519".to_owned(),
        "UpdateHostKeys=no".to_owned(),
        "ConnectTimeout=10".to_owned(),
        "ServerAliveInterval=10".to_owned(),
        "ControlPath=none".to_owned(),
        format!("IdentityFile=\"{}\"", access.private_key.value),
        format!("User={}", access.user.value),
    ];
    let ssh = Run::new("ssh").args(options.into_iter().flat_map(option)).without_terminal();
    let output = ssh.arg(&access.address.value).arg(QUESTION).time_limit(LIMIT).output().await;
    match output {
        Ok(output) => Ok(answer::read(&output)),
        // ssh itself could not be run, or hung: the latter passes.
        Err(trouble) if trouble.causes.iter().any(|cause| cause.starts_with("no end after")) => {
            Ok(Reply::Silent(answer::Silence::NoAnswer(trouble.to_string())))
        }
        Err(trouble) => Err(trouble),
    }
}
