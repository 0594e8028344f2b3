//! A simulated site in one process: machines with BMCs, and the Ironic that deploys them, for scale and for faults.
//!
//! It answers as the real parts do, in their shapes and words, and shares no code with the drivers that ask it: what a
//! driver gets wrong must not be wrong here, too. `tests/contract` holds the rack against answers that were recorded from
//! a real Ironic and a real Redfish emulator.
//!
//! ```text
//!  file ─▶ machines (machine.rs) ◀─ conductor ◀─ Ironic's API
//!                  ▲                 (road.rs)
//!                  └──────────────────────────── Redfish's API
//! ```
//!
//! Machines and conductors are pure functions of a state, a request and a moment; nothing happens between two requests
//! that was not due by then. Only the server knows what time it is.

pub mod clock;
pub mod conductor;
pub mod control;
pub mod drive;
pub mod fault;
pub mod file;
pub mod hardware;
pub mod http;
pub mod ironic;
mod keystone;
mod logs;
pub mod machine;
pub mod node;
pub mod patch;
pub mod redfish;
pub mod road;
pub mod server;
pub mod ssh;
pub mod state;
pub mod steps;
pub mod times;
pub mod words;
pub mod world;

pub use server::serve;
