//! `ymir lab down`: stops what the lab started and removes everything but the cache.

use super::{
    Bench, bridge, daemon, libvirtd, lock::Lock, node, packages, services, up::must_be_root,
};
use crate::trouble::Result;

/// Takes the lab down, whatever state it is in.
pub async fn down(bench: &Bench<'_>) -> Result<()> {
    must_be_root()?;
    let _lock = Lock::take(&bench.places)?;
    let places = &bench.places;
    let tell = bench.tell;
    let mut did_something = false;
    let mut did = |line: String| {
        did_something = true;
        tell(&line);
    };
    // The last first: Ironic would switch nodes on again.
    for name in services::NAMES.iter().rev() {
        let stopped = daemon::stop(&places.record(name), &places.root).await;
        if stopped.map_err(|trouble| trouble.while_trying(format!("stopping {name}")))? {
            did(format!("{name}: stopped"));
        }
    }
    for name in node::kill_all(bench).await? {
        did(format!("{name}: switched off"));
    }
    for name in bridge::remove(bench).await? {
        did(format!("bridge: {name} removed"));
    }
    packages::remove_policy()?;
    libvirtd::remove_empty_run_dir();
    if places.remove()? {
        did(format!("files: {} removed; {} stays", places.root, places.cache));
    }
    if !did_something {
        tell("the lab is down, nothing to do");
    }
    Ok(())
}
