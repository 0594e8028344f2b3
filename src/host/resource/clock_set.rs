//! A clock that is right, now.

use std::time::Duration;

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call};

/// Between two tries of `chronyc waitsync`.
const INTERVAL: Duration = Duration::from_secs(10);

/// The clock is set by chrony's sources, and differs from them by no more than this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockSet {
    pub tries: u32,
    /// In seconds.
    pub correction: String,
}

impl Thing for ClockSet {
    /// Whether it is right.
    type Seen = bool;

    fn key(&self) -> String {
        "clock".into()
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        // Where chrony is still to be installed there is nothing to ask.
        let once = Call::new("chronyc", ["waitsync", "1", &self.correction]);
        Ok(machine.run(&once).is_ok_and(|said| said.code == 0))
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        if *seen { Vec::new() } else { vec![Change::new("set the clock by its sources")] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        machine.must(&Call::new("chronyc", ["burst", "4/4"]))?;
        machine.must(&Call::new("chronyc", ["makestep"]))?;
        let tries = self.tries.to_string();
        let wait = Call::new("chronyc", ["waitsync", &tries, &self.correction]);
        let limit = INTERVAL.saturating_mul(self.tries.saturating_add(6));
        machine.must(&wait.limit(limit)).map_err(|fault| {
            fault.hint("`chronyc sources` on the host says which of `chrony_ntp_servers` answer")
        })?;
        // Not every host has a clock of its own.
        if machine.node("/dev/rtc")?.is_some() {
            machine.must(&Call::new("hwclock", ["--systohc"]))?;
        }
        Ok(())
    }
}
