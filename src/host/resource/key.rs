//! A public key that lets somebody in over SSH.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts,
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

/// The key stands in the user's `authorized_keys`; other keys stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorizedKey {
    pub user: String,
    /// A whole line, options and comment included.
    pub key: String,
    /// `authorized_keys_file`, below the user's home; `None` for the usual one.
    pub file: Option<String>,
}

/// The user's home and the file's text; no home while there is no such user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    home: Option<String>,
    text: String,
}

/// The kind and the key itself, without options and comment.
pub(crate) fn essence(line: &str) -> Option<(&str, &str)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| {
        ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| word.starts_with(start))
    })?;
    Some((words[at], words.get(at + 1)?))
}

/// The file of a user's keys.
pub(crate) fn path(home: &str, file: Option<&str>) -> String {
    format!("{home}/{}", file.unwrap_or(".ssh/authorized_keys"))
}

impl Thing for AuthorizedKey {
    type Seen = Seen;

    fn key(&self) -> String {
        let (kind, key) = essence(&self.key).unwrap_or(("", &self.key));
        format!("key:{}:{kind} {key}", self.user)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let home = accounts::account(machine, &self.user)?.map(|account| account.home);
        let text = home
            .as_ref()
            .map(|home| machine.text(&path(home, self.file.as_deref())))
            .transpose()?;
        Ok(Seen { home, text: text.flatten().unwrap_or_default() })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let wanted = essence(&self.key);
        let there = seen.text.lines().any(|line| {
            line.trim() == self.key.trim() || (wanted.is_some() && essence(line) == wanted)
        });
        if there {
            return Vec::new();
        }
        let comment = self.key.split_whitespace().last().unwrap_or_default();
        vec![Change::new(format!("let the key {comment} in as {}", self.user))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let Some(home) = &seen.home else {
            return Err(Fault::new(format!("letting a key in as {}", self.user))
                .because("there is no such user"));
        };
        let Some(account) = accounts::account(machine, &self.user)? else { return Ok(()) };
        let access = |mode| Access {
            owner: Some(account.uid.to_string()),
            group: Some(account.gid.to_string()),
            mode: Some(mode),
        };
        let path = path(home, self.file.as_deref());
        if let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| above != home) {
            machine.make_directory(above, &access(0o700))?;
        }
        let gap = if seen.text.is_empty() || seen.text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{}{gap}{}\n", seen.text, self.key.trim());
        machine.write(&path, text.as_bytes(), &access(0o600))
    }

    fn trace(&self, _machine: &Machine, _seen: &Seen) -> Result<Option<Trace>, Fault> {
        let (user, key) = (self.user.clone(), self.key.trim().to_owned());
        Ok(Some(Trace::Key { user, key, file: self.file.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::essence;

    #[test]
    fn the_essence_of_a_key() {
        let table = [
            ("ssh-ed25519 AAAA me@here", Some(("ssh-ed25519", "AAAA"))),
            ("from=\"10.0.0.1\",no-pty ssh-rsa BBBB", Some(("ssh-rsa", "BBBB"))),
            ("ssh-rsa", None),
            ("# comment", None),
        ];
        for (line, found) in table {
            assert_eq!(essence(line), found, "{line}");
        }
    }
}
