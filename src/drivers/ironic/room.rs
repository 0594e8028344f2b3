//! Room for one more node. Ironic works on so many at once (`max_concurrent_deploy`, `max_concurrent_clean`) and refuses
//! the others. Hosts that were refused wait together, and one of them after the other asks whether there is room again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::towards::Verb;

/// What a host that waits for room says.
pub(super) const WAITS: &str =
    "waiting for its turn: Ironic works on as many nodes as it may at once";

/// So long a host waits for room, however long each of those before it takes.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// The requests for which one Ironic has no room, and when the next host may ask again.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<BTreeMap<&'static str, Instant>>);

impl Room {
    fn full(&self) -> MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host may ask: there was room last, or it is this one that finds out for all.
    pub(super) fn may_ask(&self, verb: Verb, pause: Duration, now: Instant) -> bool {
        match self.full().get_mut(verb.target()) {
            None => true,
            Some(until) if now < *until => false,
            Some(until) => {
                *until = now + pause;
                true
            }
        }
    }

    /// Ironic has taken the request.
    pub(super) fn is_there(&self, verb: Verb) {
        self.full().remove(verb.target());
    }

    /// Ironic has refused it.
    pub(super) fn is_lacking(&self, verb: Verb, pause: Duration, now: Instant) {
        self.full().insert(verb.target(), now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_finds_out_for_all() {
        let (room, pause, start) = (Room::default(), Duration::from_secs(10), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(room.may_ask(Verb::Active, pause, at(0)));
        room.is_lacking(Verb::Active, pause, at(0));
        assert!(!room.may_ask(Verb::Active, pause, at(9)));
        assert!(room.may_ask(Verb::Inspect, pause, at(9)), "another kind of work has its own room");
        assert!(room.may_ask(Verb::Active, pause, at(10)), "somebody asks again");
        assert!(!room.may_ask(Verb::Active, pause, at(10)), "and the others wait for the answer");
        room.is_there(Verb::Active);
        assert!(room.may_ask(Verb::Active, pause, at(11)));
    }
}
