//! Topics of Kayobe's that Ymir does not configure yet: a site that asks for one is told so, instead of being left with
//! less than it asks for.

use serde_json::Value;

use super::{Class, is_on};
use crate::{
    host::concern::Concern,
    origin::Setting,
    resolve::Reader,
    trouble::{Result, Trouble},
};

type Read = Result<Option<Concern>>;

fn refused(reader: &Reader, what: &str, tag: &str, setting: &Setting) -> Trouble {
    Trouble::refused(format!("{}: Ymir does not configure {what} yet", reader.host))
        .set_by(setting)
        .hint(format!("`--skip-tags {tag}` configures everything else"))
}

/// Refuses a list or map with something in it.
fn empty(reader: &Reader, variable: &str, what: &str, tag: &str) -> Read {
    let Some(found) = reader.get::<Value>(variable)? else { return Ok(None) };
    let is_empty = match &found.value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        other => other.as_str().is_some_and(str::is_empty),
    };
    if is_empty { Ok(None) } else { Err(refused(reader, what, tag, &found.setting)) }
}

pub(super) fn podman(reader: &Reader, _class: Class) -> Read {
    let engine = reader.get::<String>("container_engine")?;
    match engine.filter(|engine| engine.value == "podman") {
        Some(engine) if super::ansible_user::has_containers(reader) => {
            Err(refused(reader, "Podman", "podman", &engine.setting))
        }
        _ => Ok(None),
    }
}

pub(super) fn registry(reader: &Reader, class: Class) -> Read {
    const VARIABLE: &str = "docker_registry_enabled";
    if class != Class::Seed || !is_on(reader, VARIABLE, false)? {
        return Ok(None);
    }
    Err(refused(reader, "a registry", "docker-registry", &reader.setting(VARIABLE)))
}

/// Kayobe always makes the seed's hypervisor one, and hosts in the group `compute` if the site asks for it.
pub(super) fn libvirt(reader: &Reader, class: Class) -> Read {
    const VARIABLE: &str = "compute_libvirt_enabled";
    let is_compute = reader.variables.groups_of(reader.host).iter().any(|group| group == "compute");
    let wanted = match class {
        Class::SeedHypervisor => true,
        Class::Overcloud => is_compute && is_on(reader, VARIABLE, false)?,
        _ => false,
    };
    if !wanted {
        return Ok(None);
    }
    Err(refused(reader, "libvirt on hosts", "libvirt-host", &reader.setting(VARIABLE)))
}

pub(super) fn vgpu(reader: &Reader, class: Class) -> Read {
    if class != Class::Overcloud {
        return Ok(None);
    }
    empty(reader, "vgpu_definitions", "virtual GPUs", "vgpu")
}
