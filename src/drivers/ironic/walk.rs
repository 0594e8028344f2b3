//! Walks one node to where a step wants it: look, decide, ask, look again. While Ironic is at work nothing is held but
//! the place in the queue for the next shared look.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    Session, blame,
    client::Failure,
    deadline::{self, Clock},
    hold::{Grip, Hold},
    lease::Owner,
    observed::{Observed, Provision},
    order::{Goal, Order, Undo},
    room,
    stuck::{in_maintenance, left_alone, progress, too_slow, unregistered},
    towards::{Move, Tried, Verb},
};
use crate::{
    model::{host::Patience, node::Node},
    run::driver::Voice,
    trouble::{Result, Trouble},
};

/// One step's dealings with one node.
#[derive(Debug)]
pub struct Errand<'a> {
    pub host: &'a str,
    /// `deploying debian-12`; begins the message when it fails.
    pub doing: String,
    pub session: &'a Session,
    pub owner: &'a Owner,
    pub node: &'a Node,
    pub patience: &'a Patience,
    pub voice: &'a Voice,
}

/// How a walk goes on after a request.
#[derive(Default)]
struct Way {
    tried: Tried,
    /// The verb that was refused last, the state in which it was, and Ironic's words: refused again, the host fails.
    refused: Option<(Verb, Provision, String)>,
    /// An order that went with the lease.
    ready: Option<Ready>,
    /// What an order changed on the node before it was refused.
    undo: Option<Undo>,
    grip: Grip,
    clock: Clock,
    /// The state in which the node was seen waiting last.
    was: Option<Provision>,
    /// How many requests got no answer of Ironic's.
    lost: u32,
    /// Since when it waits for others, because Ironic works on as many nodes as it may.
    room: Option<Instant>,
}

/// An order that stands on the node already.
struct Ready {
    order: Order,
    /// What it is for.
    at: (Verb, Provision),
    /// Ymir's corner as it was before.
    before: Map<String, Value>,
}

impl Way {
    /// A state stays the one before as long as the node is in the next one, so that the words for that stay the same.
    fn passed(&mut self, state: Provision) {
        let recording = (self.was, state) == (Some(Provision::InspectWait), Provision::Inspecting);
        if !recording {
            self.was = Some(state);
        }
    }
}

/// When so many requests got lost on the way to Ironic or back, something between is at fault.
pub(super) const LOST_REQUESTS: u32 = 4;

