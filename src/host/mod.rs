//! What runs on the hosts: the agent looks at the host, says what differs from what is wanted, and brings it about.
//!
//! A concern is what the site says of one topic, in Kayobe's order. It is made of resources, and each kind of resource
//! observes, compares and acts in one file. The record says what Ymir put on the host. Nothing here knows of sites,
//! YAML or SSH, so that the agent stays small.

pub mod accounts;
pub mod agent;
pub mod change;
pub mod concern;
pub mod converge;
pub mod data;
pub mod errand;
pub mod facts;
pub mod fault;
mod leftovers;
pub mod lock;
pub mod machine;
pub mod nmstate;
pub mod patience;
pub mod programs;
pub mod record;
pub mod removal;
pub mod resource;
pub mod sealed;
#[cfg(test)]
pub(crate) mod stage;
pub mod undo;
mod way_back;
pub mod wipe;
pub mod wire;
