//! The ports of nodes. Those of all nodes are read once for all hosts that ask: one request serves a rack.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::{
    Place,
    client::{Client, Failure, Told},
    differences::add,
    observed::{Observed, Provision},
    walk::{Errand, LOST_REQUESTS},
};
use crate::{
    model::node::{Node, Port},
    trouble::{Result, Tell, Trouble},
};

const FIELDS: &str = "uuid,address,node_uuid,pxe_enabled,physical_network,local_link_connection";

/// How many ports one request asks for.
const PAGE: usize = 1000;

/// A port as Ironic has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Seen {
    uuid: String,
    address: String,
    pub(super) node_uuid: String,
    #[serde(default)]
    pxe_enabled: Option<bool>,
    #[serde(default)]
    physical_network: Option<String>,
    #[serde(default)]
    local_link_connection: Map<String, Value>,
}

/// All ports, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<Read>);

#[derive(Debug, Default)]
enum Read {
    #[default]
    NotYet,
    Known(Ordered),
    /// It has failed for all who ask: none of them waits for Ironic all over again.
    Failed(Trouble),
}

#[derive(Debug, Default)]
struct Ordered {
    by_mac: BTreeMap<String, Seen>,
    /// The MACs of each node by its UUID, in Ironic's order.
    of_node: BTreeMap<String, Vec<String>>,
}

impl Ordered {
    fn put(&mut self, port: Seen) {
        let macs = self.of_node.entry(port.node_uuid.clone()).or_default();
        if !macs.contains(&port.address) {
            macs.push(port.address.clone());
        }
        self.by_mac.insert(port.address.clone(), port);
    }

    /// The node's first port that may boot, else its first one.
    fn booting(&self, node: &str) -> Option<&Seen> {
        let of_node = || self.of_node.get(node).into_iter().flatten();
        let ports = || of_node().filter_map(|mac| self.by_mac.get(mac));
        ports().find(|port| port.pxe_enabled == Some(true)).or_else(|| ports().next())
    }
}

impl Book {
    /// The port with this MAC.
    pub(super) async fn port(
        &self,
        client: &Client,
        mac: &str,
        told: Told<'_>,
    ) -> Result<Option<Seen>> {
        self.find(client, told, |known| known.by_mac.get(mac).cloned()).await
    }

    /// The MAC with which the node boots.
    pub(super) async fn booting(
        &self,
        client: &Client,
        node: &str,
        told: Told<'_>,
    ) -> Result<Option<String>> {
        self.find(client, told, |known| known.booting(node).map(|port| port.address.clone())).await
    }

    async fn find<T>(
        &self,
        client: &Client,
        told: Told<'_>,
        look: impl FnOnce(&Ordered) -> Option<T>,
    ) -> Result<Option<T>> {
        let mut read = self.0.lock().await;
        if matches!(*read, Read::NotYet) {
            *read = match all(client, told).await {
                Ok(known) => Read::Known(known),
                Err(trouble) => Read::Failed(trouble),
            };
        }
        match &*read {
            Read::Known(known) => Ok(look(known)),
            Read::Failed(trouble) => Err(trouble.clone()),
            Read::NotYet => Ok(None),
        }
    }

    /// Notes a port as it is after a change.
    async fn note(&self, answer: Value) {
        let changed = serde_json::from_value::<Seen>(answer);
        if let (Read::Known(known), Ok(port)) = (&mut *self.0.lock().await, changed) {
            known.put(port);
        }
    }
}

async fn all(client: &Client, told: Told<'_>) -> Result<Ordered> {
    let doing = "asking Ironic about all ports";
    let (mut ports, mut marker) = (Ordered::default(), String::new());
    loop {
        let path = format!("ports?fields={FIELDS}&limit={PAGE}{marker}");
        let page = client.get(&path, told).await.map_err(|failure| failure.while_trying(doing))?;
        let list = page.get("ports").cloned().unwrap_or_default();
        let found: Vec<Seen> = serde_json::from_value(list).or_host(|| doing.into())?;
        let last = found.last().map(|port| port.uuid.clone());
        for port in found {
            ports.put(port);
        }
        match last.filter(|_| page.get("next").is_some()) {
            Some(last) => marker = format!("&marker={last}"),
            None => return Ok(ports),
        }
    }
}

