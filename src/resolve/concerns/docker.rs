//! `docker_*`, as Kolla's containers need it.

use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};

use super::{Class, ansible_user::has_containers, filled, is_on, sealed_at};
use crate::{
    host::concern::{Concern, Docker, DockerRepository, Registry},
    resolve::Reader,
    trouble::{Result, Tell, Trouble},
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let engine = reader.get::<String>("container_engine")?;
    let docker = engine.is_none_or(|engine| engine.value == "docker");
    if !docker || !has_containers(reader) || !is_on(reader, "container_engine_enabled", true)? {
        return Ok(None);
    }
    let proxy = |name: &str| Ok(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    let without = reader.get::<Vec<Option<String>>>("kolla_no_proxy")?;
    let without = without.map_or_else(Vec::new, |list| list.value);
    let without: Vec<String> =
        without.into_iter().flatten().filter(|name| !name.is_empty()).collect();
    Ok(Some(
        Docker {
            repository: repository(reader)?,
            package: filled(reader, "docker_apt_package")?
                .map_or_else(|| "docker-ce".into(), |name| name.value),
            config: config(reader)?,
            http_proxy: proxy("kolla_http_proxy")?,
            https_proxy: proxy("kolla_https_proxy")?,
            no_proxy: without.join(","),
            registry: registry(reader)?,
        }
        .into(),
    ))
}

fn repository(reader: &Reader) -> Result<Option<DockerRepository>> {
    if !is_on(reader, "enable_docker_repo", true)? {
        return Ok(None);
    }
    let own = filled(reader, "docker_apt_url")?;
    Ok(Some(match own {
        Some(url) => DockerRepository { url: url.value, adds_distribution: false },
        None => DockerRepository {
            url: "https://download.docker.com/linux".into(),
            adds_distribution: true,
        },
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
    if is_on(reader, "docker_daemon_debug", false)? {
        set("debug", true.into());
    }
    if let Some(mtu) = mtu(reader)? {
        set("mtu", mtu.into());
    }
    if is_on(reader, "docker_daemon_live_restore", false)? {
        set("live-restore", true.into());
    }
    Ok(config)
}

/// That of the public network, as Kayobe's playbook asks for it; nothing where that says none.
fn mtu(reader: &Reader) -> Result<Option<u64>> {
    let Some(network) = filled(reader, "public_net_name")? else { return Ok(None) };
    let found = reader.get::<Value>(&format!("{}_mtu", network.value))?;
    Ok(found.and_then(|mtu| mtu.value.as_u64().or_else(|| mtu.value.as_str()?.trim().parse().ok())))
}

fn registry(reader: &Reader) -> Result<Option<Registry>> {
    let Some(path) = reader.get::<Utf8PathBuf>("docker_registry_ca")? else { return Ok(None) };
    let Some(name) = filled(reader, "docker_registry")? else { return Ok(None) };
    if path.value.as_str().is_empty() || is_on(reader, "docker_registry_insecure", false)? {
        return Ok(None);
    }
    let told = || format!("{}: reading the registry's authority {}", reader.host, path.value);
    let missing =
        || Trouble::refused(told()).because("there is no such file").set_by(&path.setting);
    let (bytes, _) = reader.variables.files().bytes(&path.value)?.ok_or_else(missing)?;
    Ok(Some(Registry { name: name.value, authority: String::from_utf8(bytes).or_refused(told)? }))
}
