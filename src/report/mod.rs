//! How things are shown to people and to machines. Everything about a run is made from its events.

pub mod trouble;
