//! Virtual GPUs, and the kernel's parameters for devices that machines get.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled, is_on};
use crate::{
    host::concern::{Concern, Driver, Gpu, Iommu, Vgpu, VirtualFunction},
    resolve::Reader,
    trouble::{Result, Trouble},
};

const RELEASE: &str = "https://github.com/NVIDIA/mig-parted/releases/download/v0.14.4";

const URL: &str = "vgpu_driver_url";
const FORCE: &str = "vgpu_driver_force_install";

/// One item of `vgpu_definitions`.
#[derive(Debug, Deserialize)]
struct Definition {
    pci_address: String,
    virtual_functions: Option<Vec<Function>>,
    mig_devices: Option<BTreeMap<String, u32>>,
}

#[derive(Debug, Deserialize)]
struct Function {
    mdev_type: String,
    index: u32,
}

fn is_in(reader: &Reader, group: &str) -> bool {
    reader.variables.groups_of(reader.host).iter().any(|known| known == group)
}

/// Compute hosts that have left the group lose what it gave them.
pub(super) fn read_iommu(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let on = is_in(reader, "iommu");
    if class != Class::Overcloud || !(on || is_in(reader, "compute")) {
        return Ok(None);
    }
    Ok(Some(Iommu { on, passthrough: is_on(reader, "iommu_pt", true)? }.into()))
}

pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let is_member = is_in(reader, "vgpu");
    if class != Class::Overcloud || !(is_member || is_in(reader, "compute")) {
        return Ok(None);
    }
    let gpus = if is_member { gpus(reader)? } else { Vec::new() };
    let driver = if gpus.is_empty() { None } else { driver(reader)? };
    let delay = reader.get::<Value>("vgpu_sriov_init_delay")?;
    let url = |name: &str, file: &str| {
        let found = filled(reader, name)?;
        Ok::<_, Trouble>(found.map_or_else(|| format!("{RELEASE}/{file}"), |url| url.value))
    };
    Ok(Some(
        Vgpu {
            driver,
            gpus,
            delay: delay.and_then(|delay| delay.value.as_u64()?.try_into().ok()).unwrap_or(30),
            mig_manager: (
                url("vgpu_nvidia_mig_manager_deb_url", "nvidia-mig-manager_0.14.4-1_amd64.deb")?,
                url("vgpu_nvidia_mig_manager_rpm_url", "nvidia-mig-manager-0.14.4-1.x86_64.rpm")?,
            ),
        }
        .into(),
    ))
}

fn gpus(reader: &Reader) -> Result<Vec<Gpu>> {
    let named = reader.get::<Vec<Definition>>("vgpu_definitions")?;
    let named = match named {
        Some(named) => Some(named),
        None => reader.get("vgpu_mig_definitions")?,
    };
    let function = |Function { mdev_type: kind, index }| VirtualFunction { index, kind };
    let gpu = |definition: Definition| {
        let Definition { pci_address: address, virtual_functions, mig_devices: mig } = definition;
        let functions = virtual_functions.map(|all| all.into_iter().map(function).collect());
        Gpu { address, functions, mig }
    };
    Ok(named.map(|list| list.value.into_iter().map(gpu).collect()).unwrap_or_default())
}

fn driver(reader: &Reader) -> Result<Option<Driver>> {
    if !is_on(reader, "vgpu_nvidia_driver_install_enabled", true)? {
        return Ok(None);
    }
    let refused = |variable: &str, why: &str| {
        Trouble::refused(format!("{}: installing NVIDIA's driver", reader.host))
            .because(why)
            .set_by(&reader.setting(variable))
    };
    let Some(url) = filled(reader, URL)? else {
        return Err(refused(URL, "nothing says where its archive is")
            .hint("`vgpu_nvidia_driver_install_enabled: false` leaves it to somebody else"));
    };
    if !url.value.starts_with("http://") && !url.value.starts_with("https://") {
        return Err(refused(URL, "hosts get the archive by HTTP only")
            .hint("put it on a server that they can reach, such as the seed"));
    }
    if is_on(reader, FORCE, false)? {
        return Err(refused(FORCE, "it would be installed again by every run")
            .hint("remove the file `*.run.complete` below /opt on the host to have it installed once more"));
    }
    Ok(Some(Driver { url: url.value, dkms: is_on(reader, "vgpu_driver_dkms", false)? }))
}
