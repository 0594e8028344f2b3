//! Ymir takes racked servers to hosts that are ready for containers.
//!
//! ```text
//!  site repository ─▶ ansible ─▶ resolve ─▶ Site ─▶ plan ─▶ Plan ─▶ run ─▶ drivers ─▶ the world
//!  (YAML, inventory,  (variables  (typed,    (data)  (pure)  (data)   │
//!   vault, Jinja)      with their  checked)                           ▼
//!                      origins)                                    events ─▶ journal · terminal · JSON
//! ```
//!
//! Data flows one way. `docs/architecture.md` explains the layers; `tests/layers.rs` enforces them.

#[cfg(feature = "control")]
pub mod ansible;
#[cfg(feature = "control")]
pub mod check;
#[cfg(feature = "control")]
pub mod cli;
#[cfg(feature = "control")]
pub mod drivers;
#[cfg(feature = "control")]
pub mod event;
pub mod holder;
pub mod host;
#[cfg(feature = "control")]
pub mod lab;
#[cfg(feature = "control")]
pub mod model;
#[cfg(feature = "control")]
pub mod near;
#[cfg(feature = "control")]
pub mod origin;
#[cfg(feature = "control")]
pub mod pattern;
#[cfg(feature = "control")]
pub mod plan;
#[cfg(feature = "control")]
pub mod rack;
#[cfg(feature = "control")]
pub mod reference;
#[cfg(feature = "control")]
pub mod report;
#[cfg(feature = "control")]
pub mod resolve;
#[cfg(feature = "control")]
pub mod run;
#[cfg(feature = "control")]
pub mod secret;
#[cfg(feature = "control")]
pub mod settings;
#[cfg(feature = "control")]
pub mod trouble;
#[cfg(feature = "control")]
pub mod why;
