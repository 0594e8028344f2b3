//! `docker_*`, as Kolla's containers need it.

use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};

use super::{Class, ansible_user::has_containers, filled, is_on, sealed_at, text_of};
use crate::{
    host::{
        concern::{
            Concern, Docker, DockerEngine, DockerPackage, DockerRepository, Registry, Ulimit,
        },
        sealed::Sealed,
    },
    resolve::Reader,
    trouble::{Result, Trouble},
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let engine = reader.get::<String>("container_engine")?;
    let docker = engine.is_none_or(|engine| engine.value == "docker");
    if !has_containers(reader) || !is_on(reader, "container_engine_enabled", true)? {
        return Ok(None);
    }
    let engine = docker.then(|| wanted(reader)).transpose()?;
    Ok(Some(Docker { engine }.into()))
}

fn wanted(reader: &Reader) -> Result<DockerEngine> {
    Ok(DockerEngine {
        repository: repository(reader)?,
        package: package(reader)?,
        config: config(reader)?,
        ulimit: Box::new(ulimit(reader)?),
        containerd_root: filled(reader, "containerd_root_path")?
            .map_or_else(|| "/var/lib/docker/containerd".into(), |path| path.value),
        reloads: is_on(reader, "docker_systemd_reload", false)?,
        http_proxy: proxy(reader, "http_proxy")?,
        https_proxy: proxy(reader, "https_proxy")?,
        no_proxy: no_proxy(reader)?,
        registry: registry(reader)?,
    })
}

/// Docker's own variable, else the one that Kayobe gives it.
fn proxy(reader: &Reader, name: &str) -> Result<Option<Sealed>> {
    for variable in [format!("docker_{name}"), format!("kolla_{name}")] {
        if filled(reader, &variable)?.is_some() {
            return Ok(Some(sealed_at(reader, &variable, &[])));
        }
    }
    Ok(None)
}

fn no_proxy(reader: &Reader) -> Result<String> {
    if let Some(own) = filled(reader, "docker_no_proxy")? {
        return Ok(own.value);
    }
    let without = reader.get::<Vec<Option<String>>>("kolla_no_proxy")?;
    let without = without.map_or_else(Vec::new, |list| list.value);
    let without: Vec<String> =
        without.into_iter().flatten().filter(|name| !name.is_empty()).collect();
    Ok(without.join(","))
}

fn package(reader: &Reader) -> Result<DockerPackage> {
    let name = |name: &str| {
        let found = filled(reader, name)?;
        Ok::<_, Trouble>(found.map_or_else(|| "docker-ce".to_owned(), |found| found.value))
    };
    let pin = filled(reader, "docker_yum_package_pin")?;
    // A site that says the package itself says its version there, too.
    let own = filled(reader, "docker_yum_package")?;
    let pin = pin.filter(|_| own.is_none());
    Ok(DockerPackage {
        debian: name("docker_apt_package")?,
        debian_pin: filled(reader, "docker_apt_package_pin")?.map(|pin| pin.value),
        red_hat: name("docker_yum_package")?,
        red_hat_pin: pin.map(|pin| pin.value),
        iptables: !is_on(reader, "docker_disable_default_iptables_rules", true)?,
    })
}

fn ulimit(reader: &Reader) -> Result<Ulimit> {
    const VARIABLE: &str = "docker_ulimit_nofile";
    let said = reader.get::<Value>(VARIABLE)?.is_some();
    let limit = |name: &str| {
        let found = reader.get::<Value>(name)?;
        Ok::<_, Trouble>(found.map_or_else(|| 1_048_576.into(), |limit| limit.value))
    };
    Ok(Ulimit {
        on: said.then(|| is_on(reader, VARIABLE, false)).transpose()?,
        hard: limit("docker_ulimit_nofile_hard")?,
        soft: limit("docker_ulimit_nofile_soft")?,
    })
}

