//! Where a host of Red Hat's family gets its packages from, and whether it updates them by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Host, Topic, dnf_mirror};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{
        File, Likeness, Packages, Refresh, RepositoryState, Resource, Section, Setting, Unit, Way,
    },
    sealed::Sealed,
};

/// The `dnf_*` variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dnf {
    /// Options of `[main]`.
    pub config: BTreeMap<String, String>,
    /// Those of them that are secret.
    pub secret_config: BTreeMap<String, Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<Mirror>,
    pub epel: bool,
    pub repositories: Vec<DnfRepository>,
    /// Which repositories of others are enabled, by id.
    pub states: BTreeMap<String, bool>,
    /// Which updates the host makes by itself: `security` or `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<String>,
}

/// Where the distribution's own repositories are, without the scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    pub rocky: String,
    pub epel: String,
}

/// An item of `dnf_custom_repos`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DnfRepository {
    pub id: String,
    /// The name of its file, without the ending.
    pub file: String,
    /// `None` for no such repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Sealed>,
}

const MAIN: &str = "/etc/dnf/dnf.conf";
const AUTOMATIC: &str = "/etc/dnf/automatic.conf";

impl Topic for Dnf {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if host.facts.family != Family::RedHat {
            return Ok(Vec::new());
        }
        let mut resources = self.main();
        let mut sources = self.mirrored(host);
        if self.epel {
            // First, as its file would come over the mirror's.
            sources.extend(epel(self.mirror.as_ref(), host));
        }
        sources.extend(self.repositories.iter().map(|one| one.section().into()));
        let states = self.states.iter().map(|(id, enabled)| {
            Resource::from(RepositoryState { id: id.clone(), enabled: *enabled })
        });
        sources.extend(states);
        let words = ["makecache", "--refresh"].map(str::to_owned).to_vec();
        let update = Refresh::after("read the repositories anew", Way::Dnf(words), &sources);
        resources.extend(sources);
        resources.push(update.into());
        if let Some(kind) = &self.automatic {
            resources.extend(automatic(kind));
        }
        Ok(resources)
    }
}

impl Dnf {
    fn main(&self) -> Vec<Resource> {
        let open = self.config.iter().map(|(name, value)| option(MAIN, "main", name, value, false));
        let secret = self.secret_config.iter();
        let secret = secret.map(|(name, value)| option(MAIN, "main", name, value.reveal(), true));
        open.chain(secret).collect()
    }

    fn mirrored(&self, host: &Host) -> Vec<Resource> {
        match &self.mirror {
            Some(mirror) if host.facts.distribution == "rocky" => {
                let files = dnf_mirror::rocky(&mirror.rocky, &major(host)).into_iter();
                files.map(|(name, text)| repository_file(&name, text)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn epel(mirror: Option<&Mirror>, host: &Host) -> Vec<Resource> {
    let mut resources = vec![Packages::installed(["epel-release"]).into()];
    if let Some(mirror) = mirror {
        let text = dnf_mirror::epel(&mirror.epel, &major(host));
        resources.push(repository_file("epel.repo", text));
    }
    resources
}

/// Whatever else such a file says in comments, it is as good.
fn repository_file(name: &str, text: String) -> Resource {
    let file = File::new(format!("/etc/yum.repos.d/{name}"), text).mode(0o664);
    file.like(Likeness::Sections).into()
}

/// `10` of 10.1.
fn major(host: &Host) -> String {
    host.facts.release.split('.').next().unwrap_or_default().to_owned()
}

impl DnfRepository {
    fn section(&self) -> Section {
        let open = self.options.as_ref().map(|options| {
            let secrets = self.secrets.iter();
            let secrets = secrets.map(|(name, value)| (name.clone(), value.reveal().to_owned()));
            let mut all: Vec<(String, String)> = options.clone().into_iter().collect();
            all.extend(secrets);
            all.sort();
            all
        });
        Section {
            path: format!("/etc/yum.repos.d/{}.repo", self.file),
            name: self.id.clone(),
            options: open,
            secret: !self.secrets.is_empty(),
        }
    }
}

fn automatic(kind: &str) -> Vec<Resource> {
    vec![
        Packages::installed(["dnf-automatic"]).into(),
        option(AUTOMATIC, "commands", "apply_updates", "True", false),
        option(AUTOMATIC, "commands", "upgrade_type", kind, false),
        Unit::on("dnf-automatic.timer").into(),
    ]
}

fn option(path: &str, section: &str, name: &str, value: &str, secret: bool) -> Resource {
    Setting {
        path: path.into(),
        section: section.into(),
        name: name.into(),
        value: Some(value.into()),
        between: " = ",
        secret,
    }
    .into()
}

#[cfg(test)]
#[path = "dnf_tests.rs"]
mod tests;
