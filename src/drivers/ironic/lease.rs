//! Who works on a node: notes in the node's `extra`, so that two runs, at one control host or at two, do not meet there.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    observed::Provision,
    process::{Life, Process, life},
};
use crate::trouble::Trouble;

/// Beyond the longest wait of a step, so that a lease does not run out while its owner only waits.
const MARGIN: Duration = Duration::from_mins(2);

/// Who acts, for the lease and for the messages that others get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub user: String,
    /// The machine's name.
    pub host: String,
    pub environment: String,
    pub process: Process,
}

/// The note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub user: String,
    pub host: String,
    pub environment: String,
    pub since: Timestamp,
    pub until: Timestamp,
    /// It is over as soon as Ironic has brought the node there, and nobody has to take it off: that saves a request for
    /// each step. None for what leaves the node in the state in which it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Provision>,
    #[serde(default)]
    pub process: Process,
}

/// What the leases on a node mean for us.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is ours; perhaps somebody else noted himself as well.
    Ours {
        rival: Option<Lease>,
    },
    Theirs(Lease),
    /// Nobody is at work there. These are left of processes that died, are over or have run out.
    Free {
        left: Vec<String>,
    },
}

/// The leases' place in Ymir's corner of `extra`: one key for each process, so that writing one never overwrites
/// another. It stays when the last lease has ended, for the same reason.
pub const KEY: &str = "leases";

impl Owner {
    /// The name of our lease.
    pub fn key(&self) -> String {
        self.process.name()
    }

    /// A lease for as long as one step may wait, or until the node is where the step brings it.
    pub fn lease(&self, now: Timestamp, wait: Duration, ends: Option<Provision>) -> Lease {
        let until = now.checked_add(wait.saturating_add(MARGIN)).unwrap_or(Timestamp::MAX);
        let whole = |time: Timestamp| time.round(jiff::Unit::Second).unwrap_or(time);
        Lease {
            user: self.user.clone(),
            host: self.host.clone(),
            environment: self.environment.clone(),
            since: whole(now),
            until: whole(until),
            ends,
            process: self.process.clone(),
        }
    }

    /// Whose the node is now, that is in this state.
    pub fn standing(
        &self,
        corner: &Map<String, Value>,
        state: Provision,
        now: Timestamp,
    ) -> Standing {
        self.standing_among(corner, state, now, life)
    }

    fn standing_among(
        &self,
        corner: &Map<String, Value>,
        state: Provision,
        now: Timestamp,
        life: impl Fn(u32) -> Life,
    ) -> Standing {
        let (mut ours, mut rival, mut left) = (false, None, Vec::new());
        for (key, note) in corner.get(KEY).and_then(Value::as_object).into_iter().flatten() {
            match serde_json::from_value::<Lease>(note.clone()) {
                Ok(lease) if lease.is_over(state) => left.push(key.clone()),
                _ if *key == self.key() => ours = true,
                Ok(lease) if lease.until > now && !self.process.survived(&lease.process, &life) => {
                    rival = Some(lease);
                }
                _ => left.push(key.clone()),
            }
        }
        match (ours, rival) {
            (true, rival) => Standing::Ours { rival },
            (false, Some(rival)) => Standing::Theirs(rival),
            (false, None) => Standing::Free { left },
        }
    }

    /// Our lease, if it is there.
    pub fn own(&self, corner: &Map<String, Value>) -> Option<Lease> {
        let note = corner.get(KEY)?.get(self.key())?;
        Lease::deserialize(note).ok()
    }

    /// Whether our lease might run out before a step has waited as long as it may.
    pub fn is_short(&self, corner: &Map<String, Value>, now: Timestamp, wait: Duration) -> bool {
        let needed = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        self.own(corner).is_none_or(|lease| lease.until < needed)
    }

    /// The operation that notes the lease down.
    pub fn noting(&self, lease: &Lease) -> Value {
        json!({ "op": "add", "path": format!("/extra/ymir/{KEY}/{}", self.key()), "value": lease })
    }
}

