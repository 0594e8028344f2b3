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

pub mod ansible;
pub mod check;
pub mod cli;
pub mod drivers;
pub mod event;
pub mod lab;
pub mod model;
pub mod near;
pub mod origin;
pub mod pattern;
pub mod plan;
pub mod reference;
pub mod report;
pub mod resolve;
pub mod run;
pub mod secret;
pub mod settings;
pub mod trouble;
