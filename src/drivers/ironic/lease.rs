//! Who works on a node: a note in the node's `extra`, so that two operators at two control hosts do not meet there.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::trouble::{Result, Trouble};

/// Beyond the longest wait of a step, so that a lease does not run out while its owner only waits.
const MARGIN: Duration = Duration::from_mins(2);

/// Who acts, for the lease and for the messages that others get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `user@host`
    pub name: String,
    pub environment: String,
    /// The run, as others may look it up: its number, or the process.
    pub run: String,
}

/// The note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub owner: String,
    pub environment: String,
    pub run: String,
    pub until: Timestamp,
}

/// The lease's place in Ymir's corner of `extra`.
pub const KEY: &str = "lease";

impl Owner {
    /// A lease for as long as one step may wait.
    pub fn lease(&self, now: Timestamp, wait: Duration) -> Lease {
        let until = now.checked_add(wait.saturating_add(MARGIN)).unwrap_or(Timestamp::MAX);
        let until = until.round(jiff::Unit::Second).unwrap_or(until);
        Lease {
            owner: self.name.clone(),
            environment: self.environment.clone(),
            run: self.run.clone(),
            until,
        }
    }

    /// Refuses to go on where somebody else's lease has not run out.
    pub fn check(&self, host: &str, corner: &Map<String, Value>, now: Timestamp) -> Result<()> {
        let lease =
            corner.get(KEY).and_then(|value| serde_json::from_value::<Lease>(value.clone()).ok());
        let Some(lease) = lease.filter(|lease| lease.until > now) else { return Ok(()) };
        if lease.owner == self.name && lease.environment == self.environment {
            return Ok(());
        }
        let Lease { owner, environment, run, until } = lease;
        Err(Trouble::host(format!("{host}: somebody else is at work on this node"))
            .because(format!(
                "{owner} holds it in environment {environment} (run {run}) until {until}"
            ))
            .hint(format!("ask {owner}; if that run is dead, wait until {until}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_elses_valid_lease_stops_us() {
        let owner =
            |name: &str| Owner { name: name.into(), environment: "lab".into(), run: "7".into() };
        let (us, them) = (owner("me@here"), owner("them@there"));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let corner = |owner: &Owner| {
            let lease = owner.lease(now, Duration::from_mins(1));
            [(KEY.to_owned(), serde_json::to_value(lease).unwrap())]
                .into_iter()
                .collect::<Map<_, _>>()
        };
        assert!(us.check("bm1", &Map::new(), now).is_ok());
        assert!(us.check("bm1", &corner(&us), now).is_ok());
        let later = now + Duration::from_secs(181);
        assert!(us.check("bm1", &corner(&them), later).is_ok());
        let trouble = us.check("bm1", &corner(&them), now).unwrap_err();
        insta::assert_snapshot!(trouble, @"bm1: somebody else is at work on this node: them@there holds it in environment lab (run 7) until 2027-01-15T08:03:00Z");
    }
}
