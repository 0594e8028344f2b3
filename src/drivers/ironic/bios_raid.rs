//! Sets a free node's BIOS and makes its RAID volumes, by steps of Ironic's cleaning, and takes it back to where it was.

use serde_json::{Map, Value};

use super::{
    IronicDriver, Place, Session,
    bios::{self, Setting},
    bios_steps::{NOTE, Steps, automated_clean, is_ours, was_available},
    client::Told,
    observed::{Observed, Provision},
    observer::Snapshot,
    order::Goal,
    raid,
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried, Wish},
    walk::Errand,
};
use crate::{
    plan::action::ironic::BiosRaid,
    run::driver::{Finding, Voice},
    trouble::{Result, Trouble},
};

const DOING: &str = "configuring BIOS and RAID";

/// What differs from what the site says.
#[derive(Debug, Default)]
pub(super) struct Todo {
    pub bios: Vec<Setting>,
    /// What happens to volumes, one line each.
    pub raid: Vec<String>,
}

impl Todo {
    async fn of(
        session: &Session,
        action: &BiosRaid,
        node: &Observed,
        told: Told<'_>,
    ) -> Result<Self> {
        let bios = match &action.bios {
            None => Vec::new(),
            Some(wanted) => bios::differing(&wanted.value, &session.bios(node, told).await?),
        };
        Ok(Self { bios, raid: volumes(action, node) })
    }

    fn is_empty(&self) -> bool {
        self.bios.is_empty() && self.raid.is_empty()
    }

    fn lines(&self) -> Vec<String> {
        self.bios.iter().map(Setting::described).chain(self.raid.iter().cloned()).collect()
    }
}

impl Session {
    /// Ironic's answer about the settings of a node's BIOS.
    async fn bios(&self, node: &Observed, told: Told<'_>) -> Result<Value> {
        let found = self.client.get(&format!("nodes/{}/bios", node.uuid), told).await;
        found.map_err(|failure| failure.while_trying("reading the settings of the BIOS"))
    }
}

/// What would happen to volumes, one line each.
pub(super) fn volumes(action: &BiosRaid, node: &Observed) -> Vec<String> {
    action.raid.as_ref().map_or_else(Vec::new, |wanted| raid::changes(&wanted.value, node))
}

/// What would happen to the volumes of a host, as far as Ironic lets them be touched; for the question before.
pub fn wiped(host: &str, action: &BiosRaid, seen: &Snapshot) -> Vec<String> {
    let node = seen.node(host).filter(|node| !is_in_use(node));
    node.map_or_else(Vec::new, |node| volumes(action, node))
}

/// Somebody's instance is on it, or about to be.
fn is_in_use(node: &Observed) -> bool {
    use Provision as P;
    matches!(
        node.provision_state,
        P::Active | P::Deploying | P::DeployWait | P::DeployHold | P::DeployFailed
    )
}

/// What configuring would do.
pub(super) async fn find(
    host: &str,
    action: &BiosRaid,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    let todo = Todo::of(session, action, node, &|text| voice.progress(text)).await;
    let todo = todo.map_err(|trouble| trouble.while_trying(format!("{host}: {DOING}")))?;
    let mut changes = todo.lines();
    if is_in_use(node) {
        let state = node.provision_state.name();
        return Ok(match &changes[..] {
            [] => Finding::Satisfied,
            all => Finding::Kept(format!("the node is `{state}`, so it stays: {}", all.join("; "))),
        });
    }
    if changes.is_empty() && node.ymir().contains_key(NOTE) {
        changes.push(
            "take the node back to where it was before its BIOS and RAID were configured".into(),
        );
    }
    if changes.is_empty() {
        return Ok(Finding::Satisfied);
    }
    if node.maintenance && !is_ours(node) {
        return Err(in_maintenance(host, DOING, node));
    }
    let wish = Wish {
        change: !todo.is_empty(),
        back: was_available(node),
        ours: is_ours(node),
        joined: false,
    };
    match towards::set_up(node, &Tried::default(), wish) {
        Move::LeaveAlone(why) => Err(left_alone(host, DOING, node, why)),
        _ => Ok(Finding::Differs(changes)),
    }
}

