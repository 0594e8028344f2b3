//! The profile by which tuned sets the host.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

const ACTIVE: &str = "/etc/tuned/active_profile";

/// The profile that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TunedProfile {
    pub name: String,
}

impl Thing for TunedProfile {
    type Seen = Option<String>;

    fn key(&self) -> String {
        "tuned-profile".into()
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        active(machine)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let name = &self.name;
        match seen {
            Some(active) if active == name => Vec::new(),
            Some(active) => vec![Change::new(format!("tune by {name} instead of {active}"))],
            None => vec![Change::new(format!("tune by {name}"))],
        }
    }

    fn perform(&self, machine: &Machine, _seen: &Option<String>) -> Result<(), Fault> {
        choose(machine, &self.name).map_err(|fault| {
            fault.hint("`tuned-adm list` on the host names the profiles that it knows")
        })
    }

    fn trace(&self, _machine: &Machine, seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let before = seen.clone().filter(|before| *before != self.name);
        Ok(Some(Trace::TunedProfile { name: self.name.clone(), before }))
    }
}

/// What becomes of a profile that nobody asks for any more: the one before comes back, if there was one.
pub(crate) fn judge(machine: &Machine, name: &str, before: Option<&str>) -> Result<Verdict, Fault> {
    Ok(match before {
        Some(before) if active(machine)?.as_deref() == Some(name) => {
            Verdict::Remove(Change::new(format!("tune by {before} again")))
        }
        _ => Verdict::Forget,
    })
}

pub(crate) fn choose(machine: &Machine, name: &str) -> Result<(), Fault> {
    machine.must(&Call::new("tuned-adm", ["profile", name])).map(drop)
}

fn active(machine: &Machine) -> Result<Option<String>, Fault> {
    let text = machine.text(ACTIVE)?.unwrap_or_default();
    Ok(Some(text.trim().to_owned()).filter(|name| !name.is_empty()))
}
