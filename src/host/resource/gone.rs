//! An account that must be gone; its home stays.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts::{self, Account},
    change::Change,
    fault::Fault,
    machine::Machine,
    programs::Call,
};

/// No account of this name, and no group of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    pub user: String,
    /// The site wants the home gone, too, and is told that it stays.
    pub with_home: bool,
    /// Also while somebody is logged in with it.
    pub force: bool,
}

impl Thing for Gone {
    type Seen = Option<Account>;

    fn key(&self) -> String {
        format!("gone:{}", self.user)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Account>, Fault> {
        accounts::account(machine, &self.user)
    }

    fn diff(&self, seen: &Option<Account>) -> Vec<Change> {
        let why = if self.with_home { ", as Ymir removes no data by `remove`" } else { "" };
        let text = |account: &Account| {
            format!("remove the user {}; its home {} stays{why}", self.user, account.home)
        };
        seen.iter().map(|account| Change::new(text(account))).collect()
    }

    fn perform(&self, machine: &Machine, seen: &Option<Account>) -> Result<(), Fault> {
        match seen {
            Some(_) => {
                let force = self.force.then_some("--force");
                let words = force.into_iter().chain([self.user.as_str()]);
                machine.must(&Call::new("userdel", words)).map(drop)
            }
            None => Ok(()),
        }
    }
}
