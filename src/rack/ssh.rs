//! Plays `ssh` for the hosts of a rack: a program of this name, first on the path, asks the rack who answers at an address
//! and holds what it says against the known host keys, as OpenSSH would, in OpenSSH's words.

use std::fs;

use serde_json::Value;

use crate::trouble::{Result, Tell};

/// How OpenSSH ends when it cannot connect.
const NO_CONNECTION: u8 = 255;

/// How a shell ends that does not know a command.
const UNKNOWN_COMMAND: u8 = 127;

/// What `ssh` says and how it ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

/// What was asked of `ssh`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    known_hosts: String,
    address: String,
    command: String,
}

/// Answers a command line of `ssh` for the rack at this address.
pub async fn answer(rack: &str, words: &[String]) -> Result<Said> {
    let call = Call::read(words);
    let url = format!("{}/rack/hosts/{}", rack.trim_end_matches('/'), call.address);
    let doing = || format!("asking the rack at {rack}");
    // Fails only when another part of the program installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().or_internal(doing)?;
    let answer = client.get(url).send().await.or_host(doing)?;
    if !answer.status().is_success() {
        return Ok(call.silent());
    }
    let host: Value = serde_json::from_str(&answer.text().await.or_host(doing)?).or_host(doing)?;
    let known = fs::read_to_string(&call.known_hosts).unwrap_or_default();
    Ok(call.told(&host, &known))
}

impl Call {
    fn read(words: &[String]) -> Self {
        let mut call = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "-o" {
                call.set(words.next().map_or("", String::as_str));
            } else if !word.starts_with('-') {
                word.rsplit('@').next().unwrap_or_default().clone_into(&mut call.address);
                call.command = words.by_ref().cloned().collect::<Vec<_>>().join(" ");
            }
        }
        call
    }

    /// Of all options, only where the known host keys are matters here.
    fn set(&mut self, option: &str) {
        if let Some(path) = option.strip_prefix("UserKnownHostsFile=") {
            path.trim_matches('"').clone_into(&mut self.known_hosts);
        }
    }

    fn silent(&self) -> Said {
        let stderr =
            format!("ssh: connect to host {} port 22: Connection timed out\n", self.address);
        Said { stderr, code: NO_CONNECTION, ..Said::default() }
    }

    fn told(&self, host: &Value, known: &str) -> Said {
        let key = host["host_key"].as_str().and_then(|key| key.split(' ').nth(1));
        let keys: Vec<_> = known.lines().filter_map(|line| key_of(line, &self.address)).collect();
        let refused = |stderr: String| Said { stderr, code: NO_CONNECTION, ..Said::default() };
        if keys.is_empty() {
            return refused(format!(
                "No ED25519 host key is known for {} and you have requested strict checking.\nHost key verification \
                 failed.\n",
                self.address
            ));
        }
        if !key.is_some_and(|key| keys.contains(&key)) {
            return refused(
                "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.\n"
                    .into(),
            );
        }
        if !self.command.contains("/etc/ymir/image.json") {
            let stderr = "a host of a simulated rack knows nothing but who it is\n".to_owned();
            return Said { stderr, code: UNKNOWN_COMMAND, ..Said::default() };
        }
        Said { stdout: introduction(host), ..Said::default() }
    }
}

/// The key on a line of `known_hosts` that is for this address.
fn key_of<'a>(line: &'a str, address: &str) -> Option<&'a str> {
    let mut words = line.split_whitespace();
    let hosts = words.next()?;
    let is_it = hosts.split(',').any(|host| host == address);
    words.nth(1).filter(|_| is_it)
}

/// Who the host says it is.
fn introduction(host: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let addresses = host["addresses"].as_array().into_iter().flatten();
    let addresses: Vec<_> = addresses.map(|own| format!("address {}/24\n", text(own))).collect();
    let addresses = addresses.concat();
    let file = text(&host["image"]);
    let file = file.rsplit('/').next().unwrap_or_default();
    let image = file.strip_suffix(".qcow2").unwrap_or(file);
    format!("name {}\n{addresses}image {{\"name\": \"{image}\"}}\n", text(&host["name"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORDS: [&str; 5] = ["-o", "UserKnownHostsFile=\"/k\"", "-o", "User=debian", "10.0.0.1"];

    fn call() -> Call {
        let question = "cat /etc/ymir/image.json";
        let words: Vec<_> = WORDS.into_iter().chain([question]).map(str::to_owned).collect();
        Call::read(&words)
    }

    #[test]
    fn a_command_line_is_understood() {
        let call = call();
        assert_eq!((call.known_hosts.as_str(), call.address.as_str()), ("/k", "10.0.0.1"));
        assert_eq!(call.command, "cat /etc/ymir/image.json");
        assert_eq!(call.silent().code, NO_CONNECTION);
    }

    #[test]
    fn only_the_expected_key_is_let_in() {
        let host = json!({
            "name": "bm1", "addresses": ["10.0.0.1"], "host_key": "ssh-ed25519 AAAA bm1", "image": "http://images/a.qcow2",
        });
        let told = call().told(&host, "bm1,10.0.0.1 ssh-ed25519 AAAA ymir:bm1\n");
        assert_eq!(told.stdout, "name bm1\naddress 10.0.0.1/24\nimage {\"name\": \"a\"}\n");
        for known in ["", "bm1,10.0.0.1 ssh-ed25519 BBBB x\n", "bm2,10.0.0.2 ssh-ed25519 AAAA x\n"]
        {
            let told = call().told(&host, known);
            assert!(
                told.code == NO_CONNECTION && told.stderr.contains("Host key verification failed"),
                "{told:?}"
            );
        }
    }
}