/// What has to happen to the ports that the site names.
#[derive(Debug, Default)]
pub(super) struct Ports {
    create: Vec<Port>,
    /// What differs at a port that is there: its UUID, words, operations.
    change: Vec<(String, String, Vec<Value>)>,
    kept: Vec<String>,
}

impl Ports {
    pub(super) fn told(&self) -> Vec<String> {
        let created =
            self.create.iter().map(|port| format!("create a port with MAC {}", port.address));
        created.chain(self.change.iter().map(|(_, words, _)| words.clone())).collect()
    }

    pub(super) fn kept(&self) -> &[String] {
        &self.kept
    }
}

/// Compares the ports that the site names with Ironic's. One with such a MAC at another node is a trouble.
pub(super) async fn wanted(place: Place<'_>, seen: Option<&Observed>) -> Result<Ports> {
    let mut ports = Ports::default();
    let mut known = Vec::new();
    let told = |text: String| place.voice.progress(text);
    for port in place.node.named_ports() {
        let found = place.session.ports.port(&place.session.client, &port.address, &told).await;
        let found = found.map_err(|trouble| {
            trouble.while_trying(format!("{}: looking at its ports", place.host))
        })?;
        match (found, seen) {
            (None, _) => ports.create.push(port),
            (Some(found), Some(node)) if found.node_uuid == node.uuid => known.push((port, found)),
            (Some(found), _) => return Err(taken(place, &port, &found)),
        }
    }
    let Some(node) = seen else { return Ok(ports) };
    if ports.create.is_empty() && boots_from_network(place.node, node) {
        let_one_boot(&mut known);
    }
    for (port, found) in &known {
        compare(port, found, node, &mut ports);
    }
    Ok(ports)
}

/// Whether the boot interface that the node is to have, or has, takes the ramdisk from the network.
fn boots_from_network(node: &Node, seen: &Observed) -> bool {
    let has = || seen.interfaces.get("boot_interface").and_then(Value::as_str);
    let interface = node.interfaces.get("boot").map(String::as_str).or_else(has);
    interface.is_some_and(|name| name.ends_with("pxe") || name == "http")
}

/// Wants the first port to boot of which the site says nothing, if none may: an inspection through a virtual medium
/// leaves them all so (`update_pxe_enabled` of Ironic's inspector), and from then on no boot file is served to the node.
fn let_one_boot(known: &mut [(Port, Seen)]) {
    let boots =
        |(port, found): &(Port, Seen)| port.pxe_enabled.or(found.pxe_enabled) != Some(false);
    if known.iter().any(boots) {
        return;
    }
    if let Some((port, _)) = known.iter_mut().find(|(port, _)| port.pxe_enabled.is_none()) {
        port.pxe_enabled = Some(true);
    }
}

fn taken(place: Place<'_>, port: &Port, found: &Seen) -> Trouble {
    let (mac, owner) = (&port.address, &found.node_uuid);
    let trouble = Trouble::host(format!("{}: registering the node", place.host))
        .because(format!("MAC {mac} belongs to another node in Ironic: {owner}"));
    let named = place.node.mac.iter().filter(|named| named.value == *mac);
    let trouble = named.fold(trouble, |trouble, named| trouble.set_by(&named.setting));
    trouble.hint("correct the MAC, or delete the port at the other node")
}

