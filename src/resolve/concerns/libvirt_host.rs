//! libvirt on the seed's hypervisor, and on compute hosts whose machines do not run in a container of Nova's.

mod network;
mod pool;
mod tls;

use serde_json::{Map, Value};

use super::{Class, filled, is_on, sealed_at};
use crate::{
    host::concern::{Concern, Libvirt, LibvirtHost, Listener, Login},
    resolve::{Reader, networks},
    trouble::{Result, Trouble},
};

const PASSWORD: &str = "compute_libvirt_sasl_password";

/// Options of Kayobe's role that Ymir does not know: a site that sets one is told so.
const UNKNOWN: [&str; 3] =
    ["libvirt_host_var_prefix", "libvirt_host_qemu_tls_enabled", "libvirt_host_vnc_tls_enabled"];

/// Kayobe always makes the seed's hypervisor one, and hosts in the group `compute` if the site asks for it.
pub(super) fn read(reader: &Reader, class: Class) -> Result<Option<Concern>> {
    let is_compute = reader.variables.groups_of(reader.host).iter().any(|group| group == "compute");
    let libvirt = match class {
        Class::SeedHypervisor => Some(seed_hypervisor(reader)?),
        Class::Overcloud if is_compute => {
            let is_wanted = is_on(reader, "compute_libvirt_enabled", false)?;
            is_wanted.then(|| compute(reader)).transpose()?
        }
        _ => return Ok(None),
    };
    Ok(Some(LibvirtHost { libvirt }.into()))
}

fn seed_hypervisor(reader: &Reader) -> Result<Libvirt> {
    Ok(Libvirt {
        pools: pool::read(reader, "seed_hypervisor_libvirt_pools")?,
        networks: network::read(reader, "seed_hypervisor_libvirt_networks")?,
        libvirtd: options(reader, "libvirt_host_libvirtd_conf")?,
        qemu: options(reader, "libvirt_host_qemu_conf")?,
        ..common(reader)?
    })
}

/// What Kayobe's playbook asks of compute hosts.
fn compute(reader: &Reader) -> Result<Libvirt> {
    let tls = is_on(reader, "compute_libvirt_enable_tls", false)?;
    let network = reader.need::<String>("internal_net_name")?;
    let address = networks::address(reader, &network)?.ok_or_else(|| {
        Trouble::refused(format!("{}: it has no address on {}", reader.host, network.value))
            .because("libvirt listens on that address")
            .set_by(&network.setting)
    })?;
    let address = address.value;
    let listener = |port: u16| Listener { address: Some(format!("{address}:{port}")) };
    let ceph = is_on(reader, "compute_libvirt_ceph_repo_install", true)?;
    let release = filled(reader, "compute_libvirt_ceph_repo_release")?;
    Ok(Libvirt {
        efi: true,
        ceph_repository: release
            .filter(|_| ceph)
            .map(|release| format!("centos-release-ceph-{}", release.value)),
        libvirtd: options(reader, "compute_libvirt_conf")?,
        qemu: options(reader, "compute_qemu_conf")?,
        login: login(reader, tls)?,
        tcp: (!tls).then(|| listener(16509)),
        tls: tls.then(|| listener(16514)),
        certificates: if tls { tls::read(reader)? } else { tls::none() },
        ..common(reader)?
    })
}

/// What the role's own variables say for all hosts.
fn common(reader: &Reader) -> Result<Libvirt> {
    for name in UNKNOWN {
        if let Some(found) = reader.get::<Value>(name)?
            && !matches!(&found.value, Value::String(text) if text.is_empty())
            && found.value != Value::Bool(false)
        {
            let what = format!("{}: Ymir does not know `{name}`", reader.host);
            return Err(Trouble::refused(what)
                .set_by(&found.setting)
                .hint("`--skip-tags libvirt-host` configures everything else"));
        }
    }
    let list = |name: &str| {
        let found = reader.get::<Vec<String>>(name)?;
        Ok::<_, Trouble>(found.map(|list| list.value))
    };
    let requires_vt = is_on(reader, "libvirt_host_require_vt", true)?;
    let emulators = || if requires_vt { Vec::new() } else { vec!["x86".to_owned()] };
    Ok(Libvirt {
        requires_vt,
        efi: is_on(reader, "libvirt_host_enable_efi_support", false)?,
        emulators: list("libvirt_host_qemu_emulators")?.unwrap_or_else(emulators),
        extra_packages: [
            list("libvirt_host_extra_daemon_packages")?.unwrap_or_default(),
            list("libvirt_host_extra_client_packages")?.unwrap_or_default(),
        ]
        .concat(),
        ceph_repository: None,
        libvirtd: None,
        qemu: None,
        login: None,
        tcp: None,
        tls: None,
        certificates: tls::none(),
        pools: Vec::new(),
        networks: Vec::new(),
    })
}

fn login(reader: &Reader, tls: bool) -> Result<Option<Login>> {
    if !is_on(reader, "compute_libvirt_enable_sasl", true)? {
        return Ok(None);
    }
    if filled(reader, PASSWORD)?.is_none() {
        return Err(Trouble::refused(format!("{}: `{PASSWORD}` is not set", reader.host))
            .set_by(&reader.setting("compute_libvirt_enable_sasl"))
            .hint("set it in the vault, or `compute_libvirt_enable_sasl: false` if nobody shall log in"));
    }
    let own = || vec![if tls { "SCRAM-SHA-256" } else { "DIGEST-MD5" }.to_owned()];
    let mechanisms = reader.get::<Vec<String>>("libvirt_host_sasl_mech_list")?;
    Ok(Some(Login {
        user: "nova".into(),
        password: sealed_at(reader, PASSWORD, &[]),
        mechanisms: mechanisms.map_or_else(own, |list| list.value),
    }))
}

/// Options with their values as libvirt's files have them, which is nearly JSON.
fn options(reader: &Reader, variable: &str) -> Result<Option<Vec<(String, String)>>> {
    let switch = match variable {
        name if name.contains("qemu") => "libvirt_host_qemu_conf_enabled",
        _ => "libvirt_host_libvirtd_conf_enabled",
    };
    if !is_on(reader, switch, true)? {
        return Ok(None);
    }
    let found = reader.get::<Map<String, Value>>(variable)?;
    let options = found.map(|found| found.value).unwrap_or_default();
    Ok(Some(options.into_iter().map(|(name, value)| (name, shown(&value))).collect()))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
