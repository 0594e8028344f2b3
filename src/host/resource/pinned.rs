//! A package in a version that the site pins, on Red Hat's family: dnf takes the version behind the name.
//!
//! The record knows it by its name alone, so that another version takes the place of the former one; nothing is removed
//! in between.

use serde::Serialize;

use super::{Thing, packages, rpm};
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace};

/// Epoch, version, release and architecture of a package.
const VERSION: &str = "%{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH}\\n";

/// A package, and the version that it must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pinned {
    pub name: String,
    /// As dnf takes it, in whole or in part: `28.0.0`, `28.*`, `3:28.0.0-1.el10`.
    pub version: String,
}

/// What is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    epoch: String,
    version: String,
    release: String,
    architecture: String,
}

impl Pinned {
    /// As dnf is told.
    fn spec(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

impl Thing for Pinned {
    type Seen = Option<Installed>;

    fn key(&self) -> String {
        packages::key(&self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Installed>, Fault> {
        let call = Call::new("rpm", ["--query", "--queryformat", VERSION, &self.name]);
        let said = machine.run(&call)?;
        if said.stderr.contains("error:") {
            return said.checked(&call).map(|_| None);
        }
        let words = said.stdout.lines().last().map(str::split_whitespace);
        Ok(words.and_then(|words| match words.collect::<Vec<_>>()[..] {
            [epoch, version, release, architecture] => {
                let [epoch, version, release, architecture] =
                    [epoch, version, release, architecture].map(str::to_owned);
                Some(Installed { epoch, version, release, architecture })
            }
            _ => None,
        }))
    }

    fn diff(&self, seen: &Option<Installed>) -> Vec<Change> {
        match seen {
            Some(installed) if installed.is_meant_by(&self.version) => Vec::new(),
            Some(installed) => {
                let now = format!("{}-{}", installed.version, installed.release);
                vec![Change::new(format!("install {} in place of {now}", self.spec()))]
            }
            None => vec![Change::new(format!("install {}", self.spec()))],
        }
    }

    fn perform(&self, machine: &Machine, _seen: &Option<Installed>) -> Result<(), Fault> {
        rpm::install(machine, &[self.spec()], &[])
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Installed>) -> Result<Option<Trace>, Fault> {
        Ok(seen.is_none().then(|| Trace::Packages { names: vec![self.name.clone()] }))
    }
}

impl Installed {
    /// Whether a pin means this version: what it leaves out, an epoch or a release, may be any.
    fn is_meant_by(&self, pin: &str) -> bool {
        let Self { epoch, version, release, architecture } = self;
        let full = format!("{version}-{release}");
        let whole = format!("{full}.{architecture}");
        [version, &full, &whole]
            .into_iter()
            .any(|known| fits(pin, known) || fits(pin, &format!("{epoch}:{known}")))
    }
}

/// Whether a pattern with `*` and `?` fits the whole of a text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.map(|at| &text[at..]).any(|left| fits(rest.as_str(), left))
        }
        Some(wanted) => {
            let mut left = text.chars();
            left.next().is_some_and(|found| wanted == '?' || wanted == found)
                && fits(rest.as_str(), left.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_may_leave_parts_out() {
        let [epoch, version, release, architecture] =
            ["3", "28.0.4", "1.el10", "x86_64"].map(str::to_owned);
        let installed = Installed { epoch, version, release, architecture };
        for pin in [
            "28.0.4",
            "28.*",
            "28.0.?",
            "3:28.0.4",
            "3:28.*",
            "28.0.4-1.el10",
            "3:28.0.4-1.el10",
            "28.0.4-1.el10.x86_64",
        ] {
            assert!(installed.is_meant_by(pin), "{pin}");
        }
        for pin in ["28.0", "29.*", "28.0.40", "1:28.0.4", "28.0.4-2.el10", ""] {
            assert!(!installed.is_meant_by(pin), "{pin}");
        }
    }
}
