//! The lab's bridge: made, recognised and removed by the name of the lab that stands in its alias.

use serde::Deserialize;

use super::{Bench, Did};
use crate::{
    drivers::process::Run,
    trouble::{Result, Tell, Trouble},
};

/// A network interface, as `ip -json address` tells it.
#[derive(Debug, Deserialize)]
struct Link {
    ifname: String,
    #[serde(default)]
    ifalias: String,
    #[serde(default)]
    addr_info: Vec<Address>,
}

#[derive(Debug, Deserialize)]
struct Address {
    local: Option<String>,
    prefixlen: Option<u8>,
}

impl Link {
    fn has(&self, address: &str) -> bool {
        self.addr_info.iter().any(|it| it.local.as_deref() == Some(address))
    }
}

/// What stands in the alias of a bridge that a lab made.
fn alias(bench: &Bench<'_>) -> String {
    format!("ymir lab in {}", bench.places.root)
}

/// Makes sure that the bridge is there, is up and has its address.
pub(super) async fn ensure(bench: &Bench<'_>) -> Result<Did> {
    let lab = &bench.lab;
    let (name, address) = (&lab.bridge.value, lab.address.value);
    let links = links().await?;
    let known = links.iter().find(|link| link.ifname == *name);
    if let Some(stranger) = known.filter(|link| link.ifalias != alias(bench)) {
        let owner = if stranger.ifalias.is_empty() { "it has no alias" } else { &stranger.ifalias };
        return Err(Trouble::refused(format!("making the bridge {name}"))
            .because(format!(
                "there is an interface of that name which this lab did not make: {owner}"
            ))
            .set_by(&lab.bridge.setting)
            .hint(format!("remove it with `ip link delete {name}`, or choose another name")));
    }
    let ip = address.addr().to_string();
    if let Some(stranger) = links.iter().find(|link| link.ifname != *name && link.has(&ip)) {
        return Err(Trouble::refused(format!("giving {ip} to the bridge {name}"))
            .because(format!("the interface {} of this machine has that address", stranger.ifname))
            .set_by(&lab.address.setting)
            .hint("choose another network for the lab, or take that interface down"));
    }
    let is_complete = known.is_some_and(|link| {
        link.addr_info
            .iter()
            .any(|it| it.local.as_ref() == Some(&ip) && it.prefixlen == Some(address.prefix_len()))
    });
    if known.is_none() {
        // In one call, so that there is never a bridge without its owner's name.
        let words = ["link", "add", name, "alias"].map(str::to_owned);
        run_ip(
            words.into_iter().chain([alias(bench)]).chain(
                ["type", "bridge", "stp_state", "0", "forward_delay", "0"].map(str::to_owned),
            ),
        )
        .await?;
    }
    if !is_complete {
        run_ip(["address", "replace", &address.to_string(), "dev", name]).await?;
    }
    run_ip(["link", "set", name, "up"]).await?;
    let said = format!("{name} with {address}");
    Ok(if is_complete { Did::Nothing(said) } else { Did::Something(said) })
}

/// Removes every bridge that this lab made; says which.
pub(super) async fn remove(bench: &Bench<'_>) -> Result<Vec<String>> {
    let own = alias(bench);
    let links = links().await?;
    let names: Vec<String> =
        links.into_iter().filter(|link| link.ifalias == own).map(|link| link.ifname).collect();
    for name in &names {
        run_ip(["link", "delete", name]).await?;
    }
    Ok(names)
}

async fn links() -> Result<Vec<Link>> {
    let output = Run::new("ip").args(["-json", "address", "show"]).success().await?;
    serde_json::from_str(&output.stdout)
        .or_internal(|| "reading what `ip -json address` says".into())
}

async fn run_ip<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Result<()> {
    Run::new("ip").args(args).success().await.map(drop)
}
