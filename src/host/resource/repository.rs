//! Whether dnf looks into a repository that the distribution, or a package, has defined.

use serde::Serialize;

use super::{Thing, setting};
use crate::host::{change::Change, fault::Fault, machine::Machine, record::Trace};

const DIRECTORY: &str = "/etc/yum.repos.d";

/// A repository that is enabled, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryState {
    pub id: String,
    pub enabled: bool,
}

/// The file that defines a repository, and what stands there of its being enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    path: String,
    enabled: Option<String>,
}

impl RepositoryState {
    fn value(&self) -> &'static str {
        if self.enabled { "1" } else { "0" }
    }
}

impl Thing for RepositoryState {
    type Seen = Option<Seen>;

    fn key(&self) -> String {
        format!("repository:{}", self.id)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Seen>, Fault> {
        let heading = format!("[{}]", self.id);
        for name in machine.names(DIRECTORY)? {
            let path = format!("{DIRECTORY}/{name}");
            if name.strip_suffix(".repo").is_none() {
                continue;
            }
            let text = machine.text(&path)?.unwrap_or_default();
            if text.lines().any(|line| line.trim() == heading) {
                let enabled = setting::value(machine, &path, &self.id, "enabled")?;
                return Ok(Some(Seen { path, enabled }));
            }
        }
        Ok(None)
    }

    fn diff(&self, seen: &Option<Seen>) -> Vec<Change> {
        let verb = if self.enabled { "enable" } else { "disable" };
        // dnf takes a repository that does not say for one that is enabled.
        let is = |seen: &Seen| seen.enabled.as_deref().is_none_or(is_true) == self.enabled;
        if seen.as_ref().is_some_and(is) {
            return Vec::new();
        }
        vec![Change::new(format!("{verb} the repository {}", self.id))]
    }

    fn perform(&self, machine: &Machine, seen: &Option<Seen>) -> Result<(), Fault> {
        let Some(seen) = seen else {
            return Err(Fault::new(format!("looking for the repository {}", self.id))
                .because(format!("no file in {DIRECTORY} defines it"))
                .hint("`dnf repolist --all` on the host names its repositories; correct `dnf_repo_state_overrides`"));
        };
        setting::put_back(machine, &seen.path, (&self.id, "enabled"), Some(self.value()))
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Seen>) -> Result<Option<Trace>, Fault> {
        let Some(Seen { path, enabled }) = seen else { return Ok(None) };
        Ok(Some(Trace::Setting {
            path: path.clone(),
            section: self.id.clone(),
            name: "enabled".into(),
            values: vec![self.value().into()],
            before: enabled.clone(),
        }))
    }
}

/// As dnf reads it.
fn is_true(value: &str) -> bool {
    ["1", "yes", "true", "on"].contains(&value.to_lowercase().as_str())
}
