//! `docker_registry_*`: a registry of the site's own on hosts of the group `docker-registry`.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Map, Value};

use super::{Class, filled, is_on, sealed_file};
use crate::{
    host::{
        concern::{Concern, DockerRegistry, RegistryContainer},
        resource::Engine,
        sealed::Sealed,
    },
    resolve::Reader,
    trouble::{Result, Trouble},
};

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let groups = reader.variables.groups_of(reader.host);
    if class != Class::Seed || !groups.iter().any(|group| group == "docker-registry") {
        return Ok(None);
    }
    let engine = reader.get::<String>("container_engine")?;
    let engine = match engine {
        Some(engine) if engine.value == "podman" => Engine::Podman,
        _ => Engine::Docker,
    };
    let is_on = is_on(reader, "docker_registry_enabled", false)?;
    let container = is_on.then(|| container(reader)).transpose()?;
    Ok(Some(DockerRegistry { engine, container }.into()))
}

fn container(reader: &Reader) -> Result<RegistryContainer> {
    let or = |name: &str, default: &str| {
        let found = filled(reader, name)?;
        Ok::<_, Trouble>(found.map_or_else(|| default.to_owned(), |found| found.value))
    };
    let directory = format!("{}/docker-registry", reader.need::<String>("config_path")?.value);
    let secured = Secured {
        tls: is_on(reader, "docker_registry_enable_tls", false)?,
        basic_auth: is_on(reader, "docker_registry_enable_basic_auth", false)?,
    };
    let network = or("docker_registry_network_mode", "host")?;
    let port = text(reader, "docker_registry_port")?.unwrap_or_else(|| "5000".into());
    let data = or("docker_registry_datadir_volume", "docker_registry")?;
    let mut volumes =
        vec!["/etc/localtime:/etc/localtime:ro".to_owned(), format!("{data}:/var/lib/registry")];
    if secured.tls || secured.basic_auth {
        volumes.push(format!("{directory}:{directory}:ro"));
    }
    Ok(RegistryContainer {
        image: image(reader)?,
        env: secured.env(reader, &directory, (&network, &port))?,
        ports: if network == "bridge" { vec![format!("{port}:5000")] } else { Vec::new() },
        network,
        volumes,
        restart: or("docker_registry_restart_policy", "unless-stopped")?,
        files: secured.files(reader)?,
        directory,
        user: reader.need::<String>("kayobe_ansible_user")?.value,
    })
}

/// As Kayobe's role puts it together unless the site says all of it.
fn image(reader: &Reader) -> Result<String> {
    if let Some(full) = filled(reader, "docker_registry_image_full")? {
        return Ok(full.value);
    }
    let tag =
        filled(reader, "docker_registry_tag")?.map_or_else(|| "latest".into(), |tag| tag.value);
    if let Some(image) = filled(reader, "docker_registry_image")? {
        return Ok(format!("{}:{tag}", image.value));
    }
    let space = reader.get::<String>("docker_registry_namespace")?;
    let space = space.map_or_else(|| "library".to_owned(), |space| space.value);
    let slash = if space.is_empty() { "" } else { "/" };
    Ok(format!("docker.io/{space}{slash}registry:{tag}"))
}

struct Secured {
    tls: bool,
    basic_auth: bool,
}

impl Secured {
    fn env(
        &self,
        reader: &Reader,
        directory: &str,
        (network, port): (&str, &str),
    ) -> Result<BTreeMap<String, String>> {
        let mut env = BTreeMap::new();
        let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
        if self.tls {
            set("REGISTRY_HTTP_TLS_CERTIFICATE", format!("{directory}/cert.pem"));
            set("REGISTRY_HTTP_TLS_KEY", format!("{directory}/key.pem"));
        }
        if self.basic_auth {
            set("REGISTRY_AUTH", "htpasswd".into());
            set("REGISTRY_AUTH_HTPASSWD_REALM", "Registry realm".into());
            set("REGISTRY_AUTH_HTPASSWD_PATH", format!("{directory}/htpasswd"));
        }
        if network == "host" {
            set("REGISTRY_HTTP_ADDR", format!("0.0.0.0:{port}"));
        }
        let own = reader.get::<Map<String, Value>>("docker_registry_env")?;
        for (name, value) in own.map(|own| own.value).unwrap_or_default() {
            set(&name, scalar(&value));
        }
        Ok(env)
    }

    fn files(&self, reader: &Reader) -> Result<BTreeMap<String, Sealed>> {
        let all = [
            (self.tls, "cert.pem", "docker_registry_cert_path"),
            (self.tls, "key.pem", "docker_registry_key_path"),
            (self.basic_auth, "htpasswd", "docker_registry_basic_auth_htpasswd_path"),
        ];
        let mut files = BTreeMap::new();
        for (_, name, variable) in all.into_iter().filter(|(wanted, _, _)| *wanted) {
            let path = reader.need::<Utf8PathBuf>(variable)?;
            if reader.variables.files().text(&path.value)?.is_none() {
                let what = format!("{}: reading the registry's {name} {}", reader.host, path.value);
                return Err(Trouble::refused(what)
                    .because("there is no such file")
                    .set_by(&path.setting));
            }
            files.insert(name.to_owned(), sealed_file(reader, variable, ""));
        }
        Ok(files)
    }
}

fn text(reader: &Reader, name: &str) -> Result<Option<String>> {
    Ok(reader.get::<Value>(name)?.map(|found| scalar(&found.value)).filter(|text| !text.is_empty()))
}

/// As a container's environment has it.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
