//! A name and password by which hypervisors log in to each other's libvirt: in the database of SASL, and in the file
//! that clients read.

use serde::Serialize;

use super::{File, Thing};
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

const DATABASE: &str = "/etc/libvirt/passwd.db";

/// The database does not tell passwords, so the file says which one is in it: it is written last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaslLogin {
    pub user: String,
    pub password: String,
    pub file: File,
}

/// Whether the database has the name, and what the file is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    is_listed: bool,
    file: <File as Thing>::Seen,
}

impl Thing for SaslLogin {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("sasl:{}", self.user)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let is_listed = is_listed(machine, &self.user)?;
        Ok(Seen { is_listed, file: self.file.observe(machine)? })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let mut changes = Vec::new();
        if !seen.is_listed || !self.file.diff(&seen.file).is_empty() {
            changes.push(Change::new(format!("set libvirt's SASL password of {}", self.user)));
        }
        changes.extend(self.file.diff(&seen.file));
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        let call = Call::new("saslpasswd2", ["-c", "-p", "-a", "libvirt", &self.user]);
        machine.must(&call.input(self.password.as_str()))?;
        self.file.perform(machine, &seen.file)
    }

    fn trace(&self, machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        let file = self.file.trace(machine, &seen.file)?.map(Box::new);
        Ok(Some(Trace::SaslLogin { user: self.user.clone(), file }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

fn is_listed(machine: &Machine, user: &str) -> Result<bool, Fault> {
    if machine.node(DATABASE)?.is_none() {
        return Ok(false);
    }
    let said = machine.must(&Call::new("sasldblistusers2", ["-f", DATABASE]))?;
    Ok(said.stdout.lines().any(|line| line.starts_with(&format!("{user}@"))))
}

/// What becomes of a login that nobody asks for any more.
pub(crate) fn judge(machine: &Machine, user: &str, file: Option<&Trace>) -> Result<Verdict, Fault> {
    let is_there = machine.node(DATABASE)?.is_some()
        || file.and_then(Trace::path).is_some_and(|path| matches!(machine.node(path), Ok(Some(_))));
    let text = format!("let {user} log in to libvirt no longer");
    Ok(if is_there { Verdict::Remove(Change::new(text)) } else { Verdict::Forget })
}

/// Takes it out of the database. The file is the caller's.
pub(crate) fn take_away(machine: &Machine, user: &str) -> Result<(), Fault> {
    if !is_listed(machine, user)? {
        return Ok(());
    }
    machine.must(&Call::new("saslpasswd2", ["-d", "-a", "libvirt", user]))?;
    let left = machine.must(&Call::new("sasldblistusers2", ["-f", DATABASE]))?.stdout;
    if left.trim().is_empty() { machine.remove(DATABASE) } else { Ok(()) }
}
