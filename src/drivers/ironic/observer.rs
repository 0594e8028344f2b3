//! One look at all nodes, shared by everything that waits: however many steps wait, Ironic gets one request.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};

use super::{
    client::{Client, Failure, Told},
    observed::{FIELDS, Observed},
};
use crate::trouble::{Result, Tell, Trouble};

/// How many nodes one request asks for; Ironic's default limit.
const PAGE: usize = 1000;

/// All nodes with a name, as they were at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Which look it was; later looks have higher numbers.
    number: u64,
    nodes: BTreeMap<String, Observed>,
}

impl Snapshot {
    /// A look after this one is newer than this one.
    pub fn moment(&self) -> Moment {
        Moment(self.number)
    }

    /// The node of this name or UUID.
    pub fn node(&self, name: &str) -> Option<&Observed> {
        self.nodes.get(name).or_else(|| self.nodes.values().find(|node| node.uuid == name))
    }
}

/// A point in time: what was looked at after it shows everything that was done before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The shared look.
#[derive(Debug, Default)]
pub struct Observer {
    started: AtomicU64,
    last: Mutex<Last>,
    hurry: Notify,
}

#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    snapshot: Arc<Snapshot>,
}

impl Observer {
    /// Now: a look that starts after it sees what was done before it.
    pub fn now(&self) -> Moment {
        Moment(self.started.load(Ordering::SeqCst))
    }

    /// What a look after `moment` shows. Whoever comes first makes the look, not earlier than `pause` after the last
    /// one, for all who wait; somebody who does not want to pause cuts the others' pause short.
    pub async fn after(
        &self,
        client: &Client,
        moment: Moment,
        pause: Duration,
        told: Told<'_>,
    ) -> Result<Arc<Snapshot>> {
        if pause.is_zero() {
            self.hurry.notify_waiters();
        }
        let mut last = self.last.lock().await;
        if last.snapshot.number > moment.0 {
            return Ok(Arc::clone(&last.snapshot));
        }
        // Those who ask at the same time would otherwise look one after another.
        let least = client.pace().pause / 2;
        if let Some(at) = last.at {
            let slept = tokio::time::timeout_at(at + pause.max(least), self.hurry.notified()).await;
            if slept.is_ok() {
                tokio::time::sleep_until(at + least).await;
            }
        }
        let number = self.started.fetch_add(1, Ordering::SeqCst) + 1;
        let nodes = look(client, told).await?;
        *last = Last { at: Some(Instant::now()), snapshot: Arc::new(Snapshot { number, nodes }) };
        Ok(Arc::clone(&last.snapshot))
    }
}

async fn look(client: &Client, told: Told<'_>) -> Result<BTreeMap<String, Observed>> {
    let doing = "asking Ironic about all nodes";
    let mut nodes = BTreeMap::new();
    let mut marker = String::new();
    loop {
        let path = format!("nodes?fields={FIELDS}&limit={PAGE}{marker}");
        let page = client.get(&path, told).await.map_err(|failure| match failure {
            Failure::Refused(_) => failure.while_trying(doing),
            Failure::Lost(trouble) | Failure::Trouble(trouble) => trouble,
        })?;
        let Value::Array(list) = page.get("nodes").cloned().unwrap_or_default() else {
            return Err(Trouble::host(doing).because("the answer has no list of nodes"));
        };
        let found: Vec<Observed> =
            serde_json::from_value(Value::Array(list)).or_host(|| doing.into())?;
        let last = found.last().map(|node| node.uuid.clone());
        nodes.extend(
            found.into_iter().map(|node| (node.name.clone().unwrap_or(node.uuid.clone()), node)),
        );
        match last.filter(|_| page.get("next").is_some()) {
            Some(last) => marker = format!("&marker={last}"),
            None => return Ok(nodes),
        }
    }
}
