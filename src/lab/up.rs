//! `ymir lab up`: from nothing to a running lab, each step only if it is needed.

use std::future::Future;

use super::{
    Bench, Did, bridge, key, libvirtd, lock::Lock, node, packages as debian, service::Service,
    services, status::pause_words, venv,
};
use crate::trouble::{Result, Trouble};

/// Brings the lab up, or what is missing of it.
pub async fn up(bench: &Bench<'_>) -> Result<()> {
    must_be_root()?;
    let _lock = Lock::take(&bench.places)?;
    bench.places.prepare()?;
    step(bench, "packages", debian::ensure(bench)).await?;
    futures::try_join!(
        step(bench, "python redfish", venv::REDFISH.ensure(bench)),
        step(bench, "python ironic", venv::IRONIC.ensure(bench)),
    )?;
    let speaks_ipmi = bench.lab.ipmi_nodes().next().is_some();
    if speaks_ipmi {
        step(bench, "python ipmi", venv::IPMI.ensure(bench)).await?;
    }
    step(bench, "ssh key", key::ensure(bench)).await?;
    if step(bench, "bridge", bridge::ensure(bench)).await? {
        // It listens on the bridge of old.
        find(bench, "dnsmasq")?.stop(bench).await?;
    }
    service(bench, "libvirtd").await?;
    step(bench, "storage pool", libvirtd::ensure_pool(bench)).await?;
    let known = bench.libvirt.domains().await?;
    for node in &bench.lab.nodes {
        step(bench, &node.name, node::ensure(bench, node, &known)).await?;
        let paused = known.iter().find(|known| known.name == node.name).and_then(|it| it.paused);
        if let Some(why) = paused {
            let words = pause_words(why, bench.libvirt.uri(), &node.name);
            (bench.tell)(&format!("{}: {words}", node.name));
        }
    }
    service(bench, "nginx").await?;
    service(bench, "dnsmasq").await?;
    step(bench, "redfish users", services::write_redfish_users(bench)).await?;
    service(bench, "redfish").await?;
    if speaks_ipmi {
        let nodes = async { services::write_ipmi_nodes(bench) };
        step(bench, "ipmi nodes", nodes).await?;
        service(bench, services::IPMI).await?;
    }
    step(bench, "ironic database", services::create_database(bench)).await?;
    service(bench, "ironic").await
}

/// Installs the lab's Debian packages and nothing else.
pub async fn packages(bench: &Bench<'_>) -> Result<()> {
    must_be_root()?;
    let _lock = Lock::take(&bench.places)?;
    step(bench, "packages", debian::ensure(bench)).await.map(drop)
}

/// Stops one service; `up` starts it again.
pub async fn stop(bench: &Bench<'_>, name: &str) -> Result<()> {
    let service = find(bench, name)?;
    must_be_root()?;
    let _lock = Lock::take(&bench.places)?;
    let stopped = service.stop(bench).await?;
    (bench.tell)(&format!(
        "{name}: {}",
        if stopped { "stopped" } else { "does not run, nothing to do" }
    ));
    Ok(())
}

/// Stops one service and starts it again.
pub async fn restart(bench: &Bench<'_>, name: &str) -> Result<()> {
    let known = find(bench, name)?;
    bench.places.must_be_made()?;
    must_be_root()?;
    let _lock = Lock::take(&bench.places)?;
    known.stop(bench).await?;
    service(bench, name).await
}

async fn service(bench: &Bench<'_>, name: &str) -> Result<()> {
    let service = find(bench, name)?;
    step(bench, name, service.ensure(bench)).await.map(drop)
}

fn find(bench: &Bench<'_>, name: &str) -> Result<Service> {
    if let Some(service) = services::named(bench, name)? {
        return Ok(service);
    }
    let known: Vec<_> = services::all(bench)?.iter().map(|service| service.name).collect();
    Err(Trouble::usage(format!("the lab has no service `{name}`"))
        .hint(format!("its services are {}", known.join(", "))))
}

/// Runs a step, tells what it did and how long that took, and says whether it did anything.
async fn step(
    bench: &Bench<'_>,
    name: &str,
    work: impl Future<Output = Result<Did>>,
) -> Result<bool> {
    let started = tokio::time::Instant::now();
    let did = work.await?;
    let line = match &did {
        Did::Nothing(said) => format!("{name}: {said}, nothing to do"),
        Did::Something(said) => {
            format!("{name}: {said} ({:.1} s)", started.elapsed().as_secs_f64())
        }
    };
    (bench.tell)(&line);
    Ok(matches!(did, Did::Something(_)))
}

/// Refuses to go on without the rights that nearly every step needs.
pub(super) fn must_be_root() -> Result<()> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(Trouble::refused("working on the lab")
        .because("bridges, virtual machines and Debian packages need root's rights")
        .hint("run it with `sudo -E`"))
}
