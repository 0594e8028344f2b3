//! The lab's own libvirt: it runs in a mount namespace where the lab's directories lie over the system's, so that it works
//! with or without systemd and neither uses nor changes a libvirt of the operator's.

use super::{Bench, node, places};
use crate::{
    drivers::libvirt::Ask,
    trouble::{Result, Tell},
};

/// Directories that libvirtd looks for at fixed places; the mounts need them to exist.
const SYSTEM_DIRS: [&str; 5] =
    ["/etc/libvirt", "/var/lib/libvirt", RUN_DIR, "/var/cache/libvirt", "/var/log/libvirt"];

const RUN_DIR: &str = "/run/libvirt";

/// Makes what libvirtd needs to start.
pub(super) fn prepare(bench: &Bench<'_>) -> Result<()> {
    let state = bench.places.state("libvirtd");
    // What an earlier boot left there would name processes that are strangers by now. While a node runs, it is what
    // libvirt finds the node again with.
    let run = state.join("run");
    if run.exists() && node::processes(bench).is_empty() {
        std::fs::remove_dir_all(&run).or_host(|| format!("removing {run}"))?;
    }
    let own = ["etc", "lib", "run", "cache", "log"].map(|name| state.join(name));
    own.iter().try_for_each(|dir| places::make_dir(dir))?;
    SYSTEM_DIRS.iter().try_for_each(|dir| places::make_dir((*dir).into()))
}

/// Makes sure that there is the storage pool which the BMC emulator puts virtual media into: it knows only `default`.
pub(super) async fn ensure_pool(bench: &Bench<'_>) -> Result<super::Did> {
    let path = bench.places.pool();
    let said = format!("`default` in {path}");
    let ask = Ask::Pool { name: "default".into(), path: path.into_string() };
    let changed = bench.libvirt.change(ask).await?;
    Ok(if changed { super::Did::Something(said) } else { super::Did::Nothing(said) })
}

/// Removes the run directory if the lab's libvirt was the only reason for it.
pub(super) fn remove_empty_run_dir() {
    // It is not empty if the operator's libvirt uses it.
    drop(std::fs::remove_dir(RUN_DIR));
}
