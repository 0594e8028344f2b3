//! A user's own key pair, to log in elsewhere.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts::{self, Account},
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
};

/// `.ssh/id_rsa` in the user's home, as Ansible's `generate_ssh_key` makes it. One that is there stays, and none is
/// ever taken away: it may be the only way to somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyPair {
    pub user: String,
    /// What the host calls itself, for the key's comment.
    pub host: String,
}

/// The account, and whether it has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    account: Option<Account>,
    is_there: bool,
}

fn file(account: &Account) -> String {
    format!("{}/.ssh/id_rsa", account.home)
}

impl Thing for KeyPair {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("key-pair:{}", self.user)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let account = accounts::account(machine, &self.user)?;
        let node = account.as_ref().map(|account| machine.node(&file(account))).transpose()?;
        Ok(Seen { account, is_there: node.flatten().is_some() })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        if seen.is_there {
            return Vec::new();
        }
        vec![Change::new(format!("make an SSH key for {}", self.user))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let Some(account) = &seen.account else {
            return Err(Fault::new(format!("making an SSH key for {}", self.user))
                .because("there is no such user"));
        };
        let owner = format!("{}:{}", account.uid, account.gid);
        let access = Access {
            owner: Some(account.uid.to_string()),
            group: Some(account.gid.to_string()),
            mode: Some(0o700),
        };
        machine.make_directory(&format!("{}/.ssh", account.home), &access)?;
        let path = file(account);
        let real = machine.path(&path).to_string_lossy().into_owned();
        let call = Call::new("ssh-keygen", ["-q", "-t", "rsa", "-N", "", "-C"]);
        let comment = format!("ansible-generated on {}", self.host);
        machine.must(&call.also([comment, "-f".to_owned(), real.clone()]))?;
        machine.must(&Call::new("chown", [owner, real.clone(), format!("{real}.pub")])).map(drop)
    }
}