/// Ironic lets what a port is plugged into be changed only before the node is available.
fn compare(port: &Port, found: &Seen, node: &Observed, ports: &mut Ports) {
    use Provision as P;
    let free = node.maintenance
        || matches!(
            node.provision_state,
            P::Enroll | P::Inspecting | P::InspectWait | P::Manageable
        );
    let (mut words, mut operations) = (Vec::new(), Vec::new());
    let mut differ = |field: &str, found: Value, wanted: Value| {
        words.push(format!("{field}: {found} → {wanted}"));
        operations.push(add(&[field], &wanted));
    };
    if let Some(wanted) = port.pxe_enabled.filter(|wanted| found.pxe_enabled != Some(*wanted)) {
        differ("pxe_enabled", json!(found.pxe_enabled), json!(wanted));
    }
    let network = port.physical_network.as_ref();
    if let Some(wanted) = network.filter(|_| port.physical_network != found.physical_network) {
        differ("physical_network", json!(found.physical_network), json!(wanted));
    }
    if let Some(link) = &port.local_link_connection {
        let mut merged = found.local_link_connection.clone();
        merged.extend(link.clone());
        if merged != found.local_link_connection {
            differ("local_link_connection", json!(found.local_link_connection), json!(merged));
        }
    }
    if operations.is_empty() {
        return;
    }
    let words = format!("port {}: {}", port.address, words.join(", "));
    if free {
        ports.change.push((found.uuid.clone(), words, operations));
    } else {
        let state = node.provision_state.name();
        ports.kept.push(format!("stays while the node is `{state}`: {words}"));
    }
}

impl Errand<'_> {
    /// Creates and changes the ports that the site names; gives what is left as it is.
    pub(super) async fn plug(&self, place: Place<'_>, node: &Observed) -> Result<Vec<String>> {
        let ports = wanted(place, Some(node)).await?;
        for port in &ports.create {
            self.create_port(place, node, port).await?;
        }
        for (uuid, words, operations) in &ports.change {
            let told = |text: String| self.voice.progress(text);
            let patch = Value::Array(operations.clone());
            let answer = self.session.client.patch(&format!("ports/{uuid}"), &patch, &told).await;
            let answer = answer.map_err(|failure| {
                failure.while_trying(format!("{}: changing {words}", self.host))
            })?;
            self.session.ports.note(answer).await;
        }
        Ok(ports.kept)
    }

    async fn create_port(&self, place: Place<'_>, node: &Observed, port: &Port) -> Result<()> {
        let told = |text: String| self.voice.progress(text);
        let mut body = json!(port);
        body["node_uuid"] = json!(node.uuid);
        let mut made = self.session.client.post("ports", &body, &told).await;
        for _ in 1..LOST_REQUESTS {
            if !matches!(made, Err(Failure::Lost(_))) {
                break;
            }
            made = self.session.client.post("ports", &body, &told).await;
        }
        match made {
            Ok(answer) => {
                self.session.ports.note(answer).await;
                Ok(())
            }
            // An earlier attempt whose answer was lost has made it, or another node was quicker.
            Err(Failure::Refused(refusal)) if refusal.words.contains("already exists") => {
                match self.port_now(&port.address).await? {
                    Some(found) if found.node_uuid != node.uuid => Err(taken(place, port, &found)),
                    _ => Ok(()),
                }
            }
            Err(failure) => {
                let doing = format!("{}: creating its port {}", self.host, port.address);
                Err(failure.while_trying(doing))
            }
        }
    }

    /// The port with this MAC as it is at this moment.
    async fn port_now(&self, mac: &str) -> Result<Option<Seen>> {
        let told = |text: String| self.voice.progress(text);
        let path = format!("ports?address={mac}&fields={FIELDS}");
        let doing = format!("{}: looking at the port {mac}", self.host);
        let mut answer =
            self.session.client.get(&path, &told).await.map_err(|f| f.while_trying(&doing))?;
        let found: Vec<Seen> = serde_json::from_value(answer["ports"].take()).or_host(|| doing)?;
        Ok(found.into_iter().next())
    }
}