fn repository(reader: &Reader) -> Result<Option<DockerRepository>> {
    if !is_on(reader, "enable_docker_repo", true)? {
        return Ok(None);
    }
    let url = |name: &str| Ok::<_, Trouble>(filled(reader, name)?.map(|found| found.value));
    Ok(Some(DockerRepository {
        debian: url("docker_apt_url")?,
        red_hat: url("docker_yum_url")?
            .unwrap_or_else(|| "https://download.docker.com/linux/centos".into()),
    }))
}

/// What stands in `daemon.json`: the role's own settings, then Kayobe's.
fn config(reader: &Reader) -> Result<Map<String, Value>> {
    let mut config = Map::new();
    let mut set = |name: &str, value: Value| config.insert(name.to_owned(), value);
    let or = |name: &str, default: &str| {
        let found = filled(reader, name)?;
        Ok::<_, Trouble>(found.map_or_else(|| default.to_owned(), |found| found.value))
    };
    set(
        "log-opts",
        json!({
            "max-file": or("docker_log_max_file", "5")?,
            "max-size": or("docker_log_max_size", "50m")?,
        }),
    );
    if is_on(reader, "docker_disable_default_iptables_rules", true)? {
        set("iptables", false.into());
    }
    if is_on(reader, "docker_disable_default_network", true)? {
        set("bridge", "none".into());
    }
    if is_on(reader, "docker_disable_ip_forward", true)? {
        set("ip-forward", false.into());
    }
    if let Some(registry) = filled(reader, "docker_registry")?
        && is_on(reader, "docker_registry_insecure", false)?
    {
        set("insecure-registries", json!([registry.value]));
    }
    for (name, variable) in
        [("storage-driver", "docker_storage_driver"), ("data-root", "docker_runtime_directory")]
    {
        if let Some(found) = filled(reader, variable)? {
            set(name, found.value.into());
        }
    }
    if let Some(mirrors) = reader.get::<Vec<String>>("docker_registry_mirrors")?
        && !mirrors.value.is_empty()
    {
        set("registry-mirrors", json!(mirrors.value));
    }
    if is_on(reader, "docker_debug", false)? {
        set("debug", true.into());
    }
    config.extend(custom(reader)?);
    Ok(config)
}

/// What the site's own `docker_custom_config` says, in place of what Kayobe puts there.
fn custom(reader: &Reader) -> Result<Map<String, Value>> {
    if let Some(own) = reader.get::<Map<String, Value>>("docker_custom_config")? {
        return Ok(own.value);
    }
    let mut config = Map::new();
    if is_on(reader, "docker_daemon_debug", false)? {
        config.insert("debug".into(), true.into());
    }
    if let Some(mtu) = mtu(reader)? {
        config.insert("mtu".into(), mtu.into());
    }
    if is_on(reader, "docker_daemon_live_restore", false)? {
        config.insert("live-restore".into(), true.into());
    }
    Ok(config)
}

/// The site's own, else that of the public network, as Kayobe's playbook asks for it; nothing where that says none.
fn mtu(reader: &Reader) -> Result<Option<u64>> {
    let number = |mtu: &Value| mtu.as_u64().or_else(|| mtu.as_str()?.trim().parse().ok());
    if let Some(own) = reader.get::<Value>("docker_daemon_mtu")? {
        return Ok(number(&own.value));
    }
    let Some(network) = filled(reader, "public_net_name")? else { return Ok(None) };
    let found = reader.get::<Value>(&format!("{}_mtu", network.value))?;
    Ok(found.and_then(|mtu| number(&mtu.value)))
}

fn registry(reader: &Reader) -> Result<Option<Registry>> {
    let Some(path) = reader.get::<Utf8PathBuf>("docker_registry_ca")? else { return Ok(None) };
    let Some(name) = filled(reader, "docker_registry")? else { return Ok(None) };
    if path.value.as_str().is_empty() || is_on(reader, "docker_registry_insecure", false)? {
        return Ok(None);
    }
    let authority = text_of(reader, &path, "the registry's authority")?;
    Ok(Some(Registry { name: name.value, authority }))
}
