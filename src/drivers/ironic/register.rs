//! A node for a host: created if there is none, changed where it differs, and taken to where Ironic can talk to its
//! BMC.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    IronicDriver, Place,
    answer::Refusal,
    client::Failure,
    lease::KEY,
    observed::{Observed, Provision},
    order::{Bare, Goal},
    towards,
    walk::{Errand, LOST_REQUESTS},
};
use crate::{
    model::node::Node,
    plan::action::ironic::Register,
    run::driver::Finding,
    secret::Secrets,
    trouble::{Result, Trouble},
};

const DOING: &str = "registering the node";

/// Whether the port that the site names has to be created.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// It is there, or the site names none: inspection will find the ports.
    Settled,
    Missing(String),
}

/// A difference between what the site says and what Ironic has, with the operation that ends it.
#[derive(Debug, PartialEq)]
struct Change {
    told: String,
    operation: Value,
}

/// What registering would change.
pub(super) fn find(action: &Register, seen: Option<&Observed>, port: &Port) -> Finding {
    let Some(observed) = seen else {
        return Finding::Differs(vec![format!(
            "create a node with driver {}",
            action.node.driver.value
        )]);
    };
    let mut changes: Vec<_> =
        differences(&action.node, observed).into_iter().map(|change| change.told).collect();
    if let Port::Missing(mac) = port {
        changes.push(format!("create a port with MAC {mac}"));
    }
    if matches!(observed.provision_state, Provision::Enroll | Provision::Verifying) {
        changes.push("let Ironic verify the BMC".into());
    }
    if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) }
}

impl IronicDriver {
    pub(super) async fn register(&self, place: Place<'_>, action: &Register) -> Result<()> {
        let errand = self.errand(place, DOING);
        let seen = self.look(place.session, place.host, place.voice).await?;
        match &seen {
            None => self.create(&errand, &action.node).await?,
            Some(observed) => self.update(&errand, &action.node, observed).await?,
        }
        let seen = self.look(place.session, place.host, place.voice).await?;
        let port = self.port(place, seen.as_ref()).await?;
        if let (Port::Missing(mac), Some(observed)) = (port, &seen) {
            create_port(&errand, observed, &mac).await?;
        }
        let node = errand.walk(&Goal { next: &towards::manageable, orders: &Bare }).await?;
        errand.finish(&node, Map::new(), Vec::new()).await
    }

    async fn create(&self, errand: &Errand<'_>, node: &Node) -> Result<()> {
        let lease = errand.owner.lease(Timestamp::now(), errand.longest_wait());
        let mut body = json!({
            "name": errand.host,
            "driver": node.driver.value,
            "driver_info": with_secrets(node, self.secrets.as_ref())?,
            "properties": node.properties,
            "automated_clean": node.automated_clean,
            "extra": { "ymir": { KEY: { errand.owner.key(): lease } } },
        });
        if let Some(class) = &node.resource_class {
            body["resource_class"] = json!(class);
        }
        for (kind, name) in &node.interfaces {
            body[format!("{kind}_interface")] = json!(name);
        }
        let told = |text: String| errand.voice.progress(text);
        let mut lost = 0;
        loop {
            let made = errand.session.client.post("nodes", &body, &told).await;
            let Err(failure) = made else { return Ok(()) };
            lost += 1;
            match failure {
                Failure::Lost(_) if lost < LOST_REQUESTS => {}
                Failure::Refused(refusal) => return Err(not_created(errand, node, &refusal)),
                failure => return Err(failure.while_trying(format!("{}: {DOING}", errand.host))),
            }
            // No answer came, and yet the node may be there.
            if self.look(errand.session, errand.host, errand.voice).await?.is_some() {
                return Ok(());
            }
        }
    }

