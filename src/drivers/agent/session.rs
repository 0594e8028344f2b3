//! One connection to the agent of a host.

use serde::Serialize;
use serde_json::Value;

use super::{
    binary::Binaries,
    launch::{self, Launched, NoAgent},
};
use crate::{
    drivers::process::Talk,
    host::{
        fault::Fault,
        patience::SIGN,
        wire::{Answer, Ask, VERSION},
    },
    model::login::Login,
    trouble::{Result, Tell, Trouble},
};

/// [`Ask::Alive`], as it is sent.
const ALIVE: &[u8] = b"{\"ask\":\"alive\"}\n";

/// A running agent that has said who it is.
#[derive(Debug)]
pub(super) struct Session {
    host: String,
    talk: Talk,
    /// The account that Ymir is logged in as.
    pub user: String,
    /// A change that the host has undone by itself: its id, and the concern that it was of.
    pub undone: Option<(String, String)>,
    /// A change that waits for its confirmation: its id.
    pub waiting: Option<String>,
    /// Whether the host's lock is held.
    pub owns: bool,
}

impl Session {
    /// Logs in as the site's account, or while that is not there as the image's.
    pub(super) async fn open(host: &str, login: &Login, binaries: &Binaries) -> Result<Self> {
        let first = match launch::launch(host, login, &login.user.value, binaries).await {
            Ok(launched) => return Self::greeted(host, &login.user.value, launched).await,
            Err(NoAgent::Trouble(trouble)) => return Err(trouble),
            Err(NoAgent::NoEntry(trouble)) => trouble,
        };
        let bootstrap = &login.bootstrap.value;
        if *bootstrap == login.user.value {
            return Err(no_entry(first, login));
        }
        match launch::launch(host, login, bootstrap, binaries).await {
            Ok(launched) => Self::greeted(host, bootstrap, launched).await,
            Err(NoAgent::Trouble(trouble)) => Err(trouble),
            Err(NoAgent::NoEntry(trouble)) => {
                let causes = format!("{}: {}", trouble.what, trouble.causes.join(": "));
                Err(no_entry(first.because(causes), login))
            }
        }
    }

    async fn greeted(host: &str, user: &str, launched: Launched) -> Result<Self> {
        let mut talk = launched.talk;
        match answer(host, &mut talk).await? {
            Answer::Ready { version: VERSION, undone, waiting, .. } => {
                talk.say_every(SIGN, ALIVE);
                Ok(Self {
                    host: host.into(),
                    talk,
                    user: user.into(),
                    undone,
                    waiting,
                    owns: false,
                })
            }
            Answer::Broken { fault } => Err(told(host, &fault)),
            _ => Err(Trouble::internal(format!("{host}: the agent speaks another language"))),
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a question; secrets are in their places already.
    pub(super) async fn ask(&mut self, ask: &(impl Serialize + Sync)) -> Result<()> {
        let mut line = serde_json::to_vec(ask).or_internal(|| "writing a question".into())?;
        line.push(b'\n');
        let sent = self.talk.send(&line).await;
        sent.or_host(|| format!("{}: talking to the agent", self.host)).map_err(broken)
    }

    /// The next answer.
    pub(super) async fn answer(&mut self) -> Result<Answer> {
        answer(&self.host, &mut self.talk).await
    }

    /// Takes the host's lock, once.
    pub(super) async fn own(
        &mut self,
        ask: &Ask,
        mut hear: impl FnMut(String) + Send,
    ) -> Result<()> {
        if self.owns {
            return Ok(());
        }
        self.ask(ask).await?;
        loop {
            match self.answer().await? {
                Answer::Progress { text, .. } => hear(text),
                Answer::Owned { outcome } => {
                    let undone = Result::from(outcome).map_err(|fault| told(&self.host, &fault))?;
                    self.owns = true;
                    self.undone = undone.or(self.undone.take());
                    return Ok(());
                }
                other => return Err(unexpected(&self.host, &other)),
            }
        }
    }
}

impl Session {
    /// The operator was told what the host has undone: the next run need not tell it again.
    pub(super) async fn forget_undone(&mut self) -> Result<()> {
        match self.undone.take() {
            Some((undo, _)) => self.ask(&Ask::Told { undo }).await,
            None => Ok(()),
        }
    }
}

async fn answer(host: &str, talk: &mut Talk) -> Result<Answer> {
    let told = || format!("{host}: listening to the agent");
    match talk.line().await.or_host(told)? {
        Some(line) => serde_json::from_str(&line).or_internal(told),
        None => Err(broken(Trouble::host(told()).because("the connection ended"))),
    }
}

fn broken(trouble: Trouble) -> Trouble {
    trouble.hint("what was begun on the host was ended or undone there; give the command again to go on from what is there")
}

fn no_entry(trouble: Trouble, login: &Login) -> Trouble {
    trouble
        .set_by(&login.user.setting)
        .set_by(&login.bootstrap.setting)
        .hint("does one of the accounts let your SSH key in? `ssh_private_key_path` and your SSH agent are tried")
}

/// An answer to another question than was asked.
pub(super) fn unexpected(host: &str, answer: &Answer) -> Trouble {
    Trouble::internal(format!(
        "{host}: the agent gave another answer than was asked for: {answer:?}"
    ))
}

/// A fault on a host as trouble.
pub(super) fn told(host: &str, fault: &Fault) -> Trouble {
    let trouble = Trouble::host(format!("{host}: {}", fault.what));
    let trouble = fault.causes.iter().fold(trouble, Trouble::because);
    match &fault.hint {
        Some(hint) => trouble.hint(hint.clone()),
        None => trouble,
    }
}

/// Puts secrets in place of the places where they are found, in a question as JSON.
pub(super) fn open_secrets(
    value: &mut Value,
    find: &impl Fn(&Value) -> Result<String>,
) -> Result<()> {
    match value {
        Value::Object(map) => {
            if let (1, Some(place)) = (map.len(), map.get("sealed")) {
                *value = serde_json::json!({ "open": find(place)? });
                return Ok(());
            }
            map.values_mut().try_for_each(|value| open_secrets(value, find))
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| open_secrets(item, find)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_life_is_a_question_that_the_agent_knows() {
        let line: Ask = serde_json::from_slice(ALIVE).unwrap();
        assert!(matches!(line, Ask::Alive));
    }
}
