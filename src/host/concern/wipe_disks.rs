//! Disks that are to hold nothing: the operator chose them by their serial numbers when they were listed.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Resource, Wiped},
};

/// `--wipe-disks`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WipeDisks {
    pub serials: Vec<String>,
    /// Each was named by itself: then it may be part of something.
    pub named: bool,
}

impl Topic for WipeDisks {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let wiped = |serial: &String| {
            let together = if self.named { self.serials.clone() } else { Vec::new() };
            Wiped { serial: serial.clone(), named: together }.into()
        };
        Ok(self.serials.iter().map(wiped).collect())
    }
}

#[cfg(test)]
#[path = "wipe_disks_tests.rs"]
mod tests;
