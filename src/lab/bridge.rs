//! The lab's bridge: made, recognised and removed by the name of the lab that stands in its alias.

use serde::Deserialize;

use super::{Bench, Did, text};
use crate::{
    drivers::process::Run,
    trouble::{Result, Tell, Trouble},
};

/// A network interface, as `ip -json address` tells it.
#[derive(Debug, Deserialize)]
struct Link {
    ifname: String,
    /// The MAC address; loopback and tunnels may have none.
    #[serde(default)]
    address: String,
    #[serde(default)]
    ifalias: String,
    #[serde(default)]
    addr_info: Vec<Address>,
    #[serde(default)]
    linkinfo: Kind,
}

#[derive(Debug, Default, Deserialize)]
struct Kind {
    #[serde(default)]
    info_kind: String,
}

#[derive(Debug, Deserialize)]
struct Address {
    local: Option<String>,
    prefixlen: Option<u8>,
}

impl Link {
    /// A bridge with the lab's MAC address that nobody has named or given an IP address: Ymir was killed before it
    /// could. Somebody else's bridge has another MAC address.
    fn is_half_made(&self, mac: &str) -> bool {
        self.address == mac
            && self.linkinfo.info_kind == "bridge"
            && self.ifalias.is_empty()
            && self.addr_info.is_empty()
    }

    fn has(&self, address: &str) -> bool {
        self.addr_info.iter().any(|it| it.local.as_deref() == Some(address))
    }
}

/// What stands in the alias of a bridge that a lab made.
fn alias(bench: &Bench<'_>) -> String {
    format!("ymir lab in {}", bench.places.root)
}

/// A locally administered address that stays the same for a lab.
fn mac(bench: &Bench<'_>) -> String {
    let hex = text::digest([bench.places.root.as_str().as_bytes()]);
    let bytes: Vec<&str> = (0..5).map(|at| &hex[2 * at..2 * at + 2]).collect();
    format!("02:{}", bytes.join(":"))
}

/// Makes sure that the bridge is there, is up and has its address.
pub(super) async fn ensure(bench: &Bench<'_>) -> Result<Did> {
    let lab = &bench.lab;
    let (name, address) = (&lab.bridge.value, lab.address.value);
    let links = links().await?;
    let known = links.iter().find(|link| link.ifname == *name);
    if let Some(stranger) =
        known.filter(|link| link.ifalias != alias(bench) && !link.is_half_made(&mac(bench)))
    {
        let owner = match stranger.ifalias.as_str() {
            "" => "it says nothing about who did".to_owned(),
            other => format!("it says `{other}`"),
        };
        return Err(Trouble::refused(format!("making the bridge {name}"))
            .because(format!(
                "there is an interface of that name which this lab did not make; {owner}"
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
        // Without a MAC address of its own it takes one from its ports, and nodes lose it when another node goes.
        let add = ["link", "add", name, "address", &mac(bench)];
        let kind = ["type", "bridge", "stp_state", "0", "forward_delay", "0"];
        run_ip(add.into_iter().chain(kind)).await?;
    }
    if known.is_none_or(|link| link.is_half_made(&mac(bench))) {
        run_ip(["link", "set", name, "alias", &alias(bench)]).await?;
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
    let output = Run::new("ip").args(["-json", "-details", "address", "show"]).success().await?;
    serde_json::from_str(&output.stdout)
        .or_internal(|| "reading what `ip -json address` says".into())
}

async fn run_ip<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Result<()> {
    Run::new("ip").args(args).success().await.map(drop)
}