impl Errand<'_> {
    /// Walks the node to the goal and gives its last look.
    pub async fn walk(&self, goal: &Goal<'_>) -> Result<Observed> {
        let mut way = Way { grip: Grip::until(goal.ends), ..Way::default() };
        let ended = self.go(goal, &mut way).await;
        if way.grip.sure && ended.is_err() {
            // The host has failed already; a lease that stays runs out by itself.
            drop(Box::pin(self.release(&way)).await);
        }
        ended
    }

    async fn go(&self, goal: &Goal<'_>, way: &mut Way) -> Result<Observed> {
        let mut moment = self.session.observer.now();
        let mut pause = Duration::ZERO;
        loop {
            let told = |text: String| self.voice.progress(text);
            let seen =
                self.session.observer.after(&self.session.client, moment, pause, &told).await;
            // Without Ironic nobody is there to give the lease back to.
            way.grip.sure &= seen.is_ok();
            let seen = seen?;
            let node = seen.node(self.host).ok_or_else(|| unregistered(self.host, &self.doing))?;
            moment = seen.moment();
            if Box::pin(self.mend(node, way)).await? {
                (moment, pause) = (self.session.observer.now(), Duration::ZERO);
                continue;
            }
            let next = match (goal.next)(node, &way.tried) {
                Move::Done if way.undo.is_some() => Move::Wait,
                next => next,
            };
            // Ironic puts a node into maintenance when a step fails; why it failed says more.
            let told = next == Move::Failed && node.is_in_maintenance_after_cleaning();
            if next != Move::Done && node.maintenance && !told {
                return Err(in_maintenance(self.host, &self.doing, node));
            }
            match next {
                Move::Done => return Ok(node.clone()),
                Move::Failed if !node.reason_is_coming() => {
                    return Err(blame::explain(self.host, &self.doing, self.node, node));
                }
                Move::LeaveAlone(why) => return Err(left_alone(self.host, &self.doing, node, why)),
                Move::Ask(verb) | Move::AskAgain(verb)
                    if node.reservation.is_none() && !self.may_ask(verb) =>
                {
                    self.wait_for_room(way)?;
                    pause = self.patience.poll();
                }
                Move::Ask(_) | Move::AskAgain(_) if node.reservation.is_none() => {
                    Box::pin(self.go_on(goal, node, next, way)).await?;
                    (moment, pause) = (self.session.observer.now(), Duration::ZERO);
                }
                Move::Failed | Move::Wait | Move::Ask(_) | Move::AskAgain(_) => {
                    self.check(&mut way.clock, node)?;
                    self.voice.progress(progress(node, way.was));
                    way.passed(node.provision_state);
                    let step = self.session.client.pace().pause;
                    pause = (pause + step).min(self.patience.poll());
                }
            }
        }
    }

    /// Whether Ironic has room for the request, as far as is known.
    fn may_ask(&self, verb: Verb) -> bool {
        self.session.room.may_ask(verb, self.patience.poll(), Instant::now())
    }

    /// Waits for other nodes; that counts for no deadline of this one's.
    fn wait_for_room(&self, way: &mut Way) -> Result<()> {
        way.clock = Clock::default();
        let since = *way.room.get_or_insert_with(Instant::now);
        self.voice.progress(room::WAITS);
        if since.elapsed() < room::LONGEST {
            return Ok(());
        }
        Err(Trouble::host(format!("{}: {}", self.host, self.doing))
            .because(format!("Ironic has had no room for it for {:?}", room::LONGEST))
            .hint("see what the other nodes do, and `max_concurrent_deploy` and `max_concurrent_clean` of Ironic's configuration"))
    }

    /// Asks, if the node is ours; else the next look shows whether it is.
    async fn go_on(
        &self,
        goal: &Goal<'_>,
        node: &Observed,
        next: Move,
        way: &mut Way,
    ) -> Result<()> {
        let (Move::Ask(verb) | Move::AskAgain(verb)) = next else { return Ok(()) };
        match self.hold(node, &mut way.grip).await? {
            Hold::Ours => {
                self.tell_again(node, next, &mut way.tried);
                self.ask(goal, node, verb, way).await?;
            }
            Hold::Free(left) => {
                let rides = verb == Verb::Active && !left.is_empty();
                let order = if rides { Some(goal.orders.order(node, verb).await?) } else { None };
                let taken = self.claim(node, &left, &mut way.grip, order.as_ref()).await?;
                let (at, before) = ((verb, node.provision_state), node.ymir());
                way.ready = order.filter(|_| taken).map(|order| Ready { order, at, before });
            }
        }
        self.check(&mut way.clock, node)
    }

    /// Sends the verb, with the lease and whatever has to stand on the node before. If Ironic does not take it, the
    /// next look decides.
    async fn ask(&self, goal: &Goal<'_>, node: &Observed, verb: Verb, way: &mut Way) -> Result<()> {
        let here = (verb, node.provision_state);
        if let Some((.., words)) = way.refused.as_ref().filter(|(v, at, _)| (*v, *at) == here) {
            return Err(Trouble::host(format!("{}: {}", self.host, self.doing)).because(words));
        }
        let (Ready { order, before, .. }, prepared) = self.ready(goal, node, here, way).await?;
        let sent = match prepared {
            Ok(()) => self.provision(node, verb, order.with.clone()).await,
            Err(quicker) => Err(quicker),
        };
        match sent {
            Ok(()) => {
                way.tried.asked.push(verb);
                self.session.room.is_there(verb);
                (way.undo, way.clock, way.room) = (None, Clock::default(), None);
            }
            Err(Failure::Refused(refusal)) => {
                way.undo = Undo::of(order, &before).or(way.undo.take());
                if refusal.is_full() {
                    self.session.room.is_lacking(verb, self.patience.poll(), Instant::now());
                    self.wait_for_room(way)?;
                } else if !refusal.is_lock() {
                    // With a lock, somebody holds the node, perhaps an earlier request for the same.
                    way.refused = Some((verb, node.provision_state, refusal.words()));
                }
            }
            Err(Failure::Lost(trouble)) if way.lost + 1 < LOST_REQUESTS => {
                way.lost += 1;
                tracing::debug!(%trouble, "no answer: looking what happened");
            }
            Err(Failure::Lost(trouble) | Failure::Trouble(trouble)) => {
                // Nobody is there to give the lease back to.
                way.grip.sure = false;
                return Err(trouble.while_trying(format!("{}: {}", self.host, self.doing)));
            }
        }
        Ok(())
    }

    /// The order that stands on the node already, or a new one, and whether Ironic took what it wants there.
    async fn ready(
        &self,
        goal: &Goal<'_>,
        node: &Observed,
        at: (Verb, Provision),
        way: &mut Way,
    ) -> Result<(Ready, Result<(), Failure>)> {
        if let Some(ready) = way.ready.take().filter(|ready| ready.at == at) {
            return Ok((ready, Ok(())));
        }
        let order = goal.orders.order(node, at.0).await?;
        let prepared = self.prepare(node, &order, &way.grip).await;
        Ok((Ready { order, at, before: node.ymir() }, prepared))
    }

    async fn provision(
        &self,
        node: &Observed,
        verb: Verb,
        mut body: Map<String, Value>,
    ) -> Result<(), Failure> {
        let told = |text: String| self.voice.progress(text);
        body.insert("target".into(), verb.target().into());
        let path = format!("nodes/{}/states/provision", node.uuid);
        self.session.client.put(&path, &Value::Object(body), &told).await.map(drop)
    }

    /// One patch: the lease if it might run out, and what the order wants.
    async fn prepare(&self, node: &Observed, order: &Order, grip: &Grip) -> Result<(), Failure> {
        let mut patch: Vec<_> = self.renewal(node, grip).into_iter().collect();
        patch.extend(order.operations(node));
        if patch.is_empty() {
            return Ok(());
        }
        self.try_patch(node, patch).await
    }

    /// Puts back what a refused order had changed, once Ironic takes changes again: whether something was changed.
    async fn mend(&self, node: &Observed, way: &mut Way) -> Result<bool> {
        let Some(undo) = way.undo.take_if(|_| node.takes_changes()) else { return Ok(false) };
        let operations = undo.operations(node);
        if operations.is_empty() {
            return Ok(false);
        }
        match self.try_patch(node, operations).await {
            Ok(()) => Ok(true),
            // It has begun to move since we looked.
            Err(Failure::Refused(refusal)) if refusal.status == 409 => {
                way.undo = Some(undo);
                Ok(false)
            }
            Err(failure) => Err(self.unchanged(failure)),
        }
    }

    pub(super) async fn try_patch(
        &self,
        node: &Observed,
        patch: Vec<Value>,
    ) -> Result<(), Failure> {
        self.patch_at(&format!("nodes/{}", node.uuid), patch).await
    }

    async fn patch_at(&self, path: &str, patch: Vec<Value>) -> Result<(), Failure> {
        let told = |text: String| self.voice.progress(text);
        self.session.client.patch(path, &Value::Array(patch), &told).await.map(drop)
    }

    /// Ironic did not take a change.
    pub(super) fn unchanged(&self, failure: Failure) -> Trouble {
        failure.while_trying(format!("{}: {}: changing the node in Ironic", self.host, self.doing))
    }

    /// Sends a JSON patch for the node.
    pub async fn patch(&self, node: &Observed, patch: Vec<Value>) -> Result<()> {
        self.try_patch(node, patch).await.map_err(|failure| self.unchanged(failure))
    }

    /// Sends a JSON patch for the node with a query, `?reset_interfaces=true`.
    pub(super) async fn patch_with(
        &self,
        node: &Observed,
        query: &str,
        patch: Vec<Value>,
    ) -> Result<()> {
        let path = format!("nodes/{}{query}", node.uuid);
        self.patch_at(&path, patch).await.map_err(|failure| self.unchanged(failure))
    }

    async fn release(&self, way: &Way) -> Result<()> {
        let (session, told) = (self.session, |_: String| {});
        let seen = session
            .observer
            .after(&session.client, session.observer.now(), Duration::ZERO, &told)
            .await?;
        let Some(node) = seen.node(self.host).filter(|node| node.reservation.is_none()) else {
            return Ok(());
        };
        let undo = way.undo.as_ref().map(|undo| undo.operations(node));
        self.finish(node, Map::new(), undo.unwrap_or_default()).await
    }

    fn tell_again(&self, node: &Observed, next: Move, tried: &mut Tried) {
        if !matches!(next, Move::AskAgain(_)) {
            return;
        }
        let state = node.provision_state.name();
        if tried.forgive(node) {
            self.voice.warn(format!(
                "Ironic was restarted and failed the node ({state}: {}); taking it on again, once",
                node.error()
            ));
        } else {
            self.voice.warn(format!(
                "the node was left `{state}` ({}); taking it on from there",
                node.error()
            ));
        }
    }

    /// A trouble if the node has been waited for as long as the site allows.
    fn check(&self, clock: &mut Clock, node: &Observed) -> Result<()> {
        let limit = deadline::limit(self.patience, node.provision_state);
        if clock.is_late(limit, Instant::now()) { Err(too_slow(self, node, limit)) } else { Ok(()) }
    }
}
