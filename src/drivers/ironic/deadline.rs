//! How long a node is waited for. Each setting limits what it is about; a node that goes back and forth between two of
//! them does not get its time anew.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::observed::Provision;
use crate::{model::host::Patience, origin::Sourced};

/// The time that was spent waiting, by the setting that limits it.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    spent: BTreeMap<String, Duration>,
    /// What is waited for now, and since when.
    running: Option<(String, Instant)>,
}

impl Clock {
    /// Waits on for what this setting limits, and says whether that has taken too long by now.
    pub(super) fn is_late(&mut self, limit: &Sourced<u64>, now: Instant) -> bool {
        let kind = &limit.setting.variable;
        if let Some((before, since)) = self.running.take() {
            *self.spent.entry(before).or_default() += now.saturating_duration_since(since);
        }
        self.running = Some((kind.clone(), now));
        let spent = self.spent.get(kind).copied().unwrap_or_default();
        spent >= Duration::from_secs(limit.value)
    }
}

/// The setting that says how long a node may be in a state.
pub(super) fn limit(patience: &Patience, state: Provision) -> &Sourced<u64> {
    use Provision as P;
    match state {
        P::Verifying => &patience.manageable,
        P::Inspecting | P::InspectWait => &patience.inspected,
        P::Deploying | P::DeployWait | P::DeployHold | P::Deleting | P::Cleaning | P::CleanWait => {
            &patience.active
        }
        _ => &patience.available,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, Setting};

    #[test]
    fn a_node_that_goes_back_and_forth_is_late_all_the_same() {
        let limit = |variable: &str| Sourced {
            value: 30,
            setting: Setting { variable: variable.into(), origin: Origin::whole("site.yml") },
        };
        let limits = [limit("wait_active_timeout"), limit("wait_manageable_timeout")];
        let (mut clock, begin) = (Clock::default(), Instant::now());
        let late = (0..100_u64).find(|at| {
            let limit = &limits[usize::from(at % 2 == 1)];
            clock.is_late(limit, begin + Duration::from_secs(5 * at))
        });
        assert_eq!(late, Some(12), "after half a minute of each");
    }
}