impl IronicDriver {
    pub(super) async fn configure_bios_raid(
        &self,
        place: Place<'_>,
        action: &BiosRaid,
    ) -> Result<()> {
        let errand = self.errand(place, DOING);
        let node = self.look(place.session, place.host, place.voice).await?;
        let node = node.ok_or_else(|| unregistered(place.host, DOING))?;
        let node = free(&errand, node).await?;
        let todo = todo(&errand, action, &node).await?;
        agreed(&errand, action, &todo)?;
        let back = was_available(&node);
        // An answer may get lost: what Ironic reports of the volumes tells whether they were made all the same.
        let next = |node: &Observed, tried: &Tried| {
            let change = !todo.bios.is_empty() || !volumes(action, node).is_empty();
            towards::set_up(node, tried, Wish { change, back, ours: is_ours(node), joined: false })
        };
        let steps = Steps { errand: &errand, action, todo: &todo };
        let node = errand.walk(&Goal { ends: None, next: &next, orders: &steps }).await?;
        let mut corner: Map<String, Value> = [(NOTE.to_owned(), Value::Null)].into_iter().collect();
        if let Some(wanted) = action.raid.as_ref().filter(|_| !todo.raid.is_empty()) {
            corner.insert(raid::NOTE.into(), raid::note(&wanted.value, &node));
        }
        errand.finish(&node, corner, automated_clean(&node)).await?;
        verify(&errand, action, &node).await
    }
}

/// Joins a cleaning that is under way, and takes a node out of the maintenance that Ironic put it into when a step of
/// ours failed.
async fn free(errand: &Errand<'_>, node: Observed) -> Result<Observed> {
    use Provision as P;
    if matches!(node.provision_state, P::Cleaning | P::CleanWait) && is_ours(&node) {
        let next = |node: &Observed, tried: &Tried| {
            let wish = Wish { change: false, back: false, ours: is_ours(node), joined: true };
            towards::set_up(node, tried, wish)
        };
        return errand.walk(&Goal { ends: None, next: &next, orders: &super::order::Bare }).await;
    }
    if node.provision_state != P::CleanFailed
        || !is_ours(&node)
        || !node.is_in_maintenance_after_cleaning()
    {
        return Ok(node);
    }
    let node = errand.take(&node).await?;
    let path = format!("nodes/{}/maintenance", node.uuid);
    let told = |text: String| errand.voice.progress(text);
    let ended = errand.session.client.delete(&path, &told).await;
    ended.map_err(|failure| errand.unchanged(failure))?;
    Ok(node)
}

async fn todo(errand: &Errand<'_>, action: &BiosRaid, node: &Observed) -> Result<Todo> {
    let told = |text: String| errand.voice.progress(text);
    let todo = Todo::of(errand.session, action, node, &told).await;
    todo.map_err(|trouble| trouble.while_trying(format!("{}: {DOING}", errand.host)))
}

/// Volumes are made anew only if somebody has agreed to that.
fn agreed(errand: &Errand<'_>, action: &BiosRaid, todo: &Todo) -> Result<()> {
    if action.may_wipe || todo.raid.is_empty() {
        return Ok(());
    }
    Err(Trouble::refused(format!("{}: {DOING}", errand.host))
        .because("its RAID volumes differ by now, and nobody has agreed that they are made anew")
        .because(todo.raid.join("; "))
        .hint("run the command again: it asks"))
}

/// A setting that Ironic took and does not report is one that the BIOS spells otherwise.
async fn verify(errand: &Errand<'_>, action: &BiosRaid, node: &Observed) -> Result<()> {
    let left = todo(errand, action, node).await?.bios;
    let (Some(wanted), false) = (&action.bios, left.is_empty()) else { return Ok(()) };
    let lines: Vec<_> = left.iter().map(Setting::described).collect();
    Err(Trouble::host(format!("{}: {DOING}", errand.host))
        .because(format!("Ironic says that it is done, and still reports: {}", lines.join("; ")))
        .set_by(&wanted.setting)
        .hint(format!(
            "write names and values as the BIOS spells them: `openstack baremetal node bios setting list {}`",
            errand.host
        )))
}
