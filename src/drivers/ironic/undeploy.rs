//! Takes the instance off a node, forgets its host key, and writes down what was wiped.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    IronicDriver, Place,
    observed::{Observed, Provision},
    order::{Goal, Order, Orders, cleaning_as_said},
    retired::{Record, Records},
    running::REBUILDING,
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried, Verb},
    walk::Errand,
};
use crate::{
    drivers::known_hosts,
    plan::action::ironic::Undeploy,
    run::driver::Finding,
    trouble::{Result, Trouble},
};

const DOING: &str = "taking the instance off";
/// Where a node is brought to.
const ENDS: Option<Provision> = Some(Provision::Available);

/// What undeploying would do.
pub(super) fn find(host: &str, action: &Undeploy, seen: Option<&Observed>) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    let records = Records::of(&action.records, host);
    let mut changes = Vec::new();
    match towards::undeployed(node, &Tried::default()) {
        Move::Done => {
            if let Some(record) = records.open(node)? {
                changes
                    .push(format!("end the record of what was wiped ({})", records.path(&record)));
            }
        }
        _ if node.maintenance => return Err(in_maintenance(host, DOING, node)),
        Move::LeaveAlone(why) => return Err(left_alone(host, DOING, node, why)),
        _ => changes.push(match node.instance("image_source") {
            Some(image) => format!("switch off and take off {image}"),
            None => "switch off and take off what is deployed".into(),
        }),
    }
    if known_hosts::knows(&action.known_hosts, host)? {
        changes.push(format!("forget its SSH host key ({})", action.known_hosts));
    }
    Ok(if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) })
}

impl IronicDriver {
    pub(super) async fn undeploy(&self, place: Place<'_>, action: &Undeploy) -> Result<()> {
        let errand = self.errand(place, DOING);
        let ledger = Ledger::of(&errand, action);
        let ended = ledger.walk().await;
        let node = match ended {
            Ok(node) => node,
            Err(trouble) => {
                ledger.fail(&trouble).await?;
                return Err(trouble);
            }
        };
        known_hosts::forget(&action.known_hosts, place.host)?;
        errand.finish(&node, forgotten(&node), Vec::new()).await
    }
}

/// What goes from Ymir's corner with the instance. Notes of a deployment count no longer without what Ironic was told of
/// it; those of a rebuild say what is to be given back.
fn forgotten(node: &Observed) -> Map<String, Value> {
    let corner = node.ymir();
    let gone = [REBUILDING].into_iter().filter(|key| corner.contains_key(*key));
    gone.map(|key| (key.to_owned(), Value::Null)).collect()
}

/// Keeps the record of the node while it walks.
struct Ledger<'a> {
    errand: &'a Errand<'a>,
    records: Records,
    automated_clean: Option<bool>,
}

impl<'a> Ledger<'a> {
    fn of(errand: &'a Errand<'a>, action: &Undeploy) -> Self {
        let records = Records::of(&action.records, errand.host);
        Self { errand, records, automated_clean: action.node.automated_clean }
    }

    /// Walks the node until nothing runs on it. Ironic shows what it cleans with only while it does, so it is asked then.
    async fn walk(&self) -> Result<Observed> {
        let goal = Goal { ends: ENDS, next: &until_cleaned_with, orders: self };
        let node = self.errand.walk(&goal).await?;
        if node.shows_clean_step() {
            let mut record = self.opened(&node).await?;
            record.cleaned_with(&self.clean_steps(&node).await?);
            self.records.put(&record)?;
        }
        let goal = Goal { ends: ENDS, next: &towards::undeployed, orders: self };
        let node = self.errand.walk(&goal).await?;
        if let Some(mut record) = self.records.open(&node)? {
            record.end(&node, Timestamp::now());
            self.records.put(&record)?;
        }
        Ok(node)
    }

    /// The record that is open, or a new one.
    async fn opened(&self, node: &Observed) -> Result<Record> {
        if let Some(record) = self.records.open(node)? {
            return Ok(record);
        }
        let Errand { host, session, owner, voice, .. } = self.errand;
        // What was never inspected has no inventory to ask for.
        let found = match node.inspection_finished_at {
            Some(_) => session.inventory(node, &|text| voice.progress(text)).await,
            None => Ok(Value::Null),
        };
        let found = found.map_err(|trouble| trouble.while_trying(format!("{host}: {DOING}")))?;
        let by = format!("{}@{}", owner.user, owner.host);
        let mut record = Record::begun(host, by, node, &found, Timestamp::now());
        record.automated_clean = self.automated_clean.or(record.automated_clean);
        Ok(record)
    }

    async fn clean_steps(&self, node: &Observed) -> Result<Value> {
        let Errand { host, session, voice, .. } = self.errand;
        let path = format!("nodes/{}?fields=driver_internal_info", node.uuid);
        let shown = session.client.get(&path, &|text| voice.progress(text)).await;
        let shown = shown.map_err(|failure| {
            failure.while_trying(format!("{host}: {DOING}: looking what Ironic cleans with"))
        })?;
        Ok(shown["driver_internal_info"]["clean_steps"].clone())
    }

    /// Writes down why it failed, if it was begun.
    async fn fail(&self, trouble: &Trouble) -> Result<()> {
        let session = self.errand.session;
        let now = session.observer.now();
        let seen = session.observer.after(&session.client, now, Duration::ZERO, &|_| {}).await;
        // Without Ironic, nobody knows which record is the node's; it stays open.
        let Ok(seen) = seen else { return Ok(()) };
        let Some(node) = seen.node(self.errand.host) else { return Ok(()) };
        let Some(mut record) = self.records.open(node)? else { return Ok(()) };
        record.fail(node, trouble.to_string(), Timestamp::now());
        self.records.put(&record)
    }
}

impl Orders for Ledger<'_> {
    /// Nothing is taken off that is not written down.
    fn order<'a>(&'a self, node: &'a Observed, _: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async move {
            let record = self.opened(node).await?;
            self.records.put(&record)?;
            let patch = cleaning_as_said(self.automated_clean, node);
            Ok(Order { patch, ..Order::default() })
        })
    }
}

/// As far as Ironic shows what it cleans with, or to the end.
fn until_cleaned_with(node: &Observed, tried: &Tried) -> Move {
    match towards::undeployed(node, tried) {
        Move::Wait if node.shows_clean_step() => Move::Done,
        next => next,
    }
}
