//! Interprets plans: stages, lanes, failure isolation, journal, lock. It would run plans about bread.

pub mod driver;
pub mod journal;
pub mod lock;
pub mod runner;
pub mod store;