    async fn update(&self, errand: &Errand<'_>, node: &Node, observed: &Observed) -> Result<()> {
        let mut changes = differences(node, observed);
        // Ironic never shows a password, so a changed one cannot be seen: it is sent whenever the BMC's settings
        // change, and whenever Ironic has not been able to talk to the BMC.
        let info_differs = changes.iter().any(|change| change.told.starts_with("driver_info"));
        if info_differs || observed.provision_state == Provision::Enroll {
            for (key, reference) in &node.secrets {
                let secret = self.secrets.find(reference)?;
                let operation = add(&["driver_info", key], &json!(secret.reveal()));
                changes.push(Change { told: key.clone(), operation });
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        if !observed.takes_changes() {
            return Err(busy(errand.host, observed));
        }
        let held = errand.take(observed).await?;
        let operations = changes.into_iter().map(|change| change.operation).collect();
        let ended = errand.patch(&held, operations).await;
        if ended.is_err() {
            // The host has failed already; a lease that stays runs out by itself.
            drop(errand.give_back(&held).await);
        }
        ended
    }

    /// Whether the port that the site names is there; a port of another node with this MAC is a trouble.
    pub(super) async fn port(&self, place: Place<'_>, seen: Option<&Observed>) -> Result<Port> {
        let Place { host, session, node, voice, .. } = place;
        let (Some(mac), Some(observed)) = (&node.mac, seen) else { return Ok(Port::Settled) };
        let told = |text: String| voice.progress(text);
        let path = format!("ports?address={}&fields=address,node_uuid", mac.value);
        let answer = session.client.get(&path, &told).await;
        let answer = answer
            .map_err(|failure| failure.while_trying(format!("{host}: looking at its port")))?;
        match answer["ports"][0]["node_uuid"].as_str() {
            None => Ok(Port::Missing(mac.value.clone())),
            Some(owner) if owner == observed.uuid => Ok(Port::Settled),
            Some(owner) => Err(Trouble::host(format!("{host}: {DOING}"))
                .because(format!("MAC {} belongs to another node in Ironic: {owner}", mac.value))
                .set_by(&mac.setting)
                .hint("correct the MAC, or delete the port at the other node")),
        }
    }
}

fn not_created(errand: &Errand<'_>, node: &Node, refusal: &Refusal) -> Trouble {
    let trouble = refusal.while_trying(format!("{}: {DOING}", errand.host));
    trouble
        .set_by(&node.driver.setting)
        .set_by(&node.info_setting)
        .hint("compare the driver and its settings with what this Ironic has enabled")
}

fn busy(host: &str, observed: &Observed) -> Trouble {
    let state = observed.provision_state.name();
    Trouble::host(format!("{host}: {DOING}"))
        .because(format!("the node is `{state}`, and Ironic takes no changes to it meanwhile"))
        .hint("run the command again when Ironic is done with it")
}

async fn create_port(errand: &Errand<'_>, observed: &Observed, mac: &str) -> Result<()> {
    let told = |text: String| errand.voice.progress(text);
    let body = json!({ "address": mac, "node_uuid": observed.uuid });
    let mut lost = 0;
    loop {
        lost += 1;
        return match errand.session.client.post("ports", &body, &told).await {
            Ok(_) => Ok(()),
            // An earlier attempt whose answer was lost has made it.
            Err(Failure::Refused(refusal)) if refusal.words.contains("already exists") => Ok(()),
            Err(Failure::Lost(_)) if lost < LOST_REQUESTS => continue,
            Err(failure) => {
                Err(failure.while_trying(format!("{}: creating its port {mac}", errand.host)))
            }
        };
    }
}

fn with_secrets(node: &Node, secrets: &dyn Secrets) -> Result<Map<String, Value>> {
    let mut info: Map<_, _> = node.driver_info.clone().into_iter().collect();
    for (key, reference) in &node.secrets {
        info.insert(key.clone(), json!(secrets.find(reference)?.reveal()));
    }
    Ok(info)
}

/// What the site says and Ironic has otherwise. What only Ironic has stays: inspection and rules put it there.
fn differences(node: &Node, observed: &Observed) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut compare = |path: &[&str], wanted: &Value, found: Option<&Value>| {
        if !same(wanted, found) {
            let found = found.map_or_else(|| "nothing".into(), shown);
            let told = format!("{}: {found} → {}", path.join("."), shown(wanted));
            changes.push(Change { told, operation: add(path, wanted) });
        }
    };
    compare(&["driver"], &json!(node.driver.value), Some(&json!(observed.driver)));
    for (key, wanted) in &node.driver_info {
        compare(&["driver_info", key], wanted, observed.driver_info.get(key));
    }
    for (key, wanted) in &node.properties {
        let found = observed.properties.get(key);
        match key.as_str() {
            "capabilities" => compare(&["properties", key], &capabilities(wanted, found), found),
            _ => compare(&["properties", key], wanted, found),
        }
    }
    if let Some(class) = &node.resource_class {
        compare(
            &["resource_class"],
            &json!(class),
            observed.resource_class.as_ref().map(|c| json!(c)).as_ref(),
        );
    }
    for (kind, name) in &node.interfaces {
        let field = format!("{kind}_interface");
        compare(&[&field], &json!(name), observed.interfaces.get(&field));
    }
    let clean = observed.automated_clean.map(Value::Bool);
    compare(&["automated_clean"], &json!(node.automated_clean), clean.as_ref());
    changes
}

/// The wanted `key:value` pairs put into those that inspection found.
fn capabilities(wanted: &Value, found: Option<&Value>) -> Value {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
        pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
    };
    let mut merged = pairs(found.and_then(Value::as_str).unwrap_or_default());
    for (key, value) in pairs(wanted.as_str().unwrap_or_default()) {
        match merged.iter_mut().find(|(known, _)| *known == key) {
            Some(pair) => pair.1 = value,
            None => merged.push((key, value)),
        }
    }
    let merged: Vec<_> = merged.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Value::String(merged.join(","))
}

/// Whether two values mean the same: a number and its text do.
fn same(wanted: &Value, found: Option<&Value>) -> bool {
    found.is_some_and(|found| {
        found == wanted || (!found.is_object() && shown(found) == shown(wanted))
    })
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A JSON patch operation that sets the value at the path.
pub(super) fn add(path: &[&str], value: &Value) -> Value {
    let escaped = path.iter().map(|key| key.replace('~', "~0").replace('/', "~1"));
    let path = escaped.fold(String::new(), |path, key| format!("{path}/{key}"));
    json!({ "op": "add", "path": path, "value": value })
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
