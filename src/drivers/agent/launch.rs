//! Gets the agent onto a host and starts it, in one go: the host says whether it has the agent, and takes it if not.

use camino::Utf8Path;

use super::binary::Binaries;
use crate::{
    drivers::process::{Run, Talk},
    model::login::{Login, Way},
    trouble::{Result, Tell, Trouble},
};

/// Where agents lie on hosts: root's own, where programs may be run, unlike `/tmp` and `/home` of careful sites.
const DIRECTORY: &str = "/var/lib/ymir/agent";

/// Says `have`, or `need SIZE` and takes that many bytes; then becomes the agent. What is run is what was checked.
const SCRIPT: &str = r#"set -e; umask 077; d=@DIRECTORY@
case $(uname -m) in @CASES@ *) echo "none $(uname -m)"; exit 0;; esac
a=$d/ymir-agent-$g; ok() { echo "$g  $1" | sha256sum -c --status 2>/dev/null; }
if [ -f "$a" ] && ok "$a"; then echo have; else
mkdir -p "$d"; echo "need $s"; head -c "$s" >"$a.new"; ok "$a.new" || { echo damaged; exit 0; }
chmod 700 "$a.new"; mv "$a.new" "$a"; for o in "$d"/ymir-agent-*; do [ "$o" = "$a" ] || rm -f "$o"; done; echo have; fi
exec "$a" serve"#;

/// Why there is no agent to talk to.
#[derive(Debug)]
pub(super) enum NoAgent {
    /// The account is not there, or does not let this key in: another one may.
    NoEntry(Trouble),
    Trouble(Trouble),
}

/// A running agent, and what ssh had to say on the way.
#[derive(Debug)]
pub(super) struct Launched {
    pub talk: Talk,
}

/// Logs in as `user` and starts the agent there.
pub(super) async fn launch(
    host: &str,
    login: &Login,
    user: &str,
    binaries: &Binaries,
) -> Result<Launched, NoAgent> {
    let run = match &login.way {
        Way::Ssh { .. } => ssh(login, user).arg(remote(&script(binaries))),
        Way::Local => local(&script(binaries)),
    };
    let mut talk = run.without_terminal().talk().map_err(NoAgent::Trouble)?;
    loop {
        let line = talk.line().await.or_host(|| format!("{host}: starting the agent"));
        let Some(line) = line.map_err(NoAgent::Trouble)? else {
            return Err(refusal(host, login, user, talk).await);
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["have"] => return Ok(Launched { talk }),
            ["need", size] => {
                let fits = |binary: &&super::binary::Binary| binary.bytes.len().to_string() == size;
                let Some(binary) = binaries.values().find(fits) else { continue };
                let sent = talk.send(&binary.bytes).await;
                if sent.is_err() {
                    return Err(refusal(host, login, user, talk).await);
                }
            }
            ["none", architecture] => {
                let known = binaries.keys().copied().collect::<Vec<_>>().join(", ");
                return Err(NoAgent::Trouble(
                    Trouble::host(format!("{host}: starting the agent"))
                        .because(format!("there is no agent for {architecture}, only for {known}"))
                        .hint(format!(
                            "`make agent` with a Rust target for {architecture} builds one"
                        )),
                ));
            }
            ["damaged"] => {
                return Err(NoAgent::Trouble(
                    Trouble::host(format!("{host}: sending the agent"))
                        .because("what arrived is not what was sent")
                        .hint("give the command again; is the disk of the host full?"),
                ));
            }
            // Banners and what a login shell says.
            _ => tracing::debug!(host, line, "said before the agent"),
        }
    }
}

fn script(binaries: &Binaries) -> String {
    let case = |(architecture, binary): (&&str, &super::binary::Binary)| {
        format!("{architecture}) g={} s={};;", binary.digest, binary.bytes.len())
    };
    let cases: Vec<String> = binaries.iter().map(case).collect();
    SCRIPT.replace("@DIRECTORY@", DIRECTORY).replace("@CASES@", &cases.join(" "))
}

/// As the login shell gets it, which need not be like `sh`: one word in single quotes.
fn remote(script: &str) -> String {
    format!("sudo -n -- /bin/sh -c '{}'", script.replace('\'', r"'\''"))
}

fn local(script: &str) -> Run {
    Run::new("sudo").args(["-n", "--", "/bin/sh", "-c"]).arg(script)
}

