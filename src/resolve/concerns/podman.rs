//! `podman_*`, as Kolla's containers need it.

use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};

use super::{Class, ansible_user::has_containers, filled, is_on, sealed_at, text_of};
use crate::{
    host::concern::{Concern, Podman, PodmanEngine, PodmanRegistry},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// Options with their values, by section.
type Sections = Vec<(String, Vec<(String, String)>)>;

/// What containers mount of `/run` and who starts before them.
const RUN: [&str; 5] =
    ["/run/netns", "/run/lock/nova", "/run/libvirt", "/run/nova", "/run/openvswitch"];

/// How large the log of a container gets.
const LOG_SIZE: u64 = 50 << 20;

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    if !has_containers(reader) || !is_on(reader, "container_engine_enabled", true)? {
        return Ok(None);
    }
    let engine = reader.get::<String>("container_engine")?;
    if engine.is_none_or(|engine| engine.value != "podman") {
        return Ok(Some(Podman::default().into()));
    }
    let text = |name: &str| Ok::<_, Trouble>(filled(reader, name)?.map(|found| found.value));
    let proxy =
        |name: &str| Ok::<_, Trouble>(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    let directories = reader.get::<Vec<String>>("run_default_subdirectories")?;
    let directories = directories.map_or_else(|| RUN.map(str::to_owned).into(), |list| list.value);
    let engine = PodmanEngine {
        registry: registry(reader)?,
        mirror: text("podman_registry_mirror")?,
        storage_driver: text("podman_storage_driver")?,
        runtime_directory: text("podman_runtime_directory")?,
        sections: sections(reader)?,
        run_directories: directories,
        http_proxy: proxy("podman_http_proxy")?,
        https_proxy: proxy("podman_https_proxy")?,
        no_proxy: text("podman_no_proxy")?.unwrap_or_default(),
    };
    Ok(Some(Podman { engine: Some(engine) }.into()))
}

fn registry(reader: &Reader) -> Result<Option<PodmanRegistry>> {
    let Some(name) = filled(reader, "podman_registry")? else { return Ok(None) };
    let insecure = is_on(reader, "podman_registry_insecure", false)?;
    let path = reader.get::<Utf8PathBuf>("podman_registry_ca")?;
    let path = path.filter(|path| !path.value.as_str().is_empty() && !insecure);
    let authority =
        path.map(|path| text_of(reader, &path, "the registry's authority")).transpose()?;
    Ok(Some(PodmanRegistry { name: name.value, insecure, authority }))
}

/// The role's own sections of `containers.conf`, and over them the site's.
fn sections(reader: &Reader) -> Result<Sections> {
    let events = is_on(reader, "podman_healthcheck_events", false)?;
    let size = reader.get::<Value>("podman_log_max_size")?;
    let size = size.map_or_else(|| LOG_SIZE.into(), |size| size.value);
    let own = [
        (
            "podman_engine_config",
            json!({"engine": {"events_logger": "file", "healthcheck_events": events}}),
        ),
        (
            "podman_containers_config",
            json!({"containers": {"log_size_max": size, "log_driver": "k8s-file"}}),
        ),
        ("podman_custom_config", json!({})),
    ];
    let mut all = Map::new();
    for (variable, default) in own {
        let given =
            reader.get::<Map<String, Value>>(variable)?.map(|given| Value::Object(given.value));
        let Value::Object(sections) = given.unwrap_or(default) else { continue };
        for (name, options) in sections {
            let section = all.entry(name).or_insert_with(|| json!({}));
            let (Value::Object(section), Value::Object(options)) = (section, options) else {
                let what = format!("{}: a section of `{variable}` is no map", reader.host);
                return Err(Trouble::refused(what).set_by(&reader.setting(variable)));
            };
            section.extend(options);
        }
    }
    let option = |(name, value): (String, Value)| Some((name, toml(&value)?));
    let section = |(name, options): (String, Value)| {
        let options = options.as_object().cloned().unwrap_or_default();
        (name, options.into_iter().filter_map(option).collect())
    };
    Ok(all.into_iter().map(section).collect())
}

/// A value as TOML has it; nothing for none.
fn toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => format!("\"{}\"", text.replace('"', "\\\"")),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    })
}
