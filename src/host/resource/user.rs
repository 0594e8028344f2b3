//! An account of the host.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts::{self, Account},
    change::Change,
    fault::Fault,
    machine::Machine,
    programs::Call,
    record::Trace,
};

/// An account. What is not said stays as it is, or is as the host's `useradd` has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of an account by itself")]
pub struct User {
    pub name: String,
    pub uid: Option<u32>,
    /// The primary group's name.
    pub group: Option<String>,
    /// Further groups; `None` leaves them alone.
    pub groups: Option<Vec<String>>,
    /// Stays in groups that are not named.
    pub append: bool,
    pub comment: Option<String>,
    pub home: Option<String>,
    pub shell: Option<String>,
    pub create_home: bool,
    /// A hash as in `/etc/shadow`.
    pub password: Option<String>,
    /// Only a new account gets the password.
    pub keep_password: bool,
    pub system: bool,
}

/// The account and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    account: Option<Account>,
    /// Groups that name it as a member, sorted.
    groups: Vec<String>,
    /// The name of its primary group.
    group: Option<String>,
    password: Option<String>,
    /// Its home is there.
    has_home: bool,
}

impl User {
    /// The options that differ: what is said of each, and the words of `usermod` for it.
    fn differing(&self, seen: &Seen, account: &Account) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        let mut option = |differs: bool, what: String, words: Vec<String>| {
            if differs {
                found.push((what, words));
            }
        };
        if let Some(uid) = self.uid {
            let words = vec!["--uid".into(), uid.to_string()];
            option(uid != account.uid, format!("number {} to {uid}", account.uid), words);
        }
        if let Some(group) = &self.group {
            let words = vec!["--gid".into(), group.clone()];
            option(seen.group.as_ref() != Some(group), format!("group to {group}"), words);
        }
        for (wanted, now, what, word) in [
            (&self.comment, &account.comment, "comment", "--comment"),
            (&self.home, &account.home, "home", "--home"),
            (&self.shell, &account.shell, "shell", "--shell"),
        ] {
            let Some(wanted) = wanted else { continue };
            let words = vec![word.into(), wanted.clone()];
            option(wanted != now, format!("{what} {now} to {wanted}"), words);
        }
        let groups = self.groups_after(seen);
        let words = vec!["--groups".into(), groups.join(",")];
        option(
            groups != seen.groups,
            format!("groups {} to {}", shown(&seen.groups), shown(&groups)),
            words,
        );
        if let Some(password) = self.password.as_ref().filter(|_| !self.keep_password) {
            option(seen.password.as_ref() != Some(password), "password".into(), Vec::new());
        }
        found
    }

    /// Sorted.
    fn groups_after(&self, seen: &Seen) -> Vec<String> {
        let Some(wanted) = &self.groups else { return seen.groups.clone() };
        let kept = seen.groups.iter().filter(|_| self.append);
        let mut all: Vec<String> = wanted.iter().chain(kept).cloned().collect();
        // The primary group is no further group, whatever is asked.
        all.retain(|group| {
            Some(group) != self.group.as_ref().or(seen.group.as_ref())
                || seen.groups.contains(group)
        });
        all.sort();
        all.dedup();
        all
    }

    fn create(&self, machine: &Machine) -> Result<(), Fault> {
        let mut args: Vec<String> = Vec::new();
        let mut add = |word: &str, value: Option<&String>| {
            if let Some(value) = value {
                args.extend([word.to_owned(), value.clone()]);
            }
        };
        add("--uid", self.uid.map(|uid| uid.to_string()).as_ref());
        add("--gid", self.group.as_ref());
        add(
            "--groups",
            self.groups.as_ref().filter(|all| !all.is_empty()).map(|all| all.join(",")).as_ref(),
        );
        add("--comment", self.comment.as_ref());
        add("--home-dir", self.home.as_ref());
        add("--shell", self.shell.as_ref());
        args.push(if self.create_home { "--create-home" } else { "--no-create-home" }.into());
        if self.system {
            args.push("--system".into());
        }
        args.push(self.name.clone());
        machine.must(&Call::new("useradd", args))?;
        self.set_password(machine)
    }

    /// Through standard input: command lines are for everybody to read.
    fn set_password(&self, machine: &Machine) -> Result<(), Fault> {
        let Some(password) = &self.password else { return Ok(()) };
        let call = Call::new("chpasswd", ["--encrypted"]);
        machine.must(&call.input(format!("{}:{password}\n", self.name))).map(drop)
    }

    fn make_home(&self, machine: &Machine) -> Result<(), Fault> {
        machine.must(&Call::new("mkhomedir_helper", [self.name.as_str()])).map(drop)
    }
}

fn shown(groups: &[String]) -> String {
    if groups.is_empty() { "none".into() } else { groups.join(",") }
}

impl Thing for User {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("user:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let account = accounts::account(machine, &self.name)?;
        let all = accounts::groups(machine)?;
        let member = all.iter().filter(|group| group.members.contains(&self.name));
        let mut groups: Vec<String> = member.map(|group| group.name.clone()).collect();
        groups.sort();
        let gid = account.as_ref().map(|account| account.gid);
        let group = all.iter().find(|group| Some(group.gid) == gid).map(|group| group.name.clone());
        let password = match &self.password {
            Some(_) => accounts::password(machine, &self.name)?,
            None => None,
        };
        let home = account.as_ref().map(|account| machine.path(&account.home).is_dir());
        Ok(Seen { account, groups, group, password, has_home: home.unwrap_or(false) })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let Some(account) = &seen.account else {
            return vec![Change::new(format!("make the user {}", self.name))];
        };
        let differing = self.differing(seen, account).into_iter();
        let mut changes: Vec<Change> = differing
            .map(|(what, _)| Change::new(format!("user {}: change {what}", self.name)))
            .collect();
        if self.create_home && !seen.has_home {
            changes
                .push(Change::new(format!("user {}: make the home {}", self.name, account.home)));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let Some(account) = &seen.account else { return self.create(machine) };
        let differing = self.differing(seen, account);
        let words: Vec<String> = differing.iter().flat_map(|(_, words)| words.clone()).collect();
        if !words.is_empty() {
            machine.must(&Call::new("usermod", words.into_iter().chain([self.name.clone()])))?;
        }
        if differing.iter().any(|(_, words)| words.is_empty()) {
            self.set_password(machine)?;
        }
        if self.create_home && !seen.has_home {
            self.make_home(machine)?;
        }
        Ok(())
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(seen.account.is_none().then(|| Trace::User { name: self.name.clone() }))
    }
}