/// `ssh` to the host as this user; the command is still to come.
pub(in crate::drivers) fn ssh(login: &Login, user: &str) -> Run {
    let Way::Ssh { address, port, private_key, options } = &login.way else {
        return Run::new("ssh");
    };
    let own_keys = known_hosts(&login.known_hosts);
    let mut settings = vec![
        "BatchMode=yes".to_owned(),
        // A host that Ymir provisioned has its key in the second file: another one is refused. Keys of other hosts are
        // kept in the first one, as Kayobe does.
        "StrictHostKeyChecking=accept-new".to_owned(),
        format!("UserKnownHostsFile={own_keys}"),
        "ConnectTimeout=15".to_owned(),
        "ServerAliveInterval=10".to_owned(),
        "ServerAliveCountMax=3".to_owned(),
        "ControlPath=none".to_owned(),
        "LogLevel=ERROR".to_owned(),
        format!("User={user}"),
    ];
    settings.extend(port.iter().map(|port| format!("Port={port}")));
    let key = private_key.as_ref().filter(|key| key.value.exists());
    settings.extend(key.map(|key| format!("IdentityFile=\"{}\"", key.value)));
    let settings = settings.into_iter().flat_map(|setting| ["-o".to_owned(), setting]);
    // What the site says goes first: ssh takes the first value of an option.
    Run::new("ssh").args(options.iter().cloned()).args(settings).arg("-T").arg(&address.value)
}

/// Why a command could not even be started over SSH.
pub(in crate::drivers) fn no_way_in(host: &str, login: &Login, errors: &str) -> Trouble {
    match refused(host, login, &login.user.value, errors) {
        NoAgent::Trouble(trouble) => trouble,
        NoAgent::NoEntry(trouble) => trouble.set_by(&login.user.setting).hint(
            "does the account let your SSH key in? `host configure` makes the account; `ssh_private_key_path` and your SSH agent are tried",
        ),
    }
}

fn known_hosts(expected: &Utf8Path) -> String {
    format!("~/.ssh/known_hosts \"{expected}\"")
}

/// What ssh, sudo or the host's shell said instead.
async fn refusal(host: &str, login: &Login, user: &str, talk: Talk) -> NoAgent {
    match talk.end().await {
        Ok(errors) => refused(host, login, user, &errors),
        Err(trouble) => NoAgent::Trouble(trouble),
    }
}

/// What it means that there is no way in, by the words of ssh, sudo or the host's shell.
fn refused(host: &str, login: &Login, user: &str, errors: &str) -> NoAgent {
    let says = |words: &[&str]| words.iter().any(|words| errors.contains(words));
    let lines: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.last().copied().unwrap_or("the connection ended without a word").to_owned();
    let told = Trouble::host(format!("{host}: logging in as {user}")).because(last);
    let told = match &login.way {
        Way::Ssh { address, .. } => told.set_by(&address.setting),
        Way::Local => told,
    };
    if says(&["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"]) {
        return NoAgent::Trouble(told.because("the host shows another SSH key than the known one").hint(format!(
            "if the host was set up anew, take its old key out with `ssh-keygen -R`; keys that Ymir gave stand in {}",
            login.known_hosts
        )));
    }
    if says(&["sudo:", "a password is required"]) {
        return NoAgent::Trouble(told.because(format!("{user} may not become root without a password")).hint(
            format!("on the host, let {user} do so: `{user} ALL=(ALL) NOPASSWD: ALL` in a file of /etc/sudoers.d"),
        ));
    }
    if says(&["Permission denied", "Too many authentication failures"]) {
        return NoAgent::NoEntry(told);
    }
    if says(&["No space left", "Read-only file system"]) {
        return NoAgent::Trouble(told.while_trying(format!("{host}: sending the agent")).hint(
            format!(
                "the agent goes to {DIRECTORY} of the host: make room there, or make it writable"
            ),
        ));
    }
    NoAgent::Trouble(
        told.hint("is the host up, and does its network lead here? `ymir` needs SSH to it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::agent::binary::Binary;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "test")]
    fn a_shell_can_read_the_script_behind_another_shell() {
        let binary = Binary { bytes: vec![0; 12], digest: "abc".into() };
        let remote = remote(&script(&Binaries::from([("x86_64", binary)])));
        let words = remote.strip_prefix("sudo -n -- /bin/sh -c ").unwrap();
        let script = format!("printf %s {words} | sh -n");
        let status = std::process::Command::new("sh").args(["-c", &script]).status().unwrap();
        assert!(status.success(), "{remote}");
    }
}
