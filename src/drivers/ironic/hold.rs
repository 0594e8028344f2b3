//! Takes, keeps and gives back the lease on a node. Ironic reads, changes and writes a node's `extra` in two steps and
//! offers no condition on what stands there, so whoever has noted himself looks again before he acts.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    client::Failure,
    lease::{KEY, Lease, Standing, removing},
    observed::{Observed, Provision},
    order::{Order, in_corner},
    stuck::unregistered,
    walk::Errand,
};
use crate::{
    model::host::Patience,
    trouble::{Result, Trouble},
};

/// What we have of a node's lease.
#[derive(Debug, Default)]
pub(super) struct Grip {
    /// A look has shown that it is ours alone.
    pub sure: bool,
    /// The state in which the lease is over by itself.
    pub ends: Option<Provision>,
    claims: u32,
}

impl Grip {
    /// None yet; the lease will be over in this state.
    pub(super) fn until(ends: Option<Provision>) -> Self {
        Self { ends, ..Self::default() }
    }
}

/// What a look shows of a node that somebody wants to act on.
#[derive(Debug)]
pub(super) enum Hold {
    /// It is ours to act on.
    Ours,
    /// It is free for a claim, and these old leases go with it.
    Free(Vec<String>),
}

/// So often a lease is claimed that is not there at the next look.
const CLAIMS: u32 = 5;

impl Errand<'_> {
    /// Whether the node is ours to act on, or may become so.
    pub(super) async fn hold(&self, node: &Observed, grip: &mut Grip) -> Result<Hold> {
        match self.owner.standing(&node.ymir(), node.provision_state, Timestamp::now()) {
            Standing::Ours { rival: Some(rival) } if !grip.sure => {
                // Both noted themselves at once. Whoever sees it gives way: better nobody than both.
                drop(self.give_back(node).await);
                Err(rival.refusal(self.host))
            }
            Standing::Ours { .. } => {
                grip.sure = true;
                Ok(Hold::Ours)
            }
            Standing::Theirs(lease) => {
                grip.sure = false;
                Err(lease.refusal(self.host))
            }
            // Ironic takes no note down while it is at work, and lets nobody in between either: whoever may stop it
            // does so without a lease.
            Standing::Free { .. } if !node.takes_changes() => {
                grip.sure = true;
                Ok(Hold::Ours)
            }
            Standing::Free { left } => Ok(Hold::Free(left)),
        }
    }

    /// Notes our lease down, with what an order wants on the node if one rides along: whether Ironic took it. Another look
    /// must show that it is ours alone.
    ///
    /// An order may ride only where an old lease is taken off: of two who come at once Ironic lets one do that, so that
    /// nobody's order ever lands on a node that another holds.
    pub(super) async fn claim(
        &self,
        node: &Observed,
        left: &[String],
        grip: &mut Grip,
        order: Option<&Order>,
    ) -> Result<bool> {
        grip.claims += 1;
        let lease = self.lease(grip.ends);
        let mut patch: Vec<_> = left.iter().map(|key| removing(key)).collect();
        if node.ymir().get(KEY).is_some_and(Value::is_object) {
            patch.push(self.owner.noting(&lease));
        } else {
            let leases = json!({ self.owner.key(): lease });
            patch.extend(in_corner(node, [(KEY.to_owned(), leases)].into_iter().collect()));
        }
        patch.extend(order.map(|order| order.operations(node)).unwrap_or_default());
        match self.try_patch(node, patch).await {
            Ok(()) if grip.claims < CLAIMS => Ok(true),
            // Somebody was quicker, or Ironic has begun to work: the next look tells.
            Err(Failure::Refused(_)) if grip.claims < CLAIMS => Ok(false),
            Ok(()) => Err(Trouble::host(format!("{}: {}", self.host, self.doing))
                .because("the lease that was noted on the node does not stay there")
                .hint("see who else changes `extra` of this node in Ironic")),
            Err(failure) => Err(self.unchanged(failure)),
        }
    }

    /// Takes the lease before anything is changed outside of a walk; gives the node as it is then.
    pub(super) async fn take(&self, node: &Observed) -> Result<Observed> {
        let mut grip = Grip::default();
        let mut node = node.clone();
        while let Hold::Free(left) = self.hold(&node, &mut grip).await? {
            self.claim(&node, &left, &mut grip, None).await?;
            node = self.look().await?.ok_or_else(|| unregistered(self.host, &self.doing))?;
        }
        Ok(node)
    }

    /// The operation that makes the lease last for another wait, if it might not.
    pub(super) fn renewal(&self, node: &Observed, grip: &Grip) -> Option<Value> {
        let short = self.owner.is_short(&node.ymir(), Timestamp::now(), self.longest_wait());
        (short && node.takes_changes()).then(|| self.owner.noting(&self.lease(grip.ends)))
    }

    /// Our lease as of now.
    pub(super) fn lease(&self, ends: Option<Provision>) -> Lease {
        self.owner.lease(Timestamp::now(), self.longest_wait(), ends)
    }

    /// Ends the lease.
    pub(super) async fn give_back(&self, node: &Observed) -> Result<()> {
        self.finish(node, Map::new(), Vec::new()).await
    }

    /// Ends our lease, together with last changes in Ymir's corner (null takes a key out) and elsewhere. One that is over
    /// and goes with nothing else stays, until the next one takes its place.
    pub async fn finish(
        &self,
        node: &Observed,
        changes: Map<String, Value>,
        patch: Vec<Value>,
    ) -> Result<()> {
        let ending = |node: &Observed| {
            let mut operations = in_corner(node, changes.clone());
            operations.extend(patch.iter().cloned());
            let ours = self.owner.own(&node.ymir());
            let over = ours.as_ref().is_some_and(|lease| lease.is_over(node.provision_state));
            if ours.is_some() && !(over && operations.is_empty()) {
                operations.insert(0, removing(&self.owner.key()));
            }
            operations
        };
        let operations = ending(node);
        if operations.is_empty() {
            return Ok(());
        }
        let Err(failure) = self.try_patch(node, operations.clone()).await else { return Ok(()) };
        // The answer to an earlier attempt may have got lost, and what is gone cannot be removed again.
        let again = match &failure {
            Failure::Refused(refusal) if refusal.status == 400 => self.look().await?,
            _ => None,
        };
        match again.map(|node| (ending(&node), node)) {
            Some((left, _)) if left.is_empty() => Ok(()),
            Some((left, node)) if left != operations => self.patch(&node, left).await,
            _ => Err(self.unchanged(failure)),
        }
    }

    /// The node as it is now, if it is still there.
    async fn look(&self) -> Result<Option<Observed>> {
        let (session, told) = (self.session, |text: String| self.voice.progress(text));
        let (now, none) = (session.observer.now(), Duration::ZERO);
        let seen = session.observer.after(&session.client, now, none, &told).await?;
        Ok(seen.node(self.host).cloned())
    }

    pub(super) fn longest_wait(&self) -> Duration {
        let Patience { manageable, available, inspected, active, .. } = self.patience;
        let longest =
            [manageable, available, inspected, active].into_iter().map(|wait| wait.value).max();
        Duration::from_secs(longest.unwrap_or_default())
    }
}
