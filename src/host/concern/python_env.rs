//! The Python environments that Ansible's modules run in.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Directory, Packages, Resource, Venv},
};

/// The environment of Kayobe's own modules, or the packages that stand for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KayobeVenv {
    /// `None` where modules run with the system's Python.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A directory of environments to be made around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<String>,
    pub owner: String,
    /// `docker` or `podman` where containers run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<String>,
}

/// The environment of Kolla-Ansible's modules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KollaVenv {
    pub path: String,
    pub owner: String,
    pub group: String,
    pub engine: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<String>,
}

/// What an environment needs, whatever the engine.
fn packages(host: &Host, engine: Option<&String>) -> Vec<String> {
    let selinux = (host.facts.family == Family::RedHat).then(|| "selinux".to_owned());
    let engine = engine.into_iter().cloned();
    std::iter::once("pip".to_owned()).chain(selinux).chain(engine).collect()
}

fn venv_package(host: &Host) -> Option<Resource> {
    (host.facts.family == Family::Debian).then(|| Packages::installed(["python3-venv"]).into())
}

impl Topic for KayobeVenv {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let Some(path) = &self.path else {
            return Ok(vec![Packages::installed(["python3-setuptools", "python3-pip"]).into()]);
        };
        let mut resources: Vec<Resource> = venv_package(host).into_iter().collect();
        if let Some(above) = &self.above {
            let group = host.machine.gid(&self.owner).map(|gid| gid.to_string());
            let group = group.unwrap_or_else(|_| "root".into());
            resources.push(Directory::new(above).access(&self.owner, &group, 0o755).into());
        }
        resources.push(Packages::installed(["python3-setuptools"]).into());
        let venv = Venv {
            path: path.clone(),
            owner: self.owner.clone(),
            group: None,
            packages: packages(host, self.engine.as_ref()),
            constraints: self.constraints.clone(),
        };
        // First, or else it would be announced as something to make that the environment has made by then.
        let mut directory = Directory::new(path);
        directory.access.mode = Some(0o700);
        resources.extend([directory.into(), venv.into()]);
        Ok(resources)
    }
}

impl Topic for KollaVenv {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources: Vec<Resource> = venv_package(host).into_iter().collect();
        let venv = Venv {
            path: self.path.clone(),
            owner: self.owner.clone(),
            group: Some(self.group.clone()),
            packages: packages(host, Some(&self.engine)),
            constraints: self.constraints.clone(),
        };
        resources.push(venv.into());
        Ok(resources)
    }
}