/// The operation that takes a lease off the node. Ironic knows no `test`, but refuses to remove what is not there: of two
/// who remove what a dead process left, one fails.
pub fn removing(key: &str) -> Value {
    json!({ "op": "remove", "path": format!("/extra/ymir/{KEY}/{key}") })
}

impl Lease {
    /// Whether Ironic has brought the node where its step goes.
    pub fn is_over(&self, state: Provision) -> bool {
        self.ends == Some(state)
    }

    /// What is told to those who have to wait for it.
    pub fn refusal(&self, host: &str) -> Trouble {
        let Self { user, host: machine, environment, since, until, process, .. } = self;
        Trouble::host(format!("{host}: somebody else is at work on this node"))
            .because(format!(
                "{user} on {machine} (process {}) holds it for environment {environment} since {since}",
                process.pid
            ))
            .hint(format!(
                "wait for that run to end, or stop it with Ctrl-C there; if it is dead, the node is free on {machine} at once, and elsewhere from {until}"
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(user: &str, pid: u32) -> Owner {
        let space = "pid:[1]".to_owned();
        let process = Process { pid, started: 5, boot: "b1".into(), space, ..Process::default() };
        Owner { user: user.into(), host: "here".into(), environment: "lab".into(), process }
    }

    fn corner(of: &[&Owner], now: Timestamp) -> Map<String, Value> {
        let lease = |owner: &&Owner| {
            let ends = Some(Provision::Active);
            (owner.key(), json!(owner.lease(now, Duration::from_mins(1), ends)))
        };
        let leases: Map<_, _> = of.iter().map(lease).collect();
        [(KEY.to_owned(), json!(leases))].into_iter().collect()
    }

    #[test]
    fn only_the_living_and_only_others_stop_us() {
        // The same user at the same machine for the same environment, with another state directory.
        let (us, them) = (owner("me", 1), owner("me", 2));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let alive = |_| Life::Since(5);
        let state = Provision::Available;
        let standing = |of: &[&Owner]| us.standing_among(&corner(of, now), state, now, alive);
        let theirs = them.lease(now, Duration::from_mins(1), Some(Provision::Active));
        let none = Standing::Free { left: vec![] };
        assert_eq!(us.standing_among(&Map::new(), state, now, alive), none);
        assert_eq!(standing(&[&us]), Standing::Ours { rival: None });
        assert_eq!(standing(&[&them]), Standing::Theirs(theirs.clone()));
        assert_eq!(standing(&[&us, &them]), Standing::Ours { rival: Some(theirs.clone()) });
        let left = Standing::Free { left: vec![them.key()] };
        let dead = us.standing_among(&corner(&[&them], now), state, now, |_| Life::Gone);
        assert_eq!(dead, left, "its process is gone");
        let later = now + Duration::from_secs(181);
        let of_them = corner(&[&them], now);
        assert_eq!(us.standing_among(&of_them, state, later, alive), left, "it ran out");
        let reached = Provision::Active;
        assert_eq!(us.standing_among(&of_them, reached, now, alive), left, "the node is there");
        let own = us.standing_among(&corner(&[&us], now), reached, now, alive);
        assert_eq!(own, Standing::Free { left: vec![us.key()] }, "so it is with our own");
        insta::assert_snapshot!(theirs.refusal("bm1"), @"bm1: somebody else is at work on this node: me on here (process 2) holds it for environment lab since 2027-01-15T08:00:00Z");
    }

    #[test]
    fn a_lease_is_renewed_before_it_can_run_out() {
        let us = owner("me", 1);
        let (now, wait) = (Timestamp::from_second(1_800_000_000).unwrap(), Duration::from_mins(1));
        let corner = corner(&[&us], now);
        assert!(!us.is_short(&corner, now, wait));
        assert!(us.is_short(&corner, now + Duration::from_mins(3), wait));
        assert!(us.is_short(&Map::new(), now, wait));
    }
}
