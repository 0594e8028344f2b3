//! The simulated rack, through the binary: it answers as the real parts do, and Ymir's commands go through it.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

mod baremetal_compute;
mod bios_raid;
mod bmcs;
mod commands;
#[path = "../contract/mod.rs"]
mod contract;
mod contracts;
mod deprovisioning;
mod discovering;
mod faults;
mod images;
mod registering;
mod reprovision;
mod rules;
mod secrets;
mod serving;
mod site;
