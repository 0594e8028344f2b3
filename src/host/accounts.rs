//! Accounts of the host, read from its own files: what answers over a network is no matter of configuration.

use super::{fault::Fault, machine::Machine, programs::Call};

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub comment: String,
    pub home: String,
    pub shell: String,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    pub name: String,
    pub gid: u32,
    pub members: Vec<String>,
}

/// The account of this name.
pub fn account(machine: &Machine, name: &str) -> Result<Option<Account>, Fault> {
    let text = machine.text("/etc/passwd")?.unwrap_or_default();
    Ok(text.lines().filter_map(read_account).find(|account| account.name == name))
}

/// All groups.
pub fn groups(machine: &Machine) -> Result<Vec<GroupLine>, Fault> {
    let text = machine.text("/etc/group")?.unwrap_or_default();
    Ok(text.lines().filter_map(read_group).collect())
}

/// The hash in `/etc/shadow`.
pub fn password(machine: &Machine, name: &str) -> Result<Option<String>, Fault> {
    let text = machine.text("/etc/shadow")?.unwrap_or_default();
    let mut rows = text.lines().map(|line| line.split(':'));
    Ok(rows
        .find_map(|mut row| (row.next() == Some(name)).then(|| row.next().map(str::to_owned))?))
}

fn read_account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let mut next = || fields.next();
    let (name, _, uid, gid) = (next()?, next()?, next()?, next()?);
    let (comment, home, shell) = (next()?, next()?, next()?);
    Some(Account {
        name: name.into(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        comment: comment.into(),
        home: home.into(),
        shell: shell.into(),
    })
}

fn read_group(line: &str) -> Option<GroupLine> {
    let mut fields = line.split(':');
    let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?);
    let members = fields.next().unwrap_or_default().split(',').filter(|name| !name.is_empty());
    Some(GroupLine {
        name: name.into(),
        gid: gid.parse().ok()?,
        members: members.map(str::to_owned).collect(),
    })
}

/// The call of a program that reaches other machines, with the proxies that the host's own environment names: whoever
/// logs in has them, and with Ansible all that is done on the host. What the call says itself stays.
pub fn through_proxies(machine: &Machine, call: Call) -> Call {
    let is_new = |(name, _): &(String, String)| call.env.iter().all(|(known, _)| known != name);
    let new: Vec<_> = proxies(machine).into_iter().filter(is_new).collect();
    new.into_iter().fold(call, |call, (name, value)| call.env(&name, value))
}

fn proxies(machine: &Machine) -> Vec<(String, String)> {
    let text = machine.text("/etc/environment").ok().flatten().unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    let proxies = pairs.filter(|(name, _)| name.to_lowercase().ends_with("_proxy"));
    proxies.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}
