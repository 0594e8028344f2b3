//! What goes with the requests that set a node's BIOS and make its RAID volumes, and the note of where it came from.

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{
    bios::Setting,
    bios_raid::{Todo, volumes},
    differences::add,
    observed::{Observed, Provision},
    order::{Order, Orders},
    raid,
    towards::Verb,
    walk::Errand,
};
use crate::{plan::action::ironic::BiosRaid, trouble::Result};

/// Key in Ymir's corner of `extra` as long as the node is on its way: `available` if it goes back there, and its
/// `automated_clean`, which is off meanwhile so that nothing is cleaned that nobody asked for.
pub(super) const NOTE: &str = "bios_raid";
const AVAILABLE: &str = "available";
const AUTOMATED_CLEAN: &str = "automated_clean";

/// BIOS interfaces whose steps go through the BMC alone, so that no ramdisk need be booted for them.
const WITHOUT_RAMDISK: [&str; 2] = ["redfish", "idrac-redfish"];

/// Since this version of its API, Ironic cleans without its ramdisk where it is told so.
const DISABLES_RAMDISK: (u32, u32) = (1, 70);

/// Whether the cleaning that the node is in, or that has failed, is one of ours.
pub(super) fn is_ours(node: &Observed) -> bool {
    let by_hand = node.target_provision_state.as_deref() == Some("manageable");
    by_hand && node.ymir().contains_key(NOTE)
}

/// Whether the node is to be available in the end.
pub(super) fn was_available(node: &Observed) -> bool {
    let noted = node.ymir().get(NOTE).is_some_and(|note| note[AVAILABLE] == true);
    noted || node.provision_state == Provision::Available
}

/// The operation that gives the node its `automated_clean` back.
pub(super) fn automated_clean(node: &Observed) -> Vec<Value> {
    let corner = node.ymir();
    let Some(before) = corner.get(NOTE).and_then(|note| note.get(AUTOMATED_CLEAN)) else {
        return Vec::new();
    };
    let differs = *before != json!(node.automated_clean);
    differs.then(|| add(&[AUTOMATED_CLEAN], before)).into_iter().collect()
}

/// Makes the requests.
pub(super) struct Steps<'a> {
    pub errand: &'a Errand<'a>,
    pub action: &'a BiosRaid,
    pub todo: &'a Todo,
}

impl Orders for Steps<'_> {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async move {
            match verb {
                Verb::Manage if node.provision_state == Provision::Available => {
                    let note = json!({ AVAILABLE: true, AUTOMATED_CLEAN: node.automated_clean });
                    Ok(Order { corner: noted(note), ..Order::default() })
                }
                Verb::Clean => self.clean(node).await,
                Verb::Provide => Ok(without_cleaning(node)),
                _ => Ok(Order::default()),
            }
        })
    }
}

impl Steps<'_> {
    async fn clean(&self, node: &Observed) -> Result<Order> {
        let mut steps = Vec::new();
        if !self.todo.bios.is_empty() {
            let settings: Vec<_> = self.todo.bios.iter().map(Setting::argument).collect();
            steps.push(json!({
                "interface": "bios", "step": "apply_configuration", "args": { "settings": settings },
            }));
        }
        let makes_volumes = !volumes(self.action, node).is_empty();
        if makes_volumes {
            self.aim(node).await?;
            let step = |step: &str| json!({ "interface": "raid", "step": step });
            steps.extend(["delete_configuration", "create_configuration"].map(step));
        }
        let mut with = Map::from_iter([("clean_steps".to_owned(), json!(steps))]);
        let may_do_without = self.errand.session.client.speaks(DISABLES_RAMDISK);
        if !makes_volumes && needs_no_ramdisk(node) && may_do_without {
            with.insert("disable_ramdisk".into(), json!(true));
        }
        let note = node.ymir().get(NOTE).cloned().unwrap_or_else(|| json!({}));
        Ok(Order { corner: noted(note), with, ..Order::default() })
    }

    /// Tells Ironic which volumes there are to be; that alone changes nothing.
    async fn aim(&self, node: &Observed) -> Result<()> {
        let Errand { host, session, voice, .. } = self.errand;
        let Some(wanted) = &self.action.raid else { return Ok(()) };
        let told = |text: String| voice.progress(text);
        let path = format!("nodes/{}/states/raid", node.uuid);
        let sent = session.client.replace(&path, &raid::target(&wanted.value), &told).await;
        sent.map(drop).map_err(|failure| {
            failure
                .while_trying(format!("{host}: telling Ironic which RAID volumes are wanted"))
                .set_by(&wanted.setting)
        })
    }
}

fn noted(note: Value) -> Map<String, Value> {
    Map::from_iter([(NOTE.to_owned(), note)])
}

fn needs_no_ramdisk(node: &Observed) -> bool {
    let interface = node.interfaces.get("bios_interface").and_then(Value::as_str);
    interface.is_some_and(|interface| WITHOUT_RAMDISK.contains(&interface))
}

/// On the way to be available Ironic would clean the node, if it may.
fn without_cleaning(node: &Observed) -> Order {
    if node.automated_clean == Some(false) {
        return Order::default();
    }
    let set = |value: &Value| add(&[AUTOMATED_CLEAN], value);
    let restore = vec![set(&json!(node.automated_clean))];
    Order { patch: vec![set(&json!(false))], restore, ..Order::default() }
}
