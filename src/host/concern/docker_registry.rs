//! A registry of images in a container on the seed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{
        Container, ContainerVolume, Directory, Engine, File, NoContainer, Refresh, Resource, Way,
    },
    sealed::Sealed,
};

/// The `docker_registry_*` variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DockerRegistry {
    pub engine: Engine,
    /// `None` where the site has no registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<RegistryContainer>,
}

/// The container, and the files that it mounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistryContainer {
    pub image: String,
    pub env: BTreeMap<String, String>,
    pub network: String,
    pub ports: Vec<String>,
    pub volumes: Vec<String>,
    pub restart: String,
    /// Where its certificate, key and passwords are.
    pub directory: String,
    /// Whose they are.
    pub user: String,
    /// By name; the container runs anew when one changes.
    pub files: BTreeMap<String, Sealed>,
}

const NAME: &str = "docker_registry";

impl Topic for DockerRegistry {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let engine = self.engine;
        let Some(container) = &self.container else {
            return Ok(vec![NoContainer { engine, name: NAME.into() }.into()]);
        };
        let mut resources = Vec::new();
        let user = container.user.as_str();
        if !container.files.is_empty() {
            let directory = Directory::new(&container.directory);
            resources.push(directory.access(user, user, 0o750).into());
        }
        let file = |(name, content): (&String, &Sealed)| {
            let file = File::new(format!("{}/{name}", container.directory), content.reveal());
            file.owned(user, user).mode(0o600).secret().into()
        };
        let files: Vec<Resource> = container.files.iter().map(file).collect();
        resources.extend(files.iter().cloned());
        resources.extend(container.volumes.iter().filter_map(|volume| {
            let name = volume.split(':').next().filter(|name| !name.contains('/'))?;
            Some(ContainerVolume { engine, name: name.into() }.into())
        }));
        resources.push(container.resource(engine).into());
        if !files.is_empty() {
            let words = [engine.program(), "restart", NAME].map(str::to_owned);
            let restart = Way::Run(vec![words.into()]);
            let name = format!("restart the container {NAME}");
            resources.push(Refresh::after(name, restart, &files).into());
        }
        Ok(resources)
    }
}

impl RegistryContainer {
    fn resource(&self, engine: Engine) -> Container {
        Container {
            engine,
            name: NAME.into(),
            image: self.image.clone(),
            env: self.env.clone(),
            network: self.network.clone(),
            ports: self.ports.clone(),
            volumes: self.volumes.clone(),
            restart: self.restart.clone(),
        }
    }
}

#[cfg(test)]
#[path = "docker_registry_tests.rs"]
mod tests;
