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
    /// These nodes.
    #[cfg(test)]
    pub fn of(nodes: impl IntoIterator<Item = Observed>) -> Self {
        let key = |node: &Observed| node.name.clone().unwrap_or_else(|| node.uuid.clone());
        let nodes = nodes.into_iter().map(|node| (key(&node), node)).collect();
        Self { number: 1, nodes }
    }

    /// A look after this one is newer than this one.
    pub fn moment(&self) -> Moment {
        Moment(self.number)
    }

    /// All nodes by name, or by UUID if they have none.
    pub fn nodes(&self) -> impl Iterator<Item = (&String, &Observed)> {
        self.nodes.iter()
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
    /// How many looks have failed.
    failed: AtomicU64,
    last: Mutex<Last>,
    hurry: Notify,
}

#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    snapshot: Arc<Snapshot>,
    /// Why the last failed look failed.
    trouble: Option<Trouble>,
}

impl Observer {
    /// Now: a look that starts after it sees what was done before it.
    pub fn now(&self) -> Moment {
        Moment(self.started.load(Ordering::SeqCst))
    }

    /// What a look after `moment` shows. Whoever comes first makes the look, not earlier than `pause` after the last
    /// one, for all who wait; somebody who does not want to pause cuts the others' pause short. A look that fails has
    /// failed for all who wait then: none of them waits for Ironic all over again.
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
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.snapshot.number > moment.0 {
            return Ok(Arc::clone(&last.snapshot));
        }
        if self.failed.load(Ordering::SeqCst) > failed_before
            && let Some(trouble) = &last.trouble
        {
            return Err(trouble.clone());
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
        let looked = Box::pin(look(client, told)).await;
        last.at = Some(Instant::now());
        match looked {
            Ok(nodes) => last.snapshot = Arc::new(Snapshot { number, nodes }),
            Err(trouble) => {
                last.trouble = Some(trouble.clone());
                self.failed.fetch_add(1, Ordering::SeqCst);
                return Err(trouble);
            }
        }
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
            return Err(client.not_understood(doing, "the answer has no list of nodes"));
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

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use serde_json::json;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{query_param, query_param_is_missing},
    };

    use super::*;
    use crate::{
        drivers::ironic::client::Pace,
        origin::{Origin, Setting, Sourced},
    };

    fn client(server: &MockServer) -> Client {
        let setting =
            Setting { variable: "ymir_ironic_url".into(), origin: Origin::whole("ironic.yml") };
        let pace = Pace { pause: Duration::from_millis(2), limit: Duration::from_millis(100) };
        Client::new(Sourced { value: server.uri(), setting }, None, pace).unwrap()
    }

    #[tokio::test]
    async fn a_look_that_fails_fails_once_for_all_who_wait() {
        let server = MockServer::start().await;
        let away = ResponseTemplate::new(503);
        Mock::given(query_param("limit", "1000")).respond_with(away).mount(&server).await;
        let (client, observer) = (client(&server), Observer::default());
        let quiet = |_: String| {};
        let look = || observer.after(&client, Moment::default(), Duration::ZERO, &quiet);
        let troubles = join_all((0..30).map(|_| look())).await;
        assert!(troubles.iter().all(Result::is_err));
        assert_eq!(observer.now(), Moment(1), "one look for all of them");
        look().await.unwrap_err();
        assert_eq!(observer.now(), Moment(2), "who comes later looks again");
        server.reset().await;
        let back = ResponseTemplate::new(200).set_body_json(json!({ "nodes": [] }));
        Mock::given(query_param("limit", "1000")).respond_with(back).mount(&server).await;
        look().await.unwrap();
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        let server = MockServer::start().await;
        let page = |uuids: &[&str], next: Option<&str>| {
            let node = |uuid| json!({ "uuid": uuid, "provision_state": "active", "extra": null });
            let nodes: Vec<_> = uuids.iter().map(node).collect();
            let next = next.map(|url| ("next", json!(url)));
            let body = [("nodes", json!(nodes))].into_iter().chain(next);
            ResponseTemplate::new(200).set_body_json(body.collect::<BTreeMap<_, _>>())
        };
        let first = Mock::given(query_param_is_missing("marker"));
        first
            .respond_with(page(&["1", "2"], Some("http://elsewhere/v1/nodes?marker=2")))
            .mount(&server)
            .await;
        let second = Mock::given(query_param("marker", "2"));
        second.respond_with(page(&["3"], None)).mount(&server).await;
        let seen = Observer::default()
            .after(&client(&server), Moment::default(), Duration::ZERO, &|_| {})
            .await
            .unwrap();
        assert_eq!(seen.nodes.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
    }
}
